"""Scores of a set whose dances and songs are points of one space.

docs/reference/infinitedance.md#contrastive-evaluator. Shapes: N windows of all clips, M width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.joints import Array, Float
from pipelines.support.errors import UnsuitableInput

AT = 5


def found_its_music(
    music_NM: Array, dance_NM: Array, clip_N: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    """(N,) whether the own music of a window of dance is among its five nearest; R@5 is the mean.

    Args:
        music_NM, dance_NM: points; row i of one was danced to row i of the other.
        clip_N: whose window it is. Other windows of the same clip are left out of its search, so
            the pool of a window is itself and all windows of other clips; ties count against it.

    Raises UnsuitableInput where there are no pairs.
    """
    music, dance = _pairs(music_NM, dance_NM)
    distance_NN = _distances(dance, music)
    own = distance_NN.diagonal()[:, None]
    others = np.asarray(clip_N)[:, None] != np.asarray(clip_N)
    found: NDArray[np.bool_] = ((distance_NN <= own) & others).sum(axis=1) < AT
    return found


def music_distance(music_NM: Array, dance_NM: Array) -> float:
    """Mean Euclidean distance of a window of dance to its own music (MM-Dist).

    Raises UnsuitableInput where there are no pairs.
    """
    music, dance = _pairs(music_NM, dance_NM)
    return float(np.linalg.norm(music - dance, axis=1).mean())


def by_chance(clip_N: NDArray[np.integer[Any]]) -> float:
    """The mean of `found_its_music` where dance and music have nothing to do with each other.

    5 / (1 + windows of other clips), at most 1, averaged over the windows.
    """
    clips = np.asarray(clip_N)
    pool = 1 + (clips[:, None] != clips).sum(axis=1)
    return float(np.minimum(1.0, AT / pool).mean())


def _distances(one_NM: Float, other_NM: Float) -> Float:
    squares = (one_NM**2).sum(1)[:, None] + (other_NM**2).sum(1) - 2 * one_NM @ other_NM.T
    found: Float = np.sqrt(np.maximum(squares, 0.0))
    return found


def _pairs(music_NM: Array, dance_NM: Array) -> tuple[Float, Float]:
    music, dance = np.asarray(music_NM, np.float64), np.asarray(dance_NM, np.float64)
    if music.shape != dance.shape or music.ndim != 2 or not len(music):
        raise UnsuitableInput(f"points {music.shape} and {dance.shape} are no pairs")
    return music, dance
