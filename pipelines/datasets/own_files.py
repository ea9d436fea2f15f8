"""One motion file of anybody's, as dances that a library can be made of.

Counted by the tempo in an AIST name, by the song beside it, or by its own steps. Style is what the
data set or the file says, else the name of the folder that the file lies in.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets import aistpp_bvh
from pipelines.datasets.dance_take import DanceTake, planted
from pipelines.datasets.listing import ListedTake
from pipelines.motion.formats import load_motion
from pipelines.motion.grounding import on_floor, settled
from pipelines.motion.motion import Motion
from pipelines.motion.repair import dance_start, repair
from pipelines.motion.standing import dancing_part
from pipelines.music.beats import beat_grid
from pipelines.music.features import MusicFeatures
from pipelines.rhythm.pulses import Pulses, tracked_pulses
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

Hear = Callable[[ListedTake], MusicFeatures | None]
"""The song of a take; None where it has none. Raises UnsuitableInput for one that is no sound."""
GRID_CONFIDENCE = 0.6
OWN = "own"
"""What stands for the licence of dances that nothing is known of."""
_NO_STYLES = ("motion", "motions", "annotations")
"""Folders that say what lies in them, not how it is danced."""
_NAMED_ALONE = len(string.ascii_lowercase)


@dataclass(frozen=True)
class Collection:
    """What dances come from: its name, and the folder that holds it."""

    name: str
    folder: Path


def own_dances(take: ListedTake, of: Collection, hear: Hear) -> tuple[list[DanceTake], list[str]]:
    """What is left of a file between jumps that no dancer makes, and notes on it.

    Raises:
        UnsuitableInput: broken, or without 2.5 s of dance in one piece.
    """
    return dances_of(load_motion(take.motion).resampled(MOTION_FPS), take, of, hear)


def dances_of(
    motion: Motion, take: ListedTake, of: Collection, hear: Hear
) -> tuple[list[DanceTake], list[str]]:
    """`own_dances` of a motion at 30 fps that has been read already."""
    skipped = round(take.skip_seconds * MOTION_FPS)
    skipped += dance_start(motion.sliced(skipped, motion.frames))
    mended = repair(motion.sliced(skipped, motion.frames))
    if not mended.pieces:
        raise UnsuitableInput(f"{take.motion}: no 2.5 s without impossible jumps")
    beats, notes = _beats(take, motion.seconds, hear)
    aist = aistpp_bvh.parse_name(take.motion.stem)
    style = style_of(take, motion, of.folder)
    found = []
    for number, (first, piece) in enumerate(mended.pieces):
        ground = settled(on_floor(piece))
        part, contacts = planted(ground)
        start = (skipped + first + dancing_part(ground)[0]) / MOTION_FPS
        name = take.name + _letter(number, len(mended.pieces))
        found.append(
            DanceTake(
                name,
                replace(part, genre=style, source=name),
                contacts,
                style,
                _counted(beats, start, part) or tracked_pulses(part),
                take.name if aist is None else f"AIST {aist.choreography.split('_')[0]}",
                take.name if aist is None else aist.choreography,
                take.group or take.name,
                of.name,
                OWN if aist is None else aistpp_bvh.LICENCE,
                split=take.split,
            )
        )
    return found, notes


def style_of(take: ListedTake, motion: Motion, place: Path) -> str:
    """The style of a take in small letters: its label, else the folder that it lies in."""
    folder = take.motion.parent
    while folder.name in _NO_STYLES and folder != place:
        folder = folder.parent
    if folder.name in _NO_STYLES:
        folder = folder.resolve().parent
    said = take.genre or motion.genre or folder.resolve().name
    return " ".join(aistpp_bvh.GENRES.get(said, said).replace("_", " ").lower().split())


def _letter(number: int, count: int) -> str:
    if count == 1:
        return ""
    return string.ascii_lowercase[number] if count <= _NAMED_ALONE else f"-{number:03d}"


def _beats(
    take: ListedTake, seconds: float, hear: Hear
) -> tuple[NDArray[np.float64] | None, list[str]]:
    """Seconds of the beats that a file was danced to, from its first frame; None: not known."""
    aist = aistpp_bvh.parse_name(take.motion.stem)
    if aist is not None:
        return aistpp_bvh.beat_grid(aist, seconds), []
    try:
        music = hear(take)
    except UnsuitableInput as error:
        return None, [f"{take.name}: counted by its steps, its song cannot be heard: {error.what}"]
    if music is None:
        return None, []
    grid = beat_grid(music)
    if grid is None:
        return None, [f"{take.name}: counted by its steps, its song has no steady beat"]
    return grid, []


def _counted(beats: NDArray[np.float64] | None, start: float, part: Motion) -> tuple[Pulses, ...]:
    """The beats within a part that begins at a second of the file; () for fewer than two."""
    if beats is None:
        return ()
    inside = beats[(beats >= start - 1e-6) & (beats <= start + part.seconds)] - start
    return (Pulses(inside, GRID_CONFIDENCE, known=True),) if len(inside) > 1 else ()
