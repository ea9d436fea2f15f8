"""Small morphology on masks (H, W) and labels (H, W) that several steps of the cutting share."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import NOBODY

Mask = NDArray[np.bool_]
Labels = NDArray[np.uint8]
"""Part numbers, NOBODY outside the figure."""


def disc(radius: int) -> NDArray[np.uint8]:
    """A disc as structuring element, (2 radius + 1, 2 radius + 1)."""
    kernel: NDArray[np.uint8] = cv2.getStructuringElement(
        cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)
    ).astype(np.uint8)
    return kernel


def closed(mask: Mask, radius: int) -> Mask:
    """The mask with slots and notches narrower than a disc filled; its borders go on outside."""
    radius = max(1, radius)
    margin = radius + 1
    wide = np.pad(mask.astype(np.uint8), margin, mode="edge")
    whole = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, disc(radius))
    return np.asarray(whole[margin:-margin, margin:-margin] > 0)


def without_holes(mask: Mask) -> Mask:
    """Every piece of the rest that does not reach the border belongs to the mask."""
    _, pieces = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    border = np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])
    return np.asarray(mask | ~np.isin(pieces, np.unique(border)))


def distance_from(mask: Mask) -> NDArray[np.float32]:
    """(H, W) distance of every pixel to the nearest of the mask, in pixels."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5))


def give_to_nearest(labels: Labels, given: Mask, takers: Mask) -> None:
    """Give each of the `given` pixels, in place, the label of the nearest of the `takers`."""
    if not takers.any():
        return
    _, nearest = cv2.distanceTransformWithLabels(
        (~takers).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.full(int(nearest.max()) + 1, NOBODY, np.uint8)
    owner[nearest[takers]] = labels[takers]
    labels[given] = owner[nearest[given]]
