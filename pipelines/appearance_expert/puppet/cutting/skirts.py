"""Skirts, dresses and coats: what hangs from the hips around both legs moves with the trunk."""

from __future__ import annotations

import numpy as np

from pipelines.appearance_expert.puppet.cutting.body_parts import LEGS, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule, distance_to_segment
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import Labels, Mask

LEAST_WIDTH = 1.4
"""How many times wider than both legs the figure is where it wears a skirt."""

_BESIDE_LEG = 1.15
_LEAST_HEIGHT = 0.5
_FLARE = 0.4


def skirt_of(figure: Figure, capsules: list[Capsule], labels: Labels) -> Mask:
    """Pixels (H, W) labelled as legs that hang from the hips rather than move with a leg."""
    legs, trunk = np.isin(labels, LEGS), labels == TORSO
    none = np.zeros(legs.shape, dtype=np.bool_)
    bones = [c for c in capsules if c.part in LEGS and c.place < 2]
    if len(bones) < 4:
        return none
    reach = np.min(
        [distance_to_segment(legs.shape, c.start, c.end) / c.radius for c in bones], axis=0
    )
    hips = round(float(max(figure.point("left_hip")[1], figure.point("right_hip")[1])))
    hem = _hem(legs | trunk, reach < _BESIDE_LEG, hips)
    if hem - hips < _LEAST_HEIGHT * figure.unit:
        return none
    rows = np.arange(len(legs))[:, None]
    flare = (rows < hem + _FLARE * figure.unit) & (reach > _BESIDE_LEG)
    return np.asarray(legs & ((rows < hem) | flare))


def _hem(lower: Mask, beside_bones: Mask, hips: int) -> int:
    """The row down to which legs and trunk show as one piece, much wider than they are."""
    hem = hips
    for row in range(hips, len(lower)):
        seen = np.flatnonzero(lower[row])
        expected = np.flatnonzero(beside_bones[row])
        if not len(seen) or not len(expected):
            break
        width = seen[-1] - seen[0] + 1
        if len(seen) < 0.97 * width:
            break
        if width > LEAST_WIDTH * (expected[-1] - expected[0] + 1):
            hem = row + 1
        elif row - hem > 0.1 * len(lower):
            break
    return hem
