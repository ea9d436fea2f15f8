"""From labelled pixels to layers that reach under their neighbours.

The rules: docs/reference/puppet.md#layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.borders import UNLIKE
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    distance_to_segment,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import (
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
    Figure,
)
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull

Mask = NDArray[np.bool_]

_ARMS = (LEFT_ARM, RIGHT_ARM)
_LEGS = (LEFT_LEG, RIGHT_LEG)
_OCCLUDER_RIM = 4
_UNDER_HEM = 0.22
"""In units: how far a leg goes on under another colour's hem, where it shows when it is raised."""


@dataclass(frozen=True)
class Layer:
    """One part with what it hides under its neighbours.

    Attributes:
        part: part number.
        colour: (H, W, 3) float32 in 0..255, defined everywhere.
        alpha: (H, W) float32 in [0, 1].
        filled: share of its opaque pixels that were painted in, not seen; what a skirt hides of
            a leg does not count, for it stays hidden.
    """

    part: int
    colour: NDArray[np.float32]
    alpha: NDArray[np.float32]
    filled: float


def build_layers(
    figure: Figure, labels: NDArray[np.uint8], capsules: list[Capsule]
) -> dict[int, Layer]:
    """One layer per part, each in the same texture space as the figure."""
    return {
        part: _build_layer(part, figure, labels, capsules) for part in (TORSO, HEAD, *figure.limbs)
    }


def _build_layer(
    part: int, figure: Figure, labels: NDArray[np.uint8], capsules: list[Capsule]
) -> Layer:
    core = labels == part
    kept, fade = _kept_pad(part, figure, labels, capsules)
    foreign: Mask = np.zeros(core.shape, dtype=np.bool_)
    if part == TORSO:
        kept &= ~(_near_arms(labels) & np.isin(labels, _LEGS))
    if part in _LEGS:
        foreign = kept & _unlike_core(figure, labels, core)
        fade = np.where(foreign, fade * _close_to(core, _UNDER_HEM * figure.unit), fade)
    hidden = _hidden_pad(part, figure, labels, capsules) & ~core & ~kept
    alpha = np.where(core | hidden, figure.matte, 0).astype(np.float32)
    edge = cv2.GaussianBlur((core | hidden | kept).astype(np.float32), (0, 0), 1.0)
    alpha = np.maximum(alpha, np.where(kept, figure.matte * fade, 0))
    alpha = np.minimum(alpha, np.clip(edge * 2 - 0.5, 0, 1))
    colour = _paint(figure, core, kept & ~foreign, hidden | foreign, labels, mirrored=part == TORSO)
    opaque = alpha > 0.5
    invented = hidden & (labels != TORSO) if part in _LEGS else hidden
    filled = float((opaque & invented).sum() / max(1, opaque.sum()))
    return Layer(part, colour, alpha.astype(np.float32), filled)


def _paint(
    figure: Figure,
    core: Mask,
    kept: Mask,
    hidden: Mask,
    labels: NDArray[np.uint8],
    mirrored: bool,
) -> NDArray[np.float32]:
    """Seen pixels keep their colour; hidden ones are filled from the layer's own core only.

    With `mirrored`, the core's pattern goes on past its left and right edges as in a mirror.
    """
    strangers = (labels != 255) & ~core & ~kept & ~_goes_on(labels, core)
    rim = cv2.dilate(strangers.astype(np.uint8), _disc(_OCCLUDER_RIM if hidden.any() else 2))
    trusted = (core & (rim == 0)) | (kept & (rim == 0))
    own = core & (rim == 0)
    if own.sum() < 0.2 * core.sum():
        own, trusted = core, core | kept
    filled = push_pull(figure.image, own.astype(np.float32))
    if mirrored:
        filled = _reflected(filled, own, hidden)
    seen = cv2.GaussianBlur((rim == 0).astype(np.float32), (0, 0), 1)
    seen = np.where(trusted, np.clip(seen * 2 - 1, 0, 1), 0)[..., None]
    result = figure.image * seen + filled * (1 - seen)
    outline = (labels != 255)[..., None]
    bled = push_pull(result.astype(np.float32), (core | kept | hidden).astype(np.float32))
    mixed: NDArray[np.float32] = np.where(outline, result, bled).astype(np.float32)
    return mixed


