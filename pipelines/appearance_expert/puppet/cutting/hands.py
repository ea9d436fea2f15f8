"""The border of a hand that lies before clothes: skin goes with the hand, cloth stays."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    HEAD,
    LEGS,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule, distance_to_segment
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import Labels, Mask, give_to_nearest

Lab = NDArray[np.float32]

_REACH = 1.9
"""Radii around a hand within which its border is looked for."""
_LIGHT_WEIGHT = 0.4
_ALIKE = 11.0
_CLEARLY = 1.6
_LEAST_SKIN = 0.5
_LEAST_SAMPLES = 30


def with_whole_hands(labels: Labels, figure: Figure, capsules: list[Capsule]) -> Labels:
    """Labels (H, W) with the border between each hand and the clothes behind it moved.

    A hand that does not look like the face (a glove, a drawing) and one before bare skin keep
    theirs: there colour does not tell.
    """
    lab = cv2.cvtColor(figure.image / np.float32(255), cv2.COLOR_RGB2LAB)
    lab[..., 0] *= _LIGHT_WEIGHT
    face = _face(figure, labels)
    result = labels.copy()
    for capsule in capsules:
        if capsule.part in ARMS and capsule.place == 2:
            near = distance_to_segment(labels.shape, capsule.start, capsule.end) / capsule.radius
            near[~_beyond_wrist(labels.shape, capsule)] = np.inf
            _move_border(result, lab, face, near, capsule.part)
    return result


def _face(figure: Figure, labels: Labels) -> Mask:
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    nose = figure.point("nose")
    return np.asarray((np.hypot(x - nose[0], y - nose[1]) < 0.28 * figure.unit) & (labels == HEAD))


def _beyond_wrist(shape: tuple[int, ...], hand: Capsule) -> Mask:
    """Where no sleeve is expected."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    axis = hand.end - hand.start
    along = (x - hand.start[0]) * axis[0] + (y - hand.start[1]) * axis[1]
    return np.asarray(along > 0.1 * float(axis @ axis))


def _move_border(labels: Labels, lab: Lab, face: Mask, near: NDArray[np.float32], arm: int) -> None:
    zone = near < _REACH
    hand = (labels == arm) & zone
    cloth = np.isin(labels, (TORSO, *LEGS)) & zone
    middle = lab[(labels == arm) & (near < 0.7)]
    if min(len(middle), face.sum(), cloth.sum()) < _LEAST_SAMPLES:
        return
    skin = np.median(lab[face], axis=0)
    own = middle[np.linalg.norm(middle - skin, axis=1) < 2 * _ALIKE]
    if len(own) < _LEAST_SKIN * len(middle):
        return
    to_skin = np.minimum(_gap(lab, np.median(own, axis=0)), _gap(lab, skin))
    behind = cloth & (near > 1.1) & (to_skin > _ALIKE)
    if behind.sum() < 0.5 * (cloth & (near > 1.1)).sum():
        return
    to_cloth = _gap(lab, np.median(lab[behind], axis=0))
    fingers = cloth & (to_skin < _ALIKE) & (_CLEARLY * to_skin < to_cloth)
    fingers = _touching(fingers | hand, hand) & cloth
    rest = hand & (to_skin > _ALIKE) & (_CLEARLY * to_cloth < to_skin)
    rest &= cv2.erode(hand.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = cv2.morphologyEx(
        (hand & ~rest).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
    )
    given = hand & (kept == 0)
    labels[fingers] = arm
    if given.any():
        give_to_nearest(labels, given, cloth & ~fingers)


def _gap(lab: Lab, colour: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(lab - colour, axis=-1), dtype=np.float32)


def _touching(mask: Mask, seed: Mask) -> Mask:
    """The pieces of a mask that hold any of the seed."""
    _, pieces = cv2.connectedComponents(mask.astype(np.uint8))
    return np.asarray(mask & np.isin(pieces, np.unique(pieces[seed & mask])))
