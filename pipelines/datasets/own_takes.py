"""A user's own folder of dance, of any format, as takes for a library.

Genre is what the file says, else the name of the folder that it lies in.
"""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

from pipelines.datasets.dance_take import LIVELY, DanceCollection, DanceTake, planted
from pipelines.motion.formats import MOTION_SUFFIXES, load_motion
from pipelines.motion.grounding import on_floor, settled
from pipelines.motion.repair import dance_start, repair
from pipelines.rhythm.pulses import tracked_pulses
from pipelines.support.errors import MacedanceError, UnsuitableInput
from pipelines.support.progress import SILENT, Progress

_FPS = 30.0


def read_own_takes(
    folder: Path, lively: float = LIVELY, progress: Progress = SILENT
) -> DanceCollection:
    """Every motion file under a folder; each is a choreography and a group of its own.

    Raises:
        UnsuitableInput: no such folder, or no motion file in it.
    """
    if not folder.is_dir():
        raise UnsuitableInput(f"{folder}: no such folder of dance")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MOTION_SUFFIXES)
    if not files:
        raise UnsuitableInput(
            f"{folder}: no motion file in it", f"known: {', '.join(sorted(MOTION_SUFFIXES))}"
        )
    found = DanceCollection()
    with progress.stage("reading dance", len(files), "files") as advance:
        for path in files:
            try:
                found.takes += _pieces(path, folder)
            except MacedanceError as error:
                found.left_out.append(error.what)
            advance(1)
    return found.lively_only(lively)


def _pieces(path: Path, folder: Path) -> list[DanceTake]:
    """What is left of a file between jumps that no dancer makes."""
    motion = load_motion(path).resampled(_FPS)
    genre = motion.genre or path.parent.name
    mended = repair(motion.sliced(dance_start(motion), motion.frames))
    if not mended.pieces:
        raise UnsuitableInput(f"{path}: no 2.5 s without impossible jumps")
    letters = string.ascii_lowercase if len(mended.pieces) > 1 else ("",)
    takes = []
    stem = path.relative_to(folder).with_suffix("").as_posix()
    for letter, (_, piece) in zip(letters, mended.pieces, strict=False):
        part, contacts = planted(settled(on_floor(piece)))
        name = f"{stem}{letter}"
        takes.append(
            DanceTake(
                name,
                replace(part, genre=genre, source=name),
                contacts,
                genre,
                tracked_pulses(part),
                stem,
                stem,
                stem,
                folder.name,
                "own",
            )
        )
    return takes
