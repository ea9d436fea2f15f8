"""What is measured: stretches of dance, each with the beats of the song it goes with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion

Float = NDArray[np.float64]

FPS = 30.0
WINDOW = 150
"""Frames of the windows that distributions are made of: 5 s, as in EDGE."""
WINDOW_STEP = 105


@dataclass(frozen=True)
class Clip:
    """A stretch of dance.

    Attributes:
        joints: (T, 24, 3) metres, z up, 30 fps.
        beats: (B,) seconds of the song's beats, counted from the first frame.
        genre: of the dance, as recorded or as asked for; "" for none.
        song: name of the song.
        group: what is not independent of each other, and is resampled as one: the take (both
            partners of a couple) of real dance, the song of generated dance.
        motion: what the joints were computed of, where that is at hand.
    """

    joints: Float
    beats: Float
    genre: str
    song: str
    group: str
    motion: Motion | None = None


def clip_of(motion: Motion, beats: Float, genre: str, song: str, group: str) -> Clip:
    """A clip of a whole motion; beats outside it are dropped."""
    inside = beats[(beats >= 0) & (beats <= (motion.frames - 1) / FPS)]
    return Clip(motion.joints(), inside, genre, song, group, motion)


def windows(clip: Clip) -> list[Float]:
    """The joints of a clip's windows of 5 s."""
    starts = range(0, len(clip.joints) - WINDOW + 1, WINDOW_STEP)
    return [clip.joints[start : start + WINDOW] for start in starts]
