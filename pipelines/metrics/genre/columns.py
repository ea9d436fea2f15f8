"""The 147 numbers of a frame that a genre classifier sees: place 3, rotations 24 x 6.

Shapes: T frames of a dance, B windows, W frames of a window, C = 147.
docs/reference/megadance.md#genre-classifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import matrix_to_6d, matrix_to_axis_angle, read_as_euler
from pipelines.body.skeleton import TO_Z_UP
from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import encode
from pipelines.motion.turning import face_front
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.float32]
Frame = Literal["front", "released"]
"""How a dance is put before the classifier sees it.

"front": z up, each window over the origin and facing the front, true rotations: ours.
"released": y up, at its place, axis-angle vectors read as Euler angles: MEGADance's files.
"""

PLACE = slice(0, 3)
ROTATIONS = slice(3, 147)
WIDTH = 147
LEAST_FRAMES = 8


@dataclass(frozen=True)
class Scale:
    """One mean and one deviation for all three numbers of the place, and for all of rotations."""

    place_mean: float
    place_std: float
    rotations_mean: float
    rotations_std: float

    @staticmethod
    def fit(frames_NC: Array) -> Scale:
        """Of frames (N, 147)."""
        place, rotations = frames_NC[:, PLACE], frames_NC[:, ROTATIONS]
        numbers = [f(x) for x in (place, rotations) for f in (np.mean, np.std)]
        a, b, c, d = (float(np.float32(number)) for number in numbers)
        return Scale(a, b or 1.0, c, d or 1.0)

    def transform(self, frames_BWC: Array) -> Array:
        """In deviations from the mean; a copy."""
        scaled = np.asarray(frames_BWC, dtype=np.float32).copy()
        scaled[..., PLACE] = (scaled[..., PLACE] - self.place_mean) / self.place_std
        scaled[..., ROTATIONS] = (scaled[..., ROTATIONS] - self.rotations_mean) / self.rotations_std
        return scaled


def windows_of(motion: Motion, window: int, frame: Frame) -> list[Array]:
    """A dance's windows (W, 147), half a window apart, not scaled.

    The last one ends with the dance; a dance that is shorter than a window is one, whole.

    Raises:
        UnsuitableInput: under eight frames at 30 fps.
    """
    timed = motion.resampled(MOTION_FPS)
    if timed.frames < LEAST_FRAMES:
        raise UnsuitableInput(f"{timed.frames} frames at 30 fps are too few to tell a genre")
    frames = _released(timed) if frame == "released" else encode(timed)
    starts = window_starts(timed.frames, window)
    pieces = [frames[start : start + window] for start in starts]
    return pieces if frame == "released" else [_front(piece) for piece in pieces]


def window_starts(frames: int, window: int) -> list[int]:
    """Where windows begin, half a window apart; the last one ends with the dance."""
    last = max(0, frames - window)
    starts = list(range(0, last + 1, max(1, window // 2)))
    return starts if starts[-1] == last else [*starts, last]


def _front(encoded_W151: Array) -> Array:
    window_1WD = encoded_W151[None].copy()
    face_front(window_1WD)
    front: Array = of_encoded(window_1WD)[0]
    return front


def of_encoded(windows_BWD: Array) -> Array:
    """(B, W, 151) windows that face the front as (B, W, 147): contacts are left out."""
    return windows_BWD[..., layout.root.start :]


def _released(motion: Motion) -> Array:
    """(T, 147) y up, at its place, by MEGADance's mistake (`rotations.read_as_euler`)."""
    rotations = motion.rotations()
    rotations[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    sixes = matrix_to_6d(read_as_euler(matrix_to_axis_angle(rotations)))
    place = motion.trans @ TO_Z_UP
    joined: Array = np.concatenate([place, sixes.reshape(len(place), -1)], axis=1)
    return joined.astype(np.float32)
