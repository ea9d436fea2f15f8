"""The still background: the picture without the person, laid out on the canvas.

The rules: docs/reference/puppet.md#background.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.inpaint import membrane, patched
from pipelines.appearance_expert.puppet.cutting.masks import Mask, disc, distance_from
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull

_WORK_SIDE = 160
_PLAIN_RESIDUAL = 7.0
_PLAIN_SHARE = 0.8
_SHADOW = 4.0
_FRAYED = 2
"""Rims by which the hole is wider where the matte is soft."""

Picture = NDArray[np.float32]


def without_person(picture: Picture, matte: NDArray[np.float32]) -> Picture:
    """The picture with the person, their rim and, before plain walls, their shadow removed."""
    hole = _hole(matte)
    factor = max(1.0, max(matte.shape) / _WORK_SIDE)
    size = (max(8, round(matte.shape[1] / factor)), max(8, round(matte.shape[0] / factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    gap = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.01
    shadow = _shadow_before_plain(small, gap)
    if shadow is not None:
        gap |= shadow
        filled = membrane(small, gap)
        large = cv2.resize(filled, matte.shape[::-1], interpolation=cv2.INTER_CUBIC)
    else:
        filled, field = patched(small, gap)
        large = _with_detail(picture, filled, gap, field)
    wide = cv2.resize(gap.astype(np.float32), matte.shape[::-1], interpolation=cv2.INTER_LINEAR)
    blend = np.clip(wide * 2, 0, 1)[..., None]
    return np.asarray(picture * (1 - blend) + large * blend, dtype=np.float32)


def _hole(matte: NDArray[np.float32]) -> Mask:
    """The person and a rim for hair, blur and the shadow at the feet.

    Where the matte is soft over more than an edge, as at loose hair, the rim is wider.
    """
    rim = max(3, round(0.012 * max(matte.shape)))
    solid = (matte > 0.05).astype(np.uint8)
    down = np.zeros((2 * rim + 1, 1), np.uint8)
    down[: rim + 1] = 1
    edge = max(1, rim // 4)
    soft = (solid > 0) & (matte < 0.95)
    frayed = cv2.erode(soft.astype(np.uint8), disc(edge))
    wide = cv2.dilate(frayed, disc(_FRAYED * rim + edge))
    return np.asarray((cv2.dilate(cv2.dilate(solid, disc(rim)), down) | wide) > 0)


def _shadow_before_plain(picture: Picture, hole: Mask) -> Mask | None:
    """Where the person shades a plain backdrop; None if the backdrop is not plain.

    A cubic polynomial is fitted to the brightness outside the hole, with ever less weight on
    what is darker than it: what stays darker, around the person, is their shadow.
    """
    light = picture.mean(-1)
    height, width = hole.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=-1)
    known = ~hole
    basis, value = terms[known], light[known]
    weight = np.ones(len(value))
    for _ in range(12):
        root = np.sqrt(weight)[:, None]
        coefficients = np.linalg.lstsq(basis * root, value * root[:, 0], rcond=None)[0]
        residual = value - basis @ coefficients
        weight = 1 / (1 + (residual / np.where(residual < 0, 3.0, 12.0)) ** 2)
    edges = np.abs(cv2.Laplacian(cv2.GaussianBlur(picture, (0, 0), 1.0), cv2.CV_32F)).max(-1)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    ring = near & known
    if not ring.any() or np.mean(edges[ring] < _PLAIN_RESIDUAL) < 0.93:
        return None
    if np.mean(np.abs(residual) < 4 * _PLAIN_RESIDUAL) < _PLAIN_SHARE:
        return None
    reach = distance_from(hole)
    near = reach < 0.22 * max(hole.shape)
    below = np.zeros(hole.shape)
    below[known] = residual
    below -= _dark_rows(below, known & ~near)[:, None]
    darker = (known & (below < -_SHADOW)).astype(np.uint8)
    darker[hole] = 1
    _, pieces = cv2.connectedComponents(darker)
    touched = np.unique(pieces[hole])
    shadow = np.isin(pieces, touched[touched > 0]) & known
    shadow &= near
    return np.asarray(cv2.dilate(shadow.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def _dark_rows(residual: NDArray[np.float64], far: Mask) -> NDArray[np.float64]:
    """(H,) how dark each row is far from the person, on the brighter side of them.

    A floor or a vignette is dark on both sides, a shadow on one.
    """
    rows = np.zeros(len(residual))
    middle = int(np.median(np.nonzero(~far.all(0))[0])) if not far.all() else far.shape[1] // 2
    for row, known in enumerate(far):
        sides = []
        for part in (slice(None, middle), slice(middle, None)):
            if known[part].sum() > 3:
                sides.append(float(np.median(residual[row, part][known[part]])))
        rows[row] = min(0.0, max(sides, default=0.0))
    return rows


def _with_detail(picture: Picture, filled: Picture, gap: Mask, field: NDArray[np.int32]) -> Picture:
    """Bring the filled picture to full size, with the fine detail of where it was taken from."""
    height, width = picture.shape[:2]
    large = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    coarse = cv2.resize(picture, gap.shape[::-1], interpolation=cv2.INTER_AREA)
    detail = picture - cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    scale_y, scale_x = height / gap.shape[0], width / gap.shape[1]
    rows, columns = np.mgrid[:height, :width]
    small_row = np.minimum((rows / scale_y).astype(int), gap.shape[0] - 1)
    small_column = np.minimum((columns / scale_x).astype(int), gap.shape[1] - 1)
    source = field[small_row, small_column]
    valid = source[..., 0] >= 0
    row = np.rint((source[..., 0] - small_row) * scale_y + rows).astype(int)
    column = np.rint((source[..., 1] - small_column) * scale_x + columns).astype(int)
    row, column = np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)
    fine = np.where(valid[..., None], detail[row, column], 0)
    return np.asarray(large + fine, dtype=np.float32)


def laid_out(clean: Picture, fit: NDArray[np.float64], width: int, height: int) -> Picture:
    """Lay the background on the canvas; past its edges it is mirrored, ever more blurred."""
    scale = float(fit[0, 0])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(clean, None, fx=scale, fy=scale, interpolation=way)
    shift = np.array([[1, 0, fit[0, 2]], [0, 1, fit[1, 2]]])
    plate = cv2.warpAffine(
        scaled, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    covered = cv2.warpAffine(np.ones(scaled.shape[:2], np.uint8), shift, (width, height))
    if covered.min() == 0:
        reach = cv2.distanceTransform(1 - covered, cv2.DIST_L2, 5)
        sigma = 0.03 * max(width, height)
        soft = push_pull(plate, covered.astype(np.float32))
        soft = cv2.GaussianBlur(0.5 * soft + 0.5 * plate, (0, 0), sigma)
        blend = np.clip(reach / (4 * sigma), 0, 1)[..., None]
        plate = plate * (1 - blend) + soft * blend
    return np.asarray(np.clip(plate, 0, 255), dtype=np.float32)
