"""The file formats of dance: one row each, and reading and writing any of them.

docs/how-to/motion-format.md adds one.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.support.errors import UnsuitableInput, refused
from pipelines.support.named import named

if TYPE_CHECKING:
    from pipelines.body.mesh import BodyMesh
    from pipelines.motion.motion import Motion

LARGEST_FILE, LARGEST_TEXT = 512 << 20, 256 << 20
"""Bytes. An hour of SMPL-X at 120 fps is 570 MB; reading text takes several times its size."""


@dataclass(frozen=True)
class MotionFormat:
    """One format. Functions are named as "module:function", so that the table imports nothing.

    Attributes:
        suffixes: with their dots; the first is the usual one. A longer one that fits a file's name
            wins: dance.smplx.npz is no plain .npz.
        reader: (path) -> Motion; empty: not read.
        writer: (Motion, path, BodyMesh) -> None, or a line that the user should read; whole or not
            at all; empty: not written.
        text: whether it is text, which takes several times its size to read.
        unmistakable: whether any file of the suffix is a motion, wherever it lies.
    """

    suffixes: tuple[str, ...]
    reader: str = ""
    writer: str = ""
    text: bool = False
    unmistakable: bool = True


FORMATS: tuple[MotionFormat, ...] = (
    MotionFormat((".npz",), "pipelines.motion.readers:read_npz", "pipelines.motion.export:as_npz"),
    MotionFormat(
        (".bvh",), "pipelines.motion.readers:read_bvh_dance", "pipelines.motion.export:as_bvh", True
    ),
    MotionFormat((".amc",), "pipelines.motion.readers:read_amc_dance", text=True),
    MotionFormat((".npy",), "pipelines.motion.readers:read_npy"),
    MotionFormat((".pkl", ".pickle"), "pipelines.motion.readers:read_pickle"),
    MotionFormat(
        (".json",), "pipelines.motion.datasets:load_phantomdance", text=True, unmistakable=False
    ),
    MotionFormat((".pt",), "pipelines.motion.estimators:read_gvhmr", unmistakable=False),
    MotionFormat((".glb",), writer="pipelines.motion.export:as_glb"),
    MotionFormat((".vrma",), writer="pipelines.motion.export:as_vrma"),
    MotionFormat(
        (".g1.csv",),
        "pipelines.motion.g1_csv:read_g1_csv",
        "pipelines.motion.g1_csv:write_g1_csv",
        text=True,
    ),
    MotionFormat((".vmd",), writer="pipelines.motion.export:as_vmd"),
    MotionFormat(
        (".smplx.npz",), "pipelines.motion.readers:read_npz", "pipelines.motion.export:as_smplx"
    ),
)

MOTION_SUFFIXES = tuple(s for row in FORMATS if row.reader for s in row.suffixes)
EXPORT_SUFFIXES = tuple(row.suffixes[0] for row in FORMATS if row.writer)


def readable() -> str:
    """What can be read, for messages: ".npz, .bvh and .json"."""
    firsts = [row.suffixes[0] for row in FORMATS if row.reader]
    # A kind of .npz goes without saying.
    names = [name for name in firsts if not any(name.endswith(f) for f in firsts if f != name)]
    return f"{', '.join(names[:-1])} and {names[-1]}"


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
    row = row_of(path)
    if row is None or not row.reader:
        raise UnsuitableInput(
            f"{path}: unknown motion format {path.suffix or '(no suffix)'}",
            f"known: {', '.join(sorted(MOTION_SUFFIXES))}",
        )
    _refuse_huge(path, row)
    try:
        motion: Motion = named(row.reader)(path)
    except UnsuitableInput as error:
        # A motion knows what it was made from, which need not be the file's name.
        if str(path) in error.what:
            raise
        raise UnsuitableInput(f"{path}: {error.what}", error.hint) from error
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        # Shapes that do not fit each other surface here, whatever the reader.
        raise UnsuitableInput(f"{path}: broken motion file ({error})") from error
    return replace(motion, fps=float(fps_override)) if fps_override else motion


def export_motion(motion: Motion, path: Path, body: BodyMesh) -> str | None:
    """Write `path`, whole or not at all, in the format of its suffix, one of EXPORT_SUFFIXES.

    Args:
        body: what is skinned where the format holds a body.

    Returns:
        What the format could not keep, in a line; None where it kept all.

    Raises:
        UnsuitableInput: the motion cannot be exported.
    """
    row = row_of(path)
    if row is None or not row.writer:
        raise UnsuitableInput(f"{path}: no writer for {path.suffix}", ", ".join(EXPORT_SUFFIXES))
    said: str | None = named(row.writer)(motion, path, body)
    return said


def row_of(path: Path) -> MotionFormat | None:
    """The format of a file by its name, the longest suffix that fits; None: no format of ours."""
    return _longest(path)[1]


def plain_stem(path: Path) -> str:
    """A file's name without the suffix of its format, however many dots that has."""
    suffix = _longest(path)[0] or path.suffix
    return path.name[: len(path.name) - len(suffix)]


def _longest(path: Path) -> tuple[str, MotionFormat | None]:
    name = path.name.lower()
    fitting = [(suffix, row) for row in FORMATS for suffix in row.suffixes if name.endswith(suffix)]
    return max(fitting, key=lambda found: len(found[0]), default=("", None))


def _refuse_huge(path: Path, row: MotionFormat) -> None:
    """Raise UnsuitableInput for what would fill the memory, before it does."""
    size = path.stat().st_size
    if path.suffix.lower() == ".npz" and zipfile.is_zipfile(path):
        with refused(path, "broken .npz"), zipfile.ZipFile(path) as archive:
            size = max(size, sum(entry.file_size for entry in archive.infolist()))
    limit = LARGEST_TEXT if row.text else LARGEST_FILE
    if size > limit:
        raise UnsuitableInput(
            f"{path}: {size / 1e6:.0f} MB of motion, far more than a dance is",
            f"split it into files of at most {limit / 1e6:.0f} MB",
        )
