"""How many people perform, and how much of the main one is seen.

Who counts: docs/reference/curation.md#one-performer.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.people import Person
from pipelines.keypoints.skeletons import COCO_17

_LEAST_CONFIDENCE = 0.5
_LEAST_AREA = 0.1
"""Of the largest person's box; smaller people are passers-by."""

_LEAST_POINTS, _POINT_SEEN = 8, 0.3
_ENDS = [COCO_17.index(name) for name in ("nose", "left_ankle", "right_ankle")]
_BETWEEN = [
    COCO_17.index(f"{side}_{name}")
    for name in ("shoulder", "hip", "knee")
    for side in ("left", "right")
]
_WHOLE_SEEN = 0.5
_LONGEST_GAP = 2
"""Looks, three of which make a second."""


def performers(people: Sequence[Person]) -> list[Person]:
    """Those who count: sure, large beside the largest, and with enough of the body in view.

    The first is the main one.
    """
    sure = [
        person
        for person in people
        if person.confidence >= _LEAST_CONFIDENCE
        and int((person.points[:, 2] > _POINT_SEEN).sum()) >= _LEAST_POINTS
    ]
    largest = max((person.area for person in sure), default=0.0)
    return [person for person in sure if person.area > _LEAST_AREA * largest]


def filled(counts: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Counts (L,) of consecutive looks, in which two who are seen before and after a gap of one or
    two looks are taken to have been there: somebody stood before the other.
    """
    several = np.flatnonzero(counts > 1)
    full = counts.copy()
    for before, after in itertools.pairwise(several):
        if after - before - 1 <= _LONGEST_GAP:
            full[before + 1 : after] = np.maximum(full[before + 1 : after], 2)
    return full


def whole_body(points: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Whether head, trunk and both feet are in view: (..., 17, 3) -> (...)."""
    seen = points[..., 2]
    ends = (seen[..., _ENDS] > _WHOLE_SEEN).all(-1)
    whole: NDArray[np.bool_] = ends & (seen[..., _BETWEEN] > _POINT_SEEN).all(-1)
    return whole
