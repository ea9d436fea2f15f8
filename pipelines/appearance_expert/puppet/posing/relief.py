"""A flat layer inflated to a body: how far each vertex stands out towards the viewer."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.posing.mesh import CLOSED_STEP

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Body:
    """How round a part of the body is.

    Attributes:
        thickness: half depth over half width.
        widest: half widths above this (hair, a coat) do not make the body deeper, in units of
            half the shoulder width.
        ramp: share of `widest` over which it rises from the outline; short ramps keep a face flat.
    """

    thickness: float
    widest: float
    ramp: float


TORSO_BODY = Body(thickness=0.45, widest=1.1, ramp=0.4)
HEAD_BODY = Body(thickness=0.42, widest=0.8, ramp=0.2)

_ROUNDNESS = 2.4
_RIM = 1.5 * CLOSED_STEP
"""Pixels along the outline where front and back lie on each other. Every triangle that the
outline crosses must lie there whole, or a gap opens between the two sides."""


def relief(alpha: NDArray[np.float32], xy: Array, body: Body, unit: float) -> Array:
    """Half depth (V,) of a body whose outline is the layer's: superellipses row by row.

    Args:
        alpha: (H, W) opacity of the layer.
        xy: (V, 2) vertices in texture space.
        unit: half the shoulder width, in texture pixels.
    """
    widest = body.widest * unit
    rows = np.arange(alpha.shape[0])
    solid = alpha > 0.3
    used = solid.any(1)
    left = np.where(used, solid.argmax(1), 0).astype(float)
    right = np.where(used, alpha.shape[1] - solid[:, ::-1].argmax(1), 0).astype(float)
    if not used.any():
        return np.zeros(len(xy))
    left = np.interp(rows, rows[used], left[used])
    right = np.interp(rows, rows[used], right[used])
    soft = max(2.0, 0.15 * widest)
    left = cv2.GaussianBlur(left[:, None], (0, 0), soft, borderType=cv2.BORDER_REPLICATE)[:, 0]
    right = cv2.GaussianBlur(right[:, None], (0, 0), soft, borderType=cv2.BORDER_REPLICATE)[:, 0]
    middle = np.interp(xy[:, 1], rows, (left + right) / 2)
    half = np.maximum(np.interp(xy[:, 1], rows, (right - left) / 2), 2.0)
    across = np.clip(np.abs(xy[:, 0] - middle) / half, 0, 1)
    bulge = (1 - across**_ROUNDNESS) ** (1 / _ROUNDNESS)
    inward = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    column = np.clip(np.rint(xy[:, 0]).astype(int), 0, alpha.shape[1] - 1)
    row = np.clip(np.rint(xy[:, 1]).astype(int), 0, alpha.shape[0] - 1)
    closing = np.clip((inward[row, column] - _RIM) / max(4.0, body.ramp * widest), 0, 1)
    return np.asarray(body.thickness * np.minimum(half, widest) * bulge * closing**0.6)
