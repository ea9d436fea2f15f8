"""Filling the place where the person stood: smooth surfaces by a membrane, textures by patches."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull
from pipelines.support.compiled import compiled

_PATCH = 4
_SEAM = 3
_GLOW = 3
"""Pixels beside the person that are not copied: their glow, shadow and blur lie there."""
_LEVEL_REACH = 0.12
"""Patches come from about the same height: horizons, floors and streets lie level."""


def membrane(picture: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The smoothest continuation of the surroundings into the hole (Laplace's equation)."""
    filled = push_pull(picture, (~hole).astype(np.float32))
    inside = hole[..., None]
    for size in (31, 15, 7, 3):
        for _ in range(12):
            soft = cv2.blur(filled, (size, size), borderType=cv2.BORDER_REFLECT_101)
            filled = np.where(inside, soft, picture)
    return np.asarray(filled, dtype=np.float32)


def patched(
    picture: NDArray[np.float32], hole: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Fill the hole patch by patch from its rim, strong edges first.

    Criminisi, Perez, Toyama, Region Filling by Exemplar-Based Inpainting (2004).

    Returns:
        the filled picture, and for every pixel of the hole the (row, column) it was taken from;
        -1 elsewhere.
    """
    size = 2 * (_PATCH + _GLOW) + 1
    blocked = cv2.dilate(hole.astype(np.uint8), np.ones((size, size), np.uint8))
    blocked[:_PATCH], blocked[-_PATCH:] = 1, 1
    blocked[:, :_PATCH], blocked[:, -_PATCH:] = 1, 1
    field = np.full((*hole.shape, 2), -1, np.int32)
    smooth = membrane(picture, hole)
    if (blocked == 0).sum() < 50:
        return smooth, field
    filled = smooth.copy()
    reach = max(12, round(_LEVEL_REACH * hole.shape[0]))
    _fill_from_rim(filled, hole.copy(), blocked, field, reach)
    return _with_soft_seams(filled, picture, hole, field), field


def _with_soft_seams(
    filled: NDArray[np.float32],
    picture: NDArray[np.float32],
    hole: NDArray[np.bool_],
    field: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Average, at every pixel, what its neighbours' patches would have put there."""
    height, width = hole.shape
    rows, columns = np.mgrid[:height, :width]
    total = np.zeros_like(filled)
    weight = np.zeros((height, width, 1), np.float32)
    for dy in range(-_SEAM, _SEAM + 1):
        for dx in range(-_SEAM, _SEAM + 1):
            y, x = np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)
            source_y, source_x = field[y, x, 0] - dy, field[y, x, 1] - dx
            valid = (field[y, x, 0] >= 0) & (source_y >= 0) & (source_y < height)
            valid &= (source_x >= 0) & (source_x < width)
            colour = picture[np.where(valid, source_y, 0), np.where(valid, source_x, 0)]
            gain = np.where(valid, 1 / (1 + dy * dy + dx * dx), 0)[..., None].astype(np.float32)
            total += gain * colour
            weight += gain
    mean = total / np.maximum(weight, 1e-6)
    return np.where(hole[..., None] & (weight > 0), mean, filled).astype(np.float32)


@compiled(error_model="numpy")
def _fill_from_rim(  # noqa: C901  (flat loops are what numba compiles well)
    image: Any, hole: Any, blocked: Any, field: Any, reach: Any
) -> None:
    """Criminisi's loop; `hole` shrinks to nothing, `field` notes every pixel's source."""
    height, width = hole.shape
    confidence = np.empty((height, width))
    left = 0
    for y in range(height):
        for x in range(width):
            confidence[y, x] = 0.0 if hole[y, x] else 1.0
            left += 1 if hole[y, x] else 0
    while left > 0:
        best, by, bx, trust = -1.0, -1, -1, 0.0
        for y in range(height):
            for x in range(width):
                if not hole[y, x]:
                    continue
                rim = False
                if (y > 0 and not hole[y - 1, x]) or (y < height - 1 and not hole[y + 1, x]):
                    rim = True
                if (x > 0 and not hole[y, x - 1]) or (x < width - 1 and not hole[y, x + 1]):
                    rim = True
                if not rim:
                    continue
                total, count, edge = 0.0, 0, 0.0
                for dy in range(-4, 5):
                    ty = y + dy
                    if ty < 0 or ty >= height:
                        continue
                    for dx in range(-4, 5):
                        tx = x + dx
                        if tx < 0 or tx >= width:
                            continue
                        count += 1
                        total += confidence[ty, tx]
                        if ty == 0 or tx == 0 or hole[ty, tx]:
                            continue
                        if not hole[ty - 1, tx] and not hole[ty, tx - 1]:
                            gy = image[ty, tx, 1] - image[ty - 1, tx, 1]
                            gx = image[ty, tx, 1] - image[ty, tx - 1, 1]
                            edge = max(edge, gx * gx + gy * gy)
                score = total / count * (np.sqrt(edge) + 8.0)
                if score > best:
                    best, by, bx, trust = score, y, x, total / count
        sy, sx = _closest_patch(image, hole, blocked, by, bx, reach)
        for dy in range(-4, 5):
            for dx in range(-4, 5):
                ty, tx = by + dy, bx + dx
                if ty < 0 or tx < 0 or ty >= height or tx >= width or not hole[ty, tx]:
                    continue
                for k in range(3):
                    image[ty, tx, k] = image[sy + dy, sx + dx, k]
                field[ty, tx, 0], field[ty, tx, 1] = sy + dy, sx + dx
                hole[ty, tx] = False
                confidence[ty, tx] = trust * 0.98
                left -= 1


@compiled(error_model="numpy")
def _closest_patch(  # noqa: C901  (flat loops are what numba compiles well)
    image: Any, hole: Any, blocked: Any, y: Any, x: Any, reach: Any
) -> tuple[int, int]:
    """Centre of the source patch that best continues what is known around (y, x)."""
    height, width = hole.shape
    best, by, bx = 1e18, -1, -1
    span = reach
    while by < 0:
        for sy in range(max(4, y - span), min(height - 4, y + span + 1)):
            for sx in range(4, width - 4):
                if blocked[sy, sx]:
                    continue
                far = abs(sx - x) / width
                total = 30.0 * abs(sy - y) + 400.0 * far
                for dy in range(-4, 5):
                    ty = y + dy
                    if ty < 0 or ty >= height:
                        continue
                    for dx in range(-4, 5):
                        tx = x + dx
                        if tx < 0 or tx >= width or hole[ty, tx]:
                            continue
                        for k in range(3):
                            gap = image[ty, tx, k] - image[sy + dy, sx + dx, k]
                            total += gap * gap
                    if total >= best:
                        break
                if total < best:
                    best, by, bx = total, sy, sx
        span *= 2
    return by, bx
