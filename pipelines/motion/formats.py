"""Reading a dance from any file format that this tool knows."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipelines.motion.asf_amc import read_amc
from pipelines.motion.bvh import read_bvh
from pipelines.motion.bvh_export import own_motion
from pipelines.motion.datasets import (
    from_finedance,
    from_smpl_dict,
    from_smplx_fit,
    is_smplx_fit,
    load_phantomdance,
)
from pipelines.motion.motion import Motion
from pipelines.motion.npz import from_arrays, read_arrays
from pipelines.motion.quaternions import is_isaac_motion, read_isaac_motion
from pipelines.motion.retarget import retarget
from pipelines.motion.safe_unpickle import load_pickle
from pipelines.support.errors import UnsuitableInput

LARGEST_FILE, LARGEST_TEXT = 512 << 20, 256 << 20
"""Bytes. An hour of SMPL-X at 120 fps is 570 MB; reading text takes several times its size."""


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
    _refuse_huge(path)
    try:
        motion = reader(path)
    except UnsuitableInput as error:
        # A motion knows what it was made from, which need not be the file's name.
        if str(path) in error.what:
            raise
        raise UnsuitableInput(f"{path}: {error.what}", error.hint) from error
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        # Shapes that do not fit each other surface here, whatever the reader.
        raise UnsuitableInput(f"{path}: broken motion file ({error})") from error
    return replace(motion, fps=float(fps_override)) if fps_override else motion


def _refuse_huge(path: Path) -> None:
    """Raise UnsuitableInput for what would fill the memory, before it does."""
    size = path.stat().st_size
    if path.suffix.lower() == ".npz" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = max(size, sum(entry.file_size for entry in archive.infolist()))
    limit = LARGEST_TEXT if path.suffix.lower() in (".bvh", ".amc", ".json") else LARGEST_FILE
    if size > limit:
        raise UnsuitableInput(
            f"{path}: {size / 1e6:.0f} MB of motion, far more than a dance is",
            f"split it into files of at most {limit / 1e6:.0f} MB",
        )


def _load_bvh(path: Path) -> Motion:
    source = read_bvh(path)
    return own_motion(source) or retarget(source)


def _load_amc(path: Path) -> Motion:
    return retarget(read_amc(path))


def _load_npz(path: Path) -> Motion:
    arrays = read_arrays(path)
    if is_smplx_fit(arrays):
        return from_smplx_fit(arrays, str(path))
    return from_arrays(arrays, path)


def _load_npy(path: Path) -> Motion:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if "allow_pickle" in str(error):
            return _load_pickle(path)
        raise UnsuitableInput(f"{path}: broken .npy") from error
    return from_finedance(array, str(path))


def _load_pickle(path: Path) -> Motion:
    content = load_pickle(path)
    if isinstance(content, np.ndarray) and content.dtype == object and content.size == 1:
        content = content.item()
    if is_isaac_motion(content):
        return retarget(read_isaac_motion(content, str(path)))
    if isinstance(content, np.ndarray):
        return from_finedance(content, str(path))
    if not isinstance(content, Mapping):
        raise UnsuitableInput(f"{path}: holds a {type(content).__name__}, expected a dictionary")
    if is_smplx_fit(content):
        return from_smplx_fit(content, str(path))
    return from_smpl_dict(content, str(path))


_READERS = {
    ".npz": _load_npz,
    ".bvh": _load_bvh,
    ".amc": _load_amc,
    ".npy": _load_npy,
    ".pkl": _load_pickle,
    ".pickle": _load_pickle,
    ".json": load_phantomdance,
}

MOTION_SUFFIXES: tuple[str, ...] = tuple(_READERS)