def _near_arms(labels: NDArray[np.uint8]) -> Mask:
    arms = np.isin(labels, _ARMS).astype(np.uint8)
    return np.asarray(cv2.dilate(arms, _disc(_OCCLUDER_RIM + 2)) > 0)


def _close_to(core: Mask, reach: float) -> NDArray[np.float32]:
    """(H, W) 1 beside the core, 0 from `reach` pixels on."""
    far = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
    share = np.minimum(far / max(reach, 1.0), 1)
    return np.asarray(np.clip(1.5 - 1.5 * share, 0, 1), dtype=np.float32)


def _goes_on(labels: NDArray[np.uint8], core: Mask) -> Mask:
    """Legs for the trunk, the trunk for a leg: cloth goes on there, nothing lies in front."""
    part = int(labels[core][0]) if core.any() else HEAD
    if part == TORSO:
        return np.asarray(np.isin(labels, _LEGS))
    return np.asarray((labels == TORSO) & (part in _LEGS))


def _unlike_core(figure: Figure, labels: NDArray[np.uint8], core: Mask) -> Mask:
    """Where the picture shows something else than the core goes on with: a hem above trousers."""
    strangers = (labels != 255) & ~core & (labels != TORSO)
    own = core & (cv2.dilate(strangers.astype(np.uint8), _disc(_OCCLUDER_RIM)) == 0)
    carried_on = push_pull(figure.image, own.astype(np.float32))
    gap = np.abs(carried_on - figure.image).max(-1)
    unlike = cv2.morphologyEx((gap > UNLIKE).astype(np.uint8), cv2.MORPH_CLOSE, _disc(2))
    return np.asarray(cv2.dilate(unlike, _disc(1)) > 0)


def _kept_pad(
    part: int, figure: Figure, labels: NDArray[np.uint8], capsules: list[Capsule]
) -> tuple[Mask, NDArray[np.float32]]:
    """Pixels of kinematic neighbours that a layer shows as well, and how they fade out.

    Returns:
        mask (H, W) and opacity (H, W), 1 beside the core and 0 at the pad's far edge.
    """
    shape = labels.shape
    core = labels == part
    width: float | NDArray[np.float32]
    zone: Mask = np.zeros(shape, dtype=bool)
    if part == TORSO:
        width = 0.45 * figure.unit * (1 + _between_legs(figure, shape))
        for leg in _LEGS:
            zone |= labels == leg
        neck = figure.point("neck")
        near = distance_to_segment(shape, neck, neck - np.array([0, 0.3 * figure.unit]))
        zone |= (labels == HEAD) & (near < 0.4 * figure.unit)
    elif part == HEAD:
        width = 0.45 * figure.unit
        neck = figure.point("neck")
        near = distance_to_segment(shape, neck - np.array([0, 0.4 * figure.unit]), neck)
        zone = (labels == TORSO) & (near < 0.6 * figure.unit)
    else:
        root = next(c for c in capsules if c.part == part and c.place == 0)
        width = root.radius * (1.1 if part in _ARMS else 1.4)
        near = distance_to_segment(shape, root.start, root.start + 0.3 * (root.end - root.start))
        reach = 1.25 if part in _ARMS else 1.15
        zone = (labels == TORSO) & (near < reach * root.radius)
    far = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
    zone &= far < width
    fade = np.clip((1.15 if part != TORSO else 2.0) * (1.06 - far / width), 0, 1)
    return zone, (fade * fade * (3 - 2 * fade)).astype(np.float32)


