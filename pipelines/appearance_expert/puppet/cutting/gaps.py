"""Taking back what a matte wrongly covers: the background seen between an arm and the trunk."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import ARMS
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule, distance_to_segment
from pipelines.appearance_expert.puppet.cutting.figure import Figure

_COLOUR_GAP = 9.0
_LEAST_LIGHT, _MOST_LIGHT = 0.55, 1.06
_MOST_SHARE = 0.06
_LEAST_AREA = 0.02
_TELLING = (12.0, 82.0)
"""Lightness between which a colour tells background from clothes; white does before a wall."""
_PLAIN_EDGE, _PLAIN_SHARE, _PLAIN_TINT = 7.0, 0.9, 4.0


def gaps_beside_arms(
    figure: Figure, capsules: list[Capsule], trunk: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The matte without background-coloured pieces between arms and trunk.

    Args:
        trunk: (H, W) distance to the trunk in pixels, 0 inside.
    """
    shape = figure.matte.shape
    arms = [capsule for capsule in capsules if capsule.part in ARMS]
    if not arms:
        return figure.matte
    reach = np.min([distance_to_segment(shape, c.start, c.end) / c.radius for c in arms], axis=0)
    between = _hull_of_arms(figure, shape) & (reach > 0.6) & (trunk > 0.04 * figure.unit)
    seen = cv2.cvtColor(figure.raw / np.float32(255), cv2.COLOR_RGB2LAB)
    expected = cv2.cvtColor(figure.background / np.float32(255), cv2.COLOR_RGB2LAB)
    tint = np.hypot(seen[..., 1] - expected[..., 1], seen[..., 2] - expected[..., 2])
    light = (seen[..., 0] + 1) / (expected[..., 0] + 1)
    same = (tint < _COLOUR_GAP) & (light > _LEAST_LIGHT) & (light < _MOST_LIGHT)
    same &= seen[..., 0] > _TELLING[0]
    if not _is_plain(figure):
        same &= seen[..., 0] < _TELLING[1]
    size = int(np.clip(0.045 * figure.unit, 2, 4))
    candidate = (between & same & (figure.matte > 0.05)).astype(np.uint8)
    candidate = cv2.morphologyEx(candidate, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    candidate = _large_pieces(candidate, _LEAST_AREA * figure.unit**2)
    if candidate.sum() > _MOST_SHARE * (figure.matte > 0.5).sum():
        return figure.matte  # this much is rather clothes in the colour of the wall
    candidate = cv2.dilate(candidate, np.ones((3, 3), np.uint8))
    open_ = cv2.GaussianBlur(candidate.astype(np.float32), (0, 0), 1.0)
    return np.asarray(figure.matte * (1 - np.clip(2 * open_, 0, 1)), dtype=np.float32)


def _is_plain(figure: Figure) -> bool:
    """Whether what is seen around the person is a wall rather than a scene."""
    around = cv2.dilate(figure.matte, np.ones((9, 9), np.uint8)) < 0.05
    soft = cv2.GaussianBlur(figure.raw, (0, 0), 1.0)
    edges = np.abs(cv2.Laplacian(soft, cv2.CV_32F)).max(-1)[around]
    if not len(edges) or np.mean(edges < _PLAIN_EDGE) < _PLAIN_SHARE:
        return False
    tint = cv2.cvtColor(figure.raw / np.float32(255), cv2.COLOR_RGB2LAB)[around][:, 1:]
    return bool(tint.std(0).max() < _PLAIN_TINT)


def _large_pieces(mask: NDArray[np.uint8], least: float) -> NDArray[np.uint8]:
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = stats[:, cv2.CC_STAT_AREA] >= least
    large[0] = False
    return np.asarray(large[pieces], dtype=np.uint8)


def _hull_of_arms(figure: Figure, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Inside the outline of shoulders, elbows, wrists and hips."""
    names = ("shoulder", "elbow", "wrist", "hip")
    points = [figure.point(f"{side}_{name}") for side in ("left", "right") for name in names]
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [hull], 1)
    return mask > 0
