"""What is kept of one measured clip, and of a set of them: numbers, never frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.joints import Float

CHANCE_SHIFTS = 100
"""Circular shifts of the music that the chance level of a beat score is taken from."""


@dataclass(frozen=True)
class Clip:
    """The measures of one clip.

    Attributes:
        name: which other sets' clips it is compared with.
        features: (W, D) per feature space, one row per window of the clip.
        scores: one number per metric; NaN where it cannot be told.
        chance: (S,) the beat score with the music shifted; empty without music.
        weights: how much a score counts in the set's mean, where not every clip counts alike.
    """

    name: str
    features: dict[str, Float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    chance: Float = field(default_factory=lambda: np.zeros(0))
    weights: dict[str, float] = field(default_factory=dict)


def feature_rows(clips: Sequence[Clip], space: str) -> Float:
    """All windows of all clips that have them (N, D) in one feature space."""
    found = [clip.features[space] for clip in clips if space in clip.features]
    rows: Float = np.concatenate(found) if found else np.zeros((0, 0))
    return rows


def row_owners(clips: Sequence[Clip], space: str) -> NDArray[np.intp]:
    """(N,) the number of the clip that each row belongs to."""
    return np.repeat(np.arange(len(clips)), [len(clip.features.get(space, ())) for clip in clips])


def score_column(clips: Sequence[Clip], metric: str) -> Float:
    """(N,) one score of all clips; NaN where a clip lacks it."""
    return np.array([clip.scores.get(metric, np.nan) for clip in clips], dtype=np.float64)


def weight_column(clips: Sequence[Clip], metric: str) -> Float:
    """(N,) how much each clip counts in the mean of a score."""
    return np.array([clip.weights.get(metric, 1.0) for clip in clips], dtype=np.float64)
