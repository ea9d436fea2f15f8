"""Hair and knots that a matte has cut off: what is coloured like the head's rim and hangs on it.

The detector's mask is coarse, and its refinement holds on to strong edges: a knot of hair, or loose
strands, may be left to the background, where they would stay as a ghost when the head moves.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import POINT

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Matte = NDArray[np.float32]

_AROUND, _BEYOND = 2.4, 3.6
"""Radii of the head within which hair is searched, and within which the background is learned."""
_REACH = 0.75
"""Radii of the head by which hair reaches beyond the matte."""
_CLEARLY = 0.6
"""A pixel is hair if it is nearer to hair's colours by this factor than to the background's."""
_PERHAPS, _FAINT = 0.8, 0.1
"""The same of what may be hair, strands that hang on nothing among it: so much of it is the head's,
and the place where it was is not taken for background."""
_DIFFERENT = 14.0
"""Lab units by which it must differ from the background."""
_MOST = 0.5
"""More hair than this share of a head is background that looks like it."""
_COLOURS, _SAMPLES = 6, 4000


def with_loose_hair(rgb: Image, matte: Matte, xy: NDArray[np.float64]) -> Matte:
    """The matte with what hangs on the head and looks like its rim, not like what is behind.

    Args:
        rgb: (H, W, 3). matte: (H, W). xy: (29, 2) the person's points in pixels.
    """
    neck, head = xy[POINT["neck"]], xy[POINT["head"]]
    radius = 1.3 * float(np.linalg.norm(head - neck))
    middle = head + 0.6 * (head - neck)
    height, width = matte.shape
    pad = int(_BEYOND * radius) + 2
    left, top = max(0, int(middle[0]) - pad), max(0, int(middle[1]) - pad)
    box = (slice(top, min(height, top + 2 * pad)), slice(left, min(width, left + 2 * pad)))
    if radius < 6 or matte[box].size == 0:
        return matte
    hair, perhaps = _hair(rgb[box], matte[box], middle - [left, top], radius)
    whole = matte.copy()
    soft = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 0.8)
    faint = np.where(perhaps, np.float32(_FAINT), 0)
    whole[box] = np.maximum(matte[box], np.maximum(soft, faint))
    return whole


def _hair(
    rgb: Image, matte: Matte, middle: NDArray[np.float64], radius: float
) -> tuple[Mask, Mask]:
    """What is hair of the head, and what may be."""
    nothing = np.zeros(matte.shape, bool)
    rows, columns = np.indices(matte.shape)
    away = np.hypot(columns - middle[0], rows - middle[1])
    solid = matte > 0.5
    outside = _distance_to(solid)
    inside = _distance_to(matte <= 0.9)
    # Below the chin the rim is the shoulders'.
    rim = (inside > 0) & (inside < 0.3 * radius) & (away < 1.5 * radius)
    rim &= rows < middle[1] + 0.6 * radius
    free = (outside > _REACH * radius) & (away < _BEYOND * radius)
    searched = ~solid & (outside <= _REACH * radius) & (away < _AROUND * radius)
    searched &= rows < middle[1] + 1.2 * radius
    if min(rim.sum(), free.sum(), searched.sum()) < 50:
        return nothing, nothing
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    to_hair, to_free = (_distance_in_colour(lab, lab[part]) for part in (rim, free))
    different = searched & (to_free > _DIFFERENT)
    alike = different & (to_hair < _CLEARLY * to_free)
    perhaps = different & (to_hair < _PERHAPS * to_free)
    joined = cv2.dilate((alike | solid).astype(np.uint8), np.ones((3, 3), np.uint8))
    _, pieces = cv2.connectedComponents(joined)
    hair: Mask = alike & np.isin(pieces, np.unique(pieces[solid & (away < 1.5 * radius)]))
    head = solid & (away < 1.5 * radius)
    most = _MOST * head.sum()
    return (hair if hair.sum() < most else nothing), (perhaps if perhaps.sum() < most else nothing)


def _distance_in_colour(
    lab: NDArray[np.float32], samples: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(H, W) Lab units to the nearest of the few colours that sum the samples up."""
    stride = max(1, len(samples) // _SAMPLES)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    few = np.ascontiguousarray(samples[::stride])
    centres: Any
    _, _, centres = cv2.kmeans(few, _COLOURS, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    gaps = [np.linalg.norm(lab - centre, axis=-1) for centre in centres]
    return np.asarray(np.min(gaps, axis=0), dtype=np.float32)


def _distance_to(mask: Mask) -> NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5))
