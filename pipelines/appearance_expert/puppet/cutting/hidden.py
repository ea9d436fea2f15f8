"""Where a part goes on behind something that lies in front of it."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.appearance_expert.puppet.cutting.body_parts import ARMS, HEAD, LEGS, NOBODY, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    distance_to_segment,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import (
    Labels,
    Mask,
    closed,
    disc,
    distance_from,
    without_holes,
)

_INSIDE_BONE = 0.9
"""Share of a bone's radius that its limb surely fills behind what covers it."""

# In units, half the shoulder width.
_SKIRT_BELOW_HIPS = 0.3
_BESIDE_TRUNK = 0.22
_FROM_EDGE = 0.55
_SMALLEST = 0.1

_FAR = 10**6


def hidden_behind(part: int, figure: Figure, labels: Labels, capsules: list[Capsule]) -> Mask:
    """Pixels (H, W) of other parts behind which a part goes on."""
    if part == TORSO:
        return _hidden_trunk(figure, labels)
    shape = labels.shape
    inside: Mask = np.zeros(shape, dtype=np.bool_)
    for capsule in capsules:
        if capsule.part == part:
            near = distance_to_segment(shape, capsule.start, capsule.end)
            inside |= near < _INSIDE_BONE * capsule.radius
    in_front = (*ARMS, *LEGS) if part in LEGS else ARMS
    covered: Mask = np.isin(labels, [other for other in in_front if other != part])
    if part in LEGS:  # behind a skirt, a coat, a long shirt
        hips = max(figure.point("left_hip")[1], figure.point("right_hip")[1])
        below = np.arange(shape[0])[:, None] > hips + _SKIRT_BELOW_HIPS * figure.unit
        covered |= (labels == TORSO) & below
    return covered & inside


def _hidden_trunk(figure: Figure, labels: Labels) -> Mask:
    """The trunk behind arms and head: all of its outline, without holes, slots or spikes."""
    core, legs = labels == TORSO, np.isin(labels, LEGS)
    covered: Mask = np.isin(labels, (*ARMS, HEAD))
    outside = outside_polygon(labels.shape, torso_polygon(figure))
    near_edge = _reachable(core, covered, round(_FROM_EDGE * figure.unit))
    beside = (outside < _BESIDE_TRUNK * figure.unit) & near_edge
    whole = core | legs | (covered & (beside | (outside < 1)))
    smallest = round(_SMALLEST * figure.unit)
    whole = without_holes(closed(whole, smallest)) & (labels != NOBODY)
    smooth = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_OPEN, disc(max(1, smallest))) > 0
    return np.asarray(smooth & covered & (distance_from(core) <= distance_from(legs)))


def _reachable(core: Mask, covered: Mask, reach: int) -> Mask:
    """Covered pixels with the core in the same row, at most `reach` away, nothing else between."""
    column = np.broadcast_to(np.arange(core.shape[1]), core.shape)
    found: Mask = np.zeros(core.shape, dtype=np.bool_)
    for flip in (False, True):
        inner, other = (core[:, ::-1], covered[:, ::-1]) if flip else (core, covered)
        last_core = np.maximum.accumulate(np.where(inner, column, -_FAR), axis=1)
        last_gap = np.maximum.accumulate(np.where(~inner & ~other, column, -_FAR), axis=1)
        near = (last_core > last_gap) & (column - last_core <= reach)
        found |= near[:, ::-1] if flip else near
    return found & covered
