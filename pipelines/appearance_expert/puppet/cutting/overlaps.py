"""What a layer shows of its neighbours as well, so that no gap opens where the two bend apart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    HEAD,
    LEGS,
    NOBODY,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.borders import UNLIKE
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule, distance_to_segment
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import Labels, Mask, disc, distance_from
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull

OCCLUDER_RIM = 4
"""Pixels beside a part in front whose colour is a mixture of both."""

# How far a layer goes on into its neighbours: trunk and head in units, limbs in radii of the root.
_TRUNK_WIDTH = _HEAD_WIDTH = 0.45
_ARM_WIDTH, _LEG_WIDTH = 1.1, 1.4

# Where it may: (length along the bone, distance from it), in the same measures.
_NECK_ON_HEAD = (0.3, 0.4)
_NECK_ON_TRUNK = (0.4, 0.6)
_ROOT_LENGTH = 0.3
"""Share of the upper arm or thigh."""
_ARM_ROOT, _LEG_ROOT = 1.25, 1.15

_FADE_FROM = 1.06
_TRUNK_FADE, _FADE = 2.0, 1.15
"""Slopes of the opacity: the trunk's rim stays opaque for longer."""
_UNDER_HEM = 0.22
"""In units: how far a leg goes on under another colour's hem, where it shows when it is raised."""


@dataclass(frozen=True)
class Overlap:
    """Pixels of kinematic neighbours that a layer shows too; all (H, W).

    Attributes:
        kept: which.
        foreign: those of them that show another cloth than the layer's own: it is painted in.
        fade: opacity, 1 beside the layer's core and 0 at the far edge.
    """

    kept: Mask
    foreign: Mask
    fade: NDArray[np.float32]


def overlap_of(part: int, figure: Figure, labels: Labels, capsules: list[Capsule]) -> Overlap:
    """How far one part's layer reaches over the parts that it hangs on."""
    core = labels == part
    width: float | NDArray[np.float32]
    if part == TORSO:
        width = _TRUNK_WIDTH * figure.unit * (1 + _between_legs(figure, labels.shape))
        zone = _legs_and_throat(figure, labels)
    elif part == HEAD:
        width = _HEAD_WIDTH * figure.unit
        zone = _nape(figure, labels)
    else:
        root = next(c for c in capsules if c.part == part and c.place == 0)
        width = root.radius * (_ARM_WIDTH if part in ARMS else _LEG_WIDTH)
        zone = _socket(root, labels)
    far = distance_from(core)
    kept = zone & (far < width)
    slope = _TRUNK_FADE if part == TORSO else _FADE
    ramp = np.clip(slope * (_FADE_FROM - far / width), 0, 1)
    fade = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
    foreign: Mask = np.zeros(core.shape, dtype=np.bool_)
    if part == TORSO:
        kept &= ~(_near_arms(labels) & np.isin(labels, LEGS))
    if part in LEGS:
        foreign = kept & _unlike_core(figure, labels, core)
        fade = np.where(foreign, fade * _close_to(core, _UNDER_HEM * figure.unit), fade)
    return Overlap(kept, foreign, fade)


def _legs_and_throat(figure: Figure, labels: Labels) -> Mask:
    neck = figure.point("neck")
    length, reach = _NECK_ON_HEAD
    near = distance_to_segment(labels.shape, neck, neck - np.array([0, length * figure.unit]))
    return np.asarray(np.isin(labels, LEGS) | ((labels == HEAD) & (near < reach * figure.unit)))


def _nape(figure: Figure, labels: Labels) -> Mask:
    neck = figure.point("neck")
    length, reach = _NECK_ON_TRUNK
    near = distance_to_segment(labels.shape, neck - np.array([0, length * figure.unit]), neck)
    return np.asarray((labels == TORSO) & (near < reach * figure.unit))


def _socket(root: Capsule, labels: Labels) -> Mask:
    end = root.start + _ROOT_LENGTH * (root.end - root.start)
    near = distance_to_segment(labels.shape, root.start, end)
    reach = _ARM_ROOT if root.part in ARMS else _LEG_ROOT
    return np.asarray((labels == TORSO) & (near < reach * root.radius))


def _between_legs(figure: Figure, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(H, W) 1 below the middle of the hips, where cloth hangs from both, 0 at either hip."""
    left, right = figure.point("left_hip")[0], figure.point("right_hip")[0]
    reach = max(0.5 * abs(left - right), 0.2 * figure.unit)
    across = (np.arange(shape[1], dtype=np.float32) + 0.5 - 0.5 * (left + right)) / reach
    return np.broadcast_to(np.exp(-2 * across**2), shape).astype(np.float32)


def _near_arms(labels: Labels) -> Mask:
    arms = np.isin(labels, ARMS).astype(np.uint8)
    return np.asarray(cv2.dilate(arms, disc(OCCLUDER_RIM + 2)) > 0)


def _close_to(core: Mask, reach: float) -> NDArray[np.float32]:
    """(H, W) 1 up to a third of `reach` pixels from the core, 0 from `reach` on."""
    share = np.minimum(distance_from(core) / max(reach, 1.0), 1)
    return np.asarray(np.clip(1.5 - 1.5 * share, 0, 1), dtype=np.float32)


def _unlike_core(figure: Figure, labels: Labels, core: Mask) -> Mask:
    """Where the picture shows something else than the core goes on with: a hem above trousers."""
    strangers = (labels != NOBODY) & ~core & (labels != TORSO)
    own = core & (cv2.dilate(strangers.astype(np.uint8), disc(OCCLUDER_RIM)) == 0)
    carried_on = push_pull(figure.image, own.astype(np.float32))
    gap = np.abs(carried_on - figure.image).max(-1)
    unlike = cv2.morphologyEx((gap > UNLIKE).astype(np.uint8), cv2.MORPH_CLOSE, disc(2))
    return np.asarray(cv2.dilate(unlike, disc(1)) > 0)