def _between_legs(figure: Figure, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(H, W) 1 below the middle of the hips, where cloth hangs from both, 0 at either hip."""
    left, right = figure.point("left_hip")[0], figure.point("right_hip")[0]
    reach = max(0.5 * abs(left - right), 0.2 * figure.unit)
    across = (np.arange(shape[1], dtype=np.float32) + 0.5 - 0.5 * (left + right)) / reach
    return np.broadcast_to(np.exp(-2 * across**2), shape).astype(np.float32)


def _hidden_pad(
    part: int, figure: Figure, labels: NDArray[np.uint8], capsules: list[Capsule]
) -> Mask:
    """Where the part goes on behind something that lies in front of it."""
    if part == TORSO:
        return _hidden_trunk(figure, labels)
    shape = labels.shape
    covered: Mask = np.zeros(shape, dtype=bool)
    mine = [c for c in capsules if c.part == part]
    inside: Mask = np.zeros(shape, dtype=bool)
    for capsule in mine:
        near = distance_to_segment(shape, capsule.start, capsule.end)
        inside |= near < 0.9 * capsule.radius
    others: tuple[int, ...] = _ARMS
    if part in _LEGS:
        others = (*_ARMS, *_LEGS)
    for other in others:
        if other != part:
            covered |= labels == other
    if part in _LEGS:  # behind a skirt, a coat, a long shirt
        hips = max(figure.point("left_hip")[1], figure.point("right_hip")[1])
        below = np.arange(shape[0])[:, None] > hips + 0.3 * figure.unit
        covered |= (labels == TORSO) & below
    return covered & inside


def _hidden_trunk(figure: Figure, labels: NDArray[np.uint8]) -> Mask:
    """The trunk behind arms and head: all of its outline, without holes, slots or spikes."""
    core = labels == TORSO
    covered: Mask = np.isin(labels, (*_ARMS, HEAD))
    outside = outside_polygon(labels.shape, torso_polygon(figure))
    beside = (outside < 0.22 * figure.unit) & _reachable(core, covered, round(0.55 * figure.unit))
    whole = core | np.isin(labels, _LEGS) | (covered & (beside | (outside < 1)))
    whole = _without_holes(_closed(whole, round(0.1 * figure.unit))) & (labels != 255)
    disc = _disc(max(1, round(0.1 * figure.unit)))
    smooth = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    to_trunk, to_legs = (
        cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
        for mask in (core, np.isin(labels, _LEGS))
    )
    return np.asarray(smooth & covered & (to_trunk <= to_legs))


def _closed(mask: Mask, radius: int) -> Mask:
    disc = _disc(max(1, radius))
    margin = max(1, radius) + 1
    wide = np.pad(mask.astype(np.uint8), margin, mode="edge")
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, disc)
    return np.asarray(closed[margin:-margin, margin:-margin] > 0)


def _without_holes(mask: Mask) -> Mask:
    """Every piece of the rest that does not reach the border belongs to the mask."""
    _, pieces = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    border = np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])
    return np.asarray(mask | ~np.isin(pieces, np.unique(border)))


def _reflected(filled: NDArray[np.float32], own: Mask, hidden: Mask) -> NDArray[np.float32]:
    """Fill hidden pixels with the core's pixels at the same distance inside its edge."""
    column = np.broadcast_to(np.arange(own.shape[1]), own.shape)
    before = np.maximum.accumulate(np.where(own, column, -(10**6)), axis=1)
    after = np.minimum.accumulate(np.where(own, column, 10**6)[:, ::-1], axis=1)[:, ::-1]
    to_left, to_right = column - before, after - column
    source = np.where(to_left <= to_right, before - to_left, after + to_right)
    gap = np.minimum(to_left, to_right)
    inside = (source >= 0) & (source < own.shape[1])
    source = np.clip(source, 0, own.shape[1] - 1)
    inside &= np.take_along_axis(own, source, axis=1) & hidden
    copied = np.take_along_axis(filled, source[..., None].repeat(3, axis=2), axis=1)
    strength = np.where(inside, np.clip(1.5 - gap / (0.25 * own.shape[1]), 0, 1), 0)
    strength = cv2.GaussianBlur(strength.astype(np.float32), (0, 0), 1.5)
    strength = np.where(inside, strength, 0)[..., None]
    return np.asarray(filled * (1 - strength) + copied * strength, dtype=np.float32)


def _reachable(core: Mask, covered: Mask, reach: int) -> Mask:
    """Covered pixels with the core in the same row, at most `reach` away, nothing else between."""
    column = np.broadcast_to(np.arange(core.shape[1]), core.shape)
    found: Mask = np.zeros(core.shape, dtype=bool)
    for flip in (False, True):
        inner, other = (core[:, ::-1], covered[:, ::-1]) if flip else (core, covered)
        last_core = np.maximum.accumulate(np.where(inner, column, -(10**6)), axis=1)
        last_gap = np.maximum.accumulate(np.where(~inner & ~other, column, -(10**6)), axis=1)
        near = (last_core > last_gap) & (column - last_core <= reach)
        found |= near[:, ::-1] if flip else near
    return found & covered


def _disc(radius: int) -> NDArray[np.uint8]:
    kernel: NDArray[np.uint8] = cv2.getStructuringElement(
        cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)
    ).astype(np.uint8)
    return kernel
