"""Plain backgrounds: a smooth field of colour along the picture's edge, and what stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_OUTLIER = 14.0
"""Lab units from the fitted field beyond which a pixel of the edge is not background."""

_INLIERS = 0.8
_NOISE = 5.0
_LEAST_STEP = 9.0
"""Lab units by which a figure must differ from its background."""


@dataclass(frozen=True)
class Backdrop:
    """A plain background.

    Attributes:
        difference: (H, W) float32, Lab distance of each pixel from the background's field.
        noise: its standard deviation in the background itself.
    """

    difference: NDArray[np.float32]
    noise: float

    @property
    def threshold(self) -> float:
        """The distance from which a pixel belongs to the figure."""
        return max(_LEAST_STEP, 4.0 * self.noise)


def plain_backdrop(rgb: Image) -> Backdrop | None:
    """Fit a quadratic colour field to the picture's border; None if the border is not plain."""
    height, width = rgb.shape[:2]
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    ring = np.zeros((height, width), bool)
    band = max(2, round(0.025 * min(height, width)))
    ring[:band] = ring[-band:] = True
    ring[:, :band] = ring[:, -band:] = True
    rows, columns = np.nonzero(ring)
    stride = max(1, len(rows) // 6000)
    rows, columns = rows[::stride], columns[::stride]
    terms = _terms(columns / width, rows / height)
    colours = lab[rows, columns]
    keep = np.ones(len(rows), bool)
    for _ in range(6):
        if keep.sum() < 50:
            return None
        field, *_ = np.linalg.lstsq(terms[keep], colours[keep], rcond=None)
        away = np.linalg.norm(colours - terms @ field, axis=1)
        keep = away < max(_OUTLIER / 2, min(3 * _OUTLIER, 2.5 * float(np.median(away))))
    noise = float(np.sqrt(np.mean(away[keep] ** 2)))
    if keep.mean() < _INLIERS or noise > _NOISE:
        return None
    grid_x, grid_y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    ground: Any = _terms(grid_x.ravel(), grid_y.ravel()) @ field
    difference = np.linalg.norm(lab - ground.reshape(lab.shape), axis=2).astype(np.float32)
    return Backdrop(difference=difference, noise=noise)


def standing_out(backdrop: Backdrop) -> NDArray[np.bool_]:
    """(H, W) the largest figure on a plain background, outlines closed and filled.

    Drawn outlines count as the figure they enclose.
    """
    height, width = backdrop.difference.shape
    marks = (backdrop.difference > backdrop.threshold).astype(np.uint8)
    gap = max(3, round(0.012 * max(height, width)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))
    pad = 2 * gap
    # One background pixel all around, so that figures cut by the picture's edge are not filled.
    framed = cv2.copyMakeBorder(marks, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, kernel)
    filled = _fill_holes(closed)
    filled = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    inner = filled[pad:-pad, pad:-pad]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=8)
    if count <= 1:
        return np.zeros((height, width), bool)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    figure: NDArray[np.bool_] = labels == largest
    return figure


def _fill_holes(mask: Image) -> Image:
    outside = mask.copy()
    cv2.floodFill(outside, None, (0, 0), 2)
    filled: Image = (outside != 2).astype(np.uint8)
    return filled


def _terms(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    return np.asarray(terms, dtype=np.float64)
