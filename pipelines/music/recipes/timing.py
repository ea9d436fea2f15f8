"""Music at its recipe's rate under a dance at 30 frames a second.

The row that lies nearest is taken, at 25 a second at most 20 ms away; nothing is made up in
between. Shapes: T rows of F numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.music.features import MusicFeatures
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.float32]
_SLACK_SECONDS = 1.0


def rows_at(frames: NDArray[np.number[Any]], fps: float, rows: int) -> NDArray[np.int64]:
    """The numbers of the rows, of so many at `fps`, nearest to frames of a dance; within them."""
    near = np.rint(np.asarray(frames, dtype=np.float64) * (fps / MOTION_FPS)).astype(np.int64)
    within: NDArray[np.int64] = near.clip(0, rows - 1)
    return within


def rows_for(frames: int, fps: float) -> int:
    """How many rows at `fps` last as long as so many frames of a dance."""
    return int(np.ceil(frames * fps / MOTION_FPS - 1e-9))


def under(heard: MusicFeatures, first: int, frames: int) -> MusicFeatures:
    """What is heard of a song during `frames` frames of a dance that begins at its frame `first`.

    Raises UnsuitableInput where the song ends more than a second before.
    """
    count = rows_for(frames, heard.fps)
    begin = int(np.rint(first * heard.fps / MOTION_FPS))
    if begin + count - heard.frames > _SLACK_SECONDS * heard.fps:
        raise UnsuitableInput(
            f"the song's {heard.schema.partition('-')[0]} features end after "
            f"{heard.frames / heard.fps:.1f} s, the dance to it after "
            f"{(first + frames) / MOTION_FPS:.1f} s"
        )
    rows = (begin + np.arange(count)).clip(0, heard.frames - 1)
    return MusicFeatures(heard.values[rows], heard.fps, heard.schema)


def played_on(heard: MusicFeatures, song: int, reserve: int, whole: int) -> Array:
    """A song of `song` frames played on from its beginning to `reserve`, then held to `whole`."""
    count = rows_for(whole, heard.fps)
    frames = np.arange(count) * (MOTION_FPS / heard.fps)
    last = rows_for(reserve, heard.fps) - 1
    frames = frames[np.arange(count).clip(0, last)]
    held: Array = heard.values[rows_at(frames % song, heard.fps, heard.frames)]
    return held
