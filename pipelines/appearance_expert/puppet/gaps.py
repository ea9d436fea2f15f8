"""Taking back what a matte wrongly covers: the background seen between an arm and the trunk."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.capsules import Capsule, distance_to_segment
from pipelines.appearance_expert.puppet.figure import LEFT_ARM, RIGHT_ARM, Figure

_COLOUR_GAP = 9.0
_LEAST_LIGHT, _MOST_LIGHT = 0.55, 1.06
_MOST_SHARE = 0.06


def gaps_beside_arms(
    figure: Figure, capsules: list[Capsule], trunk: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The matte without background-coloured pieces between arms and trunk.

    Args:
        trunk: (H, W) distance to the trunk in pixels, 0 inside.
    """
    shape = figure.matte.shape
    arms = [capsule for capsule in capsules if capsule.part in (LEFT_ARM, RIGHT_ARM)]
    if not arms:
        return figure.matte
    reach = np.min([distance_to_segment(shape, c.start, c.end) / c.radius for c in arms], axis=0)
    between = _hull_of_arms(figure, shape) & (reach > 0.5) & (trunk > 0.04 * figure.unit)
    seen = cv2.cvtColor(figure.raw / np.float32(255), cv2.COLOR_RGB2LAB)
    expected = cv2.cvtColor(figure.background / np.float32(255), cv2.COLOR_RGB2LAB)
    tint = np.hypot(seen[..., 1] - expected[..., 1], seen[..., 2] - expected[..., 2])
    light = (seen[..., 0] + 1) / (expected[..., 0] + 1)
    same = (tint < _COLOUR_GAP) & (light > _LEAST_LIGHT) & (light < _MOST_LIGHT)
    candidate = (between & same & (figure.matte > 0.05)).astype(np.uint8)
    candidate = cv2.morphologyEx(candidate, cv2.MORPH_OPEN, np.ones((4, 4), np.uint8))
    if candidate.sum() > _MOST_SHARE * (figure.matte > 0.5).sum():
        return figure.matte  # this much is rather clothes in the colour of the wall
    candidate = cv2.dilate(candidate, np.ones((3, 3), np.uint8))
    open_ = cv2.GaussianBlur(candidate.astype(np.float32), (0, 0), 1.0)
    return np.asarray(figure.matte * (1 - np.clip(2 * open_, 0, 1)), dtype=np.float32)


def _hull_of_arms(figure: Figure, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Inside the outline of shoulders, elbows, wrists and hips."""
    names = ("shoulder", "elbow", "wrist", "hip")
    points = [figure.point(f"{side}_{name}") for side in ("left", "right") for name in names]
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [hull], 1)
    return mask > 0
