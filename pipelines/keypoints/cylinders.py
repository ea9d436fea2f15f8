"""The solid skeleton that SCAIL follows: bones as lit rods in space, near ones before far ones.

docs/reference/pose-control.md#scail-2. Right limbs are warm, left ones cold; what is nearer hides
what is behind, which a flat skeleton cannot tell. Camera axes: x right, y down, z away, metres.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import POINT
from pipelines.keypoints.pose_drawing import BODY_POINTS, THRESHOLD

Array = NDArray[np.floating[Any]]

RADIUS = 0.0215
"""Metres, of a bone."""
_NEAREST = 0.05
"""Metres from the camera at which nothing is drawn any more."""

# Ends by their place in pose_drawing.BODY_POINTS, and colour.
_BONES: tuple[tuple[int, int, tuple[int, int, int]], ...] = (
    (1, 2, (255, 0, 0)), (2, 3, (255, 85, 0)), (3, 4, (255, 170, 0)),
    (1, 5, (0, 255, 255)), (5, 6, (0, 170, 255)), (6, 7, (0, 85, 255)),
    (1, 8, (180, 255, 0)), (8, 9, (0, 255, 0)), (9, 10, (0, 255, 85)),
    (1, 11, (0, 0, 255)), (11, 12, (85, 0, 255)), (12, 13, (170, 0, 255)),
    (1, 0, (150, 150, 150)), (0, 14, (255, 0, 170)), (14, 16, (50, 0, 255)),
    (0, 15, (255, 0, 170)), (15, 17, (50, 0, 255)),
)  # fmt: skip
_AMBIENT, _DIFFUSE, _GLOSS = 0.3, 0.7, 0.5
_ENDS = np.array([[POINT[names[0]], POINT[names[-1]]] for names in BODY_POINTS])


def draw_rods(
    points_P3: Array, xy_P2: Array, visibility: Array, width: int, height: int
) -> NDArray[np.uint8]:
    """Draw one dancer on black.

    Args:
        points_P3: (29, 3) metres before the camera; xy_P2: (29, 2) the same in pixels.
        visibility: (29,) in [0, 1]; a bone is drawn whose ends are seen.
        width, height: of the canvas.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    canvas = np.zeros((height, width, 3))
    nearest = np.full((height, width), np.inf)
    places, pixels = points_P3[_ENDS].mean(1), xy_P2[_ENDS].mean(1)
    seen = (np.asarray(visibility)[_ENDS] >= THRESHOLD).all(1) & np.isfinite(pixels).all(1)
    scale = _pixels_per_metre(points_P3, xy_P2)
    for start, end, colour in _BONES:
        if seen[[start, end]].all() and (places[[start, end], 2] > _NEAREST).all():
            paint = np.array(colour) / 300 + 0.15
            _rod(canvas, nearest, pixels[[start, end]], places[[start, end], 2], scale, paint)
    return np.asarray(np.clip(canvas * 255, 0, 255).round(), dtype=np.uint8)


def _pixels_per_metre(points: Array, xy: Array) -> float:
    """At one metre from the camera: the focal length, from how far apart the points are."""
    flat = points[:, :2] / points[:, 2:]
    spread = float(np.linalg.norm(flat - flat.mean(0)))
    return float(np.linalg.norm(xy - xy.mean(0)) / max(spread, 1e-9))


def _rod(
    canvas: NDArray[np.float64], nearest: NDArray[np.float64], ends: Array, depths: Array,
    focal: float, paint: NDArray[np.float64],
) -> None:  # fmt: skip
    """A bone with round ends, its light from the camera, where nothing nearer is drawn yet."""
    height, width = nearest.shape
    widest = RADIUS * focal / depths.min()
    low = np.floor(ends.min(0) - widest).astype(int).clip(0, [width, height])
    high = np.ceil(ends.max(0) + widest + 1).astype(int).clip(0, [width, height])
    if (high <= low).any():
        return
    area = (slice(low[1], high[1]), slice(low[0], high[0]))
    rows, columns = np.mgrid[area]
    way = ends[1] - ends[0]
    along = (columns - ends[0, 0]) * way[0] + (rows - ends[0, 1]) * way[1]
    share = np.clip(along / max(float(way @ way), 1e-9), 0, 1)
    off = np.hypot(columns - ends[0, 0] - share * way[0], rows - ends[0, 1] - share * way[1])
    depth = 1 / ((1 - share) / depths[0] + share / depths[1])
    radius = RADIUS * focal / depth
    facing = np.sqrt(np.clip(1 - (off / radius) ** 2, 0, 1))
    surface = depth - RADIUS * facing
    drawn = (off <= radius) & (surface < nearest[area])
    light = (_AMBIENT + _DIFFUSE * facing)[..., None] * paint + _GLOSS * facing[..., None] ** 32
    canvas[area][drawn] = light[drawn]
    nearest[area][drawn] = surface[drawn]


def silhouette(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Where something is drawn, in one colour on black."""
    shape = picture.any(-1, keepdims=True)
    return np.where(shape, np.array(colour, dtype=np.uint8), np.uint8(0))
