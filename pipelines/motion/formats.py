"""Reading a dance from any file format that this tool knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.errors import UnsuitableInput
from pipelines.motion.asf_amc import read_amc
from pipelines.motion.bvh import read_bvh
from pipelines.motion.bvh_export import own_motion
from pipelines.motion.motion import Motion
from pipelines.motion.npz import load_npz
from pipelines.motion.quaternions import is_isaac_motion, read_isaac_motion
from pipelines.motion.retarget import retarget
from pipelines.motion.safe_unpickle import load_pickle


def load_motion(path: Path | str, *, fps_override: float | None = None) -> Motion:
    """Read one motion file, whatever its format, as a Motion (z up, metres, SMPL skeleton).

    Args:
        path: the file; suffix and content choose the reader.
        fps_override: the true frame rate where the file is known to lie (CMU 60 and 61: 60).

    Raises:
        UnsuitableInput: missing, empty, broken or unknown file, or a skeleton without the joints
            that a body needs.
    """
    path = Path(path)
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UnsuitableInput(
            f"{path}: unknown motion format {path.suffix or '(no suffix)'}",
            f"known: {', '.join(sorted(_READERS))}",
        )
    motion = reader(path)
    return replace(motion, fps=float(fps_override)) if fps_override else motion


def _load_bvh(path: Path) -> Motion:
    source = read_bvh(path)
    return own_motion(source) or retarget(source)


def _load_amc(path: Path) -> Motion:
    return retarget(read_amc(path))


def _load_npy(path: Path) -> Motion:
    content = load_pickle(path)
    content = content.item() if hasattr(content, "item") else content
    if is_isaac_motion(content):
        return retarget(read_isaac_motion(content, str(path)))
    raise UnsuitableInput(f"{path}: unknown .npy content")


_READERS = {".npz": load_npz, ".bvh": _load_bvh, ".amc": _load_amc, ".npy": _load_npy}
