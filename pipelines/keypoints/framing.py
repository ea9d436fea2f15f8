"""Where the reference picture lies on the canvas, and keeping the dancer inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import POINT_NAMES, ReferencePerson

Array = NDArray[np.floating[Any]]

MOST_SHRINK = 0.85
"""Figures are shrunk to this before their steps are shortened instead."""

MOST_SHRINK_UPPER = 0.92
"""A half-body picture keeps its framing; stretched arms may leave it like in any close shot."""

_MARGIN = 0.008
"""Of the canvas' shorter side, left free around the dancer."""


def reference_to_canvas(person: ReferencePerson, width: int, height: int) -> NDArray[np.float64]:
    """(2, 3) uniform scale and shift that lays the reference picture on the canvas.

    The picture covers the canvas unless that would cut off the person; then it is laid smaller
    and the background has to be continued past its edges. A cut-off person stays at the bottom.
    """
    picture_height, picture_width = person.matte.shape
    left, top, right, bottom = _matte_box(person.matte)
    cover = max(width / picture_width, height / picture_height)
    room = 1 - 4 * _MARGIN
    scale = min(
        cover,
        max(room * width / (right - left), min(width / picture_width, height / picture_height)),
        max(room * height / (bottom - top), min(width / picture_width, height / picture_height)),
    )
    shift_x = _laid(scale * picture_width, width, scale * (left + right) / 2)
    if person.coverage == "upper":
        shift_y = height - scale * picture_height
    else:
        shift_y = _laid(scale * picture_height, height, scale * (top + bottom) / 2)
    return np.array([[scale, 0, shift_x], [0, scale, shift_y]])


def _laid(picture: float, canvas: float, person_middle: float) -> float:
    """Shift along one axis: the person in the middle as far as the picture still covers."""
    if picture <= canvas:
        return (canvas - picture) / 2
    return float(np.clip(canvas / 2 - person_middle, canvas - picture, 0.0))


def _matte_box(matte: NDArray[np.float32]) -> tuple[int, int, int, int]:
    rows = np.flatnonzero((matte > 0.5).any(1))
    columns = np.flatnonzero((matte > 0.5).any(0))
    if not len(rows):
        return 0, 0, matte.shape[1], matte.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def apply_affine(affine_23: Array, xy: Array) -> NDArray[np.float64]:
    """Map points (..., 2) by a (2, 3) affine map."""
    mapped: NDArray[np.float64] = xy @ affine_23[:, :2].T + affine_23[:, 2]
    return mapped


def reach(person: ReferencePerson) -> NDArray[np.float64]:
    """How far the person's pixels stand out around each of the 29 points, (29,) picture pixels.

    Every matte pixel counts for the point nearest to it: hair and hat for the head, a skirt for
    the knees, fingers for the hand.
    """
    step = max(1, round((person.matte.size / 20_000) ** 0.5))
    rows, columns = np.nonzero(person.matte[::step, ::step] > 0.5)
    pixels = np.stack([columns, rows], axis=1) * float(step)
    seen = np.flatnonzero(person.confidence > 0)
    reached = np.zeros(len(POINT_NAMES))
    if not len(pixels) or not len(seen):
        return reached
    distances = np.linalg.norm(pixels[:, None] - person.xy[None, seen], axis=-1)
    nearest = distances.argmin(1)
    for place, point in enumerate(seen):
        own = distances[nearest == place, place]
        if len(own):
            reached[point] = np.percentile(own, 98)
    return reached


@dataclass(frozen=True)
class Frame:
    """Uniform scale about `anchor`, then a shift: how a figure is laid into the canvas."""

    anchor: NDArray[np.float64]
    scale: float
    shift: NDArray[np.float64]

    def apply(self, xy: Array) -> NDArray[np.float64]:
        """Map points (..., 2)."""
        return self.anchor + self.scale * (np.asarray(xy) - self.anchor) + self.shift


def fit_inside(xy_TN2: Array, radius_N: Array, anchor: Array, width: int, height: int) -> Frame:
    """The largest scale up to 1, with the least shift, that keeps every disc on the canvas.

    Args:
        xy_TN2: (T, N, 2) disc centres in pixels, radius_N (N,) their radii.
        anchor: (2,) point about which the figure is scaled.
    """
    margin = _MARGIN * min(width, height)
    low = (xy_TN2 - radius_N[:, None]).min((0, 1)) - anchor
    high = (xy_TN2 + radius_N[:, None]).max((0, 1)) - anchor
    room = np.array([width, height]) - 2 * margin
    scale = float(min(1.0, (room / np.maximum(high - low, 1e-9)).min()))
    least = margin - (anchor + scale * low)
    most = np.array([width, height]) - margin - (anchor + scale * high)
    shift = np.clip(0.0, np.minimum(least, most), np.maximum(least, most))
    return Frame(anchor=np.asarray(anchor, dtype=np.float64), scale=scale, shift=shift)
