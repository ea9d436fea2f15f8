"""Borders between parts put where the cloth ends: hems, and thin spikes along a neighbour."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    LEFT_LEG,
    LEGS,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import outside_polygon, torso_polygon
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import Labels, Mask, disc, give_to_nearest
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull

UNLIKE = 40.0
"""Levels of one colour channel from which two pieces of cloth are not the same."""

_HEM_ZONE = 0.45
"""In units below the hips: where a leg may have been given the hem of a shirt."""
_THIN = 0.13
_BESIDE_TRUNK = 0.08


def with_whole_hems(labels: Labels, figure: Figure) -> Labels:
    """The hem of a shirt belongs to the trunk even where it lies below the hips.

    Otherwise a strip of shirt rides on the trousers and shows as a dark fan on the belly.
    """
    result = labels.copy()
    hips = max(figure.point("left_hip")[1], figure.point("right_hip")[1])
    above = np.arange(len(labels))[:, None] < hips + _HEM_ZONE * figure.unit
    for leg in LEGS:
        own = labels == leg
        if not (own & above).any() or not (own & ~above).any():
            continue
        carried_on = push_pull(figure.image, (own & ~above).astype(np.float32))
        unlike = own & above & (np.abs(carried_on - figure.image).max(-1) > UNLIKE)
        closed = cv2.morphologyEx(unlike.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
        _, pieces = cv2.connectedComponents((own & above & (closed > 0)).astype(np.uint8))
        beside = cv2.dilate((labels == TORSO).astype(np.uint8), np.ones((3, 3))) > 0
        touching = np.unique(pieces[beside])
        result[np.isin(pieces, touching[touching > 0])] = TORSO
    return result


def without_spikes(labels: Labels, figure: Figure) -> Labels:
    """Thin strips of one part along another go to the other: fins on the trunk, seams of shorts."""
    result = labels.copy()
    outside = outside_polygon(labels.shape, torso_polygon(figure)) > _BESIDE_TRUNK * figure.unit
    knees = min(figure.point("left_knee")[1], figure.point("right_knee")[1])
    thighs = np.broadcast_to(np.arange(len(labels))[:, None] < knees, labels.shape)
    _lend(result, TORSO, ARMS, outside, figure)
    if LEFT_LEG in figure.limbs:
        _lend(result, LEFT_LEG, (RIGHT_LEG,), thighs, figure)
        _lend(result, RIGHT_LEG, (LEFT_LEG,), thighs, figure)
    return result


def _lend(labels: Labels, part: int, takers: tuple[int, ...], zone: Mask, figure: Figure) -> None:
    radius = max(1, round(_THIN * figure.unit))
    own = (labels == part).astype(np.uint8)
    thin = (own > 0) & (cv2.morphologyEx(own, cv2.MORPH_OPEN, disc(radius)) == 0) & zone
    _, pieces = cv2.connectedComponents(thin.astype(np.uint8))
    taken = np.isin(labels, takers)
    beside = cv2.dilate(taken.astype(np.uint8), np.ones((3, 3))) > 0
    touching = np.unique(pieces[beside & thin])
    give_to_nearest(labels, np.isin(pieces, touching[touching > 0]), taken)
