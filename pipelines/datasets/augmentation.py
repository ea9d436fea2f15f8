"""Fair changes to training windows: mirrored, turned, without a name, with another song's timbre.

Shapes: B windows of a batch, W frames of a window, D columns of motion, F = 35 of music.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.turning import turn
from pipelines.music import layout as music_layout

_TIMBRE = slice(music_layout.mfcc.start, music_layout.chroma.stop)

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """Fair changes to a training window.

    Attributes:
        mirror: mirror every second window.
        turn: turn each window to face a random direction instead of the front.
        nameless: share of windows whose genre is hidden, so that dancing without one is learnt.
        swap_timbre: share of windows that hear another window's timbre and chords, with their own
            beats, onsets and loudness. Where nobody danced to the song, the two have nothing to do
            with the dance, and a network that learns them by heart is lost in a new song.
    """

    mirror: bool = True
    turn: bool = False
    nameless: float = 0.1
    swap_timbre: float = 0.0

    def drawn(self, random: np.random.Generator, size: int) -> Changes:
        """What happens to each of `size` windows; as many numbers are drawn whatever is off."""
        chosen, yaw = random.random(size) < 0.5, random.uniform(-np.pi, np.pi, size)
        nameless = random.random(size) < self.nameless
        swapped = random.random(size) < self.swap_timbre
        return Changes(
            mirrored_B=chosen & self.mirror,
            yaw_B=yaw.astype(np.float32) if self.turn else None,
            nameless_B=nameless,
            swapped_B=swapped,
        )


@dataclass(frozen=True)
class Changes:
    """The changes to the windows of one batch.

    Attributes:
        mirrored_B: bool; mirroring is done where the windows are cut out, with their beat clock.
        yaw_B: radians about the vertical, or None for windows that keep facing the front.
        nameless_B: bool, whose genre is hidden. swapped_B: bool, who hears another one's timbre.
    """

    mirrored_B: NDArray[np.bool_]
    yaw_B: Array | None
    nameless_B: NDArray[np.bool_]
    swapped_B: NDArray[np.bool_]

    def turn(self, motion_BWD: Array) -> None:
        """Turn windows that face the front, in place."""
        if self.yaw_B is not None:
            turn(motion_BWD, self.yaw_B)

    def swap_timbre(self, music_BWF: Array) -> None:
        """Give the chosen windows the timbre and chords of their neighbour, in place."""
        swapped = np.flatnonzero(self.swapped_B)
        music_BWF[swapped, :, _TIMBRE] = music_BWF[swapped - 1, :, _TIMBRE]

    def hide_genres(self, genre_B: NDArray[np.int64]) -> NDArray[np.int64]:
        """The genres, -1 where they are hidden."""
        return np.where(self.nameless_B, -1, genre_B)
