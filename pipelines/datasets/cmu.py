"""Takes of the CMU archive, and the few other free dances, as motions ready to pair with music.

Reads BVH, ASF/AMC, quaternion npz and isaacgym npy, corrects what `cmu_takes` knows to be wrong,
drops the T-pose at the start, and repairs glitches. What is not in that table is left out and
listed, so that a folder may hold anything, also what must not be trained on.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.datasets.cmu_takes import OTHER_TAKES, SUBJECTS
from pipelines.datasets.paired import group_of
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.motion.repair import dance_start, repair
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import MacedanceError, UnsuitableInput
from pipelines.support.progress import SILENT, Progress

MOTION_FORMATS = (".bvh", ".amc", ".npz", ".npy")
_CMU_NAME = re.compile(r"(\d{2,3})_(\d{2})(?:_scaled|_30fps)?")


@dataclass(frozen=True)
class Take:
    """A piece of dance without jumps.

    Attributes:
        name: genre, take and, where jumps parted it, a letter: `salsa__60_09b`. Also the motion's
            source.
        motion: at 30 fps, with its genre.
        group: what must be held out together: pieces of one take, and both partners.
    """

    name: str
    motion: Motion
    group: str

    @property
    def couple(self) -> bool:
        """Whether the dancer holds a partner."""
        return self.motion.genre == "salsa"


@dataclass
class Takes:
    """What was found.

    Attributes:
        takes: in the order of the table.
        repaired: one line per file in which frames were bridged or cut.
        skipped: one line per file that gave nothing, with the reason.
        known: files that were in the table, whatever came of them.
    """

    takes: list[Take] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    known: int = 0


@dataclass(frozen=True)
class _Known:
    """A file that the table knows: its place there, and what the table says of it."""

    order: int
    path: Path
    genre: str
    take: str
    fps: float | None = None
    lead: int = 0


def read_takes(folders: Sequence[Path], progress: Progress = SILENT) -> Takes:
    """Every take of the table under the folders, at 30 fps; the same files give the same takes.

    Raises:
        UnsuitableInput: no such folder, or none of its files is in the table.
    """
    files: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise UnsuitableInput(f"{folder}: no such folder of motion capture")
        files += (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in MOTION_FORMATS)
    found = read_files(files, progress)
    if not found.known:
        raise UnsuitableInput(
            f"{', '.join(str(folder) for folder in folders)}: no take of the table of known takes",
            "files are called by CMU subject and take, such as 60_03.bvh or 131_06.amc",
        )
    return found


def read_files(files: Sequence[Path], progress: Progress = SILENT) -> Takes:
    """Every take of the table among these files, at 30 fps, in the order of the table."""
    found = Takes()
    known = [entry for path in files if (entry := _look_up(path, found.skipped)) is not None]
    known.sort(key=lambda entry: (entry.order, entry.path.name))
    found.known = len(known)
    seen: dict[str, Path] = {}
    with progress.stage("reading takes", len(known), "takes") as advance:
        for entry in known:
            if entry.take in seen:
                found.skipped.append(f"{entry.path}: the same take as {seen[entry.take]}")
            else:
                seen[entry.take] = entry.path
                _read(entry, found)
            advance(1)
    return found


def knows(path: Path) -> bool:
    """Whether the file goes by the name of a take in the table."""
    name = _CMU_NAME.fullmatch(path.stem)
    return path.stem in OTHER_TAKES or (name is not None and name[1] in SUBJECTS)


def moment_of(path: Path) -> str:
    """What a file of the table shares with its partner's, recorded together: a group's name."""
    name = _CMU_NAME.fullmatch(path.stem)
    return group_of(path.stem if name is None else f"{name[1]}_{name[2]}")


def true_fps(path: Path) -> float | None:
    """The frame rate of a BVH whose header is known to lie, by CMU's name; None for all others."""
    name = _CMU_NAME.fullmatch(path.stem)
    if name is None or name[1] not in SUBJECTS or path.suffix.lower() != ".bvh":
        return None
    return SUBJECTS[name[1]].fps


def _look_up(path: Path, skipped: list[str]) -> _Known | None:
    if path.stem in OTHER_TAKES:
        genre, take = OTHER_TAKES[path.stem]
        return _Known(len(SUBJECTS) + list(OTHER_TAKES).index(path.stem), path, genre, take)
    name = _CMU_NAME.fullmatch(path.stem)
    if name is None or name[1] not in SUBJECTS:
        skipped.append(f"{path}: not in the table of known takes")
        return None
    subject, take = SUBJECTS[name[1]], f"{name[1]}_{name[2]}"
    if name[2] in subject.dropped:
        skipped.append(f"{path}: {subject.dropped[name[2]]}")
        return None
    lead = subject.lead if path.suffix.lower() == ".bvh" else 0
    order = list(SUBJECTS).index(name[1])
    return _Known(order, path, subject.genre, take, subject.fps, lead)


def _read(entry: _Known, found: Takes) -> None:
    """Load, trim and repair one file, and add what is left of it."""
    try:
        motion = load_motion(entry.path, fps_override=entry.fps).resampled(MOTION_FPS)
    except MacedanceError as error:
        found.skipped.append(error.what)
        return
    motion = motion.sliced(dance_start(motion, entry.lead), motion.frames)
    result = repair(motion)
    done = (
        f"{result.interpolated} frames bridged, {result.cut} cut, wrists mended in {result.wrists}"
    )
    if not result.pieces:
        found.skipped.append(f"{entry.path}: no 2.5 s without impossible jumps ({done})")
        return
    if result.interpolated or result.cut or result.wrists:
        found.repaired.append(f"{entry.path}: {done}")
    letters = string.ascii_lowercase if len(result.pieces) > 1 else ("",)
    for letter, (_, piece) in zip(letters, result.pieces, strict=False):
        name = f"{entry.genre}__{entry.take}{letter}"
        piece = replace(piece, genre=entry.genre, source=name)
        found.takes.append(Take(name, piece, group_of(name)))
