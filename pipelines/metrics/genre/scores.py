"""How often a genre is recognised, in numbers (docs/reference/metrics.md#genre).

Genres are whole numbers, (N,) each, in whatever order the classifier has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.support.errors import UnsuitableInput

Labels = NDArray[np.generic]


def accuracy(asked_N: Labels, recognised_N: Labels) -> float:
    """Share of dances that are recognised as what they were asked to be (ACC)."""
    asked, recognised = _paired(asked_N, recognised_N)
    return float((asked == recognised).mean())


def f1_score(asked_N: Labels, recognised_N: Labels) -> float:
    """Harmonic mean of macro precision and macro recall (F1 as MEGADance's script has it).

    Every genre that was asked for or recognised counts alike; one that was never recognised has
    precision 0, one that was never asked for has recall 0. This is not the mean of the genres' own
    F1, which is lower wherever precision and recall differ.
    """
    asked, recognised = _paired(asked_N, recognised_N)
    genres = np.union1d(asked, recognised)
    right = np.array([((asked == g) & (recognised == g)).sum() for g in genres])
    called = np.array([(recognised == g).sum() for g in genres])
    wanted = np.array([(asked == g).sum() for g in genres])
    precision = float((right / np.maximum(called, 1)).mean())
    recall = float((right / np.maximum(wanted, 1)).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _paired(asked_N: Labels, recognised_N: Labels) -> tuple[NDArray[Any], NDArray[Any]]:
    asked, recognised = np.asarray(asked_N), np.asarray(recognised_N)
    if asked.shape != recognised.shape or asked.ndim != 1:
        raise UnsuitableInput(f"genres {asked.shape} and {recognised.shape} are no pairs")
    if not len(asked):
        raise UnsuitableInput("no dance names its genre")
    return asked, recognised
