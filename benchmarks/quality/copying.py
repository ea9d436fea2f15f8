"""How new is a dance? Its seconds against every second of the dance that it may have learned.

Shapes: N seconds, D numbers of a second (6 moments, 24 joints).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from quality.clips import FPS, Clip, Float

from pipelines.body.skeleton import MIRROR

LEARNED_STEP, ASKED_STEP = 3, 6
"""Frames between the seconds of real dance, and between those of a dance that is looked at."""
_AS_NEAR = 0.01
"""Share of real dance by others that counts as copied by definition: it sets the threshold."""


@dataclass(frozen=True)
class Copying:
    """What a set of dances has of real dance.

    Attributes:
        novelty: median distance in metres of a second of dance to the nearest second of real dance.
        longest: the longest run in seconds that stays nearer to real dance than `near`.
    """

    novelty: float
    longest: float


class Originals:
    """Real dance, and its mirror image, to which dances are compared."""

    def __init__(self, real: Sequence[Clip]) -> None:
        turned = [replace(c, joints=c.joints[:, list(MIRROR)] * [-1, 1, 1]) for c in real]
        self._bank = np.concatenate([seconds_of(clip, LEARNED_STEP) for clip in [*real, *turned]])
        self._size = (self._bank**2).sum(1)

    def distances(self, clip: Clip) -> Float:
        """Metres from each second of the clip, `ASKED_STEP` frames apart, to the nearest here."""
        asked = seconds_of(clip, ASKED_STEP)
        nearest = (self._size[None] - 2 * asked @ self._bank.T).min(1) + (asked**2).sum(1)
        return np.sqrt(np.maximum(0.0, nearest)).astype(np.float64)

    def threshold(self, others: Sequence[Clip]) -> float:
        """Metres below which a second is a copy: one of a hundred of others' real dance is."""
        return float(np.quantile(np.concatenate([self.distances(c) for c in others]), _AS_NEAR))

    def copying(self, clips: Sequence[Clip], near: float) -> Copying:
        """How much of the clips is copied; `near` from `threshold`."""
        each = [self.distances(clip) for clip in clips]
        longest = max(longest_run(distances < near) for distances in each)
        seconds = 0.0 if longest == 0 else 1.0 + (longest - 1) * ASKED_STEP / FPS
        return Copying(float(np.median(np.concatenate(each))), seconds)


def longest_run(flags: NDArray[np.bool_]) -> int:
    """The most in a row."""
    best = now = 0
    for flag in flags:
        now = now + 1 if flag else 0
        best = max(best, now)
    return best


def seconds_of(clip: Clip, step: int) -> NDArray[np.float32]:
    """(N, D) seconds of dance at 6 fps about the pelvis, facing forward at their beginning."""
    rows = []
    for start in range(0, len(clip.joints) - 29, step):
        part = clip.joints[start : start + 30 : 5]
        across = part[0, 1, :2] - part[0, 2, :2]
        angle = np.arctan2(across[1], across[0])
        cos, sin = np.cos(-angle), np.sin(-angle)
        part = part - part[:1, :1] * [1, 1, 0]
        flat = part[..., :2] @ np.array([[cos, sin], [-sin, cos]])
        rows.append(np.concatenate([flat, part[..., 2:]], -1).ravel() / np.sqrt(6 * 24))
    return np.array(rows, dtype=np.float32)
