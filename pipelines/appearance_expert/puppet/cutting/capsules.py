"""Capsules around bones: distances, radii fitted to the matte, and the outline they make."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    CHAINS,
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    LEGS,
    RIGHT_ARM,
    RIGHT_LEG,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure

Point = NDArray[np.float64]

# Radii in half shoulder widths, for loose clothing: docs/reference/puppet.md#bones-with-thickness.
_ARM_RADII = (0.44, 0.38, 0.32)
_LEG_RADII = (0.60, 0.44, 0.40)
_HEAD_RADIUS = 0.66
_TWINS = {LEFT_ARM: RIGHT_ARM, RIGHT_ARM: LEFT_ARM, LEFT_LEG: RIGHT_LEG, RIGHT_LEG: LEFT_LEG}


@dataclass(frozen=True)
class Capsule:
    """A bone with thickness: `part` it belongs to, its place in the chain, ends and radius."""

    part: int
    place: int
    start: Point
    end: Point
    radius: float


def distance_to_segment(shape: tuple[int, ...], start: Point, end: Point) -> NDArray[np.float32]:
    """(H, W) distance of every pixel centre to the segment from start to end, in pixels."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    dx, dy = (end - start).astype(np.float32)
    px, py = x + np.float32(0.5 - start[0]), y + np.float32(0.5 - start[1])
    along = np.clip((px * dx + py * dy) / max(float(dx * dx + dy * dy), 1e-6), 0, 1)
    return np.asarray(np.hypot(px - along * dx, py - along * dy), dtype=np.float32)


def head_capsule(figure: Figure) -> Capsule:
    """The head: from the chin to below the crown, as wide as the matte allows."""
    neck = figure.point("neck")
    middle = 0.5 * (figure.point("left_ear") + figure.point("right_ear"))
    middle = 0.5 * (middle + figure.point("head"))
    axis = middle - neck
    length = max(float(np.linalg.norm(axis)), 0.5 * figure.unit)
    axis = axis / length if length > 1e-6 else np.array([0.0, -1.0])
    radius = max(_HEAD_RADIUS * figure.unit, 0.55 * length)
    return Capsule(HEAD, 0, neck + axis * 0.75 * length, neck + axis * 1.35 * length, radius)


def limb_capsules(figure: Figure) -> list[Capsule]:
    """Three capsules per dancing limb, their radii fitted to the matte."""
    bones: dict[tuple[int, int], tuple[Point, Point, float]] = {}
    for part in figure.limbs:
        chain = [figure.point(name) for name in CHAINS[part]]
        prior = _LEG_RADII if part in LEGS else _ARM_RADII
        for place in range(3):
            start, end = chain[place], chain[place + 1]
            if place == 2 and part in ARMS:
                end = start + 1.7 * (end - start)  # fingers reach beyond the hand's point
            radius = _fit_radius(figure.matte, start, end, prior[place] * figure.unit)
            if place == 2:
                radius = max(radius, 0.8 * prior[place] * figure.unit)
            bones[part, place] = (start, end, radius)
    capsules = []
    for (part, place), (start, end, radius) in bones.items():
        twin = bones.get((_TWINS[part], place))
        if twin is not None:  # one of them may lie before the torso, where no edge is seen
            radius = min(radius, 1.2 * twin[2])
        capsules.append(Capsule(part, place, start, end, radius))
    return capsules


def _fit_radius(matte: NDArray[np.float32], start: Point, end: Point, prior: float) -> float:
    """Half the width of the matte across the bone: median of the nearer side, near the prior."""
    axis = end - start
    length = float(np.linalg.norm(axis))
    if length < 2:
        return prior
    normal = np.array([-axis[1], axis[0]]) / length
    reach = np.arange(0, 2 * prior, 1.0)
    widths = []
    for share in np.linspace(0.25, 0.9, 9):
        sides = []
        for sign in (-1, 1):
            path = start + share * axis + sign * reach[:, None] * normal
            column = np.clip(path[:, 0].astype(int), 0, matte.shape[1] - 1)
            row = np.clip(path[:, 1].astype(int), 0, matte.shape[0] - 1)
            outside = matte[row, column] < 0.5
            sides.append(float(reach[outside.argmax()]) if outside.any() else 2 * prior)
        widths.append(min(sides))
    return float(np.clip(np.median(widths) * 1.1 + 1, 0.42 * prior, 1.35 * prior))


def torso_polygon(figure: Figure) -> Point:
    """Corners of the trunk, clockwise from the right shoulder, inside the arms. Shape: (6, 2)."""
    left, right = figure.point("left_shoulder"), figure.point("right_shoulder")
    left_hip, right_hip = figure.point("left_hip"), figure.point("right_hip")
    neck = figure.point("neck")
    inward = 0.10 * (left - right)
    outward = 0.22 * (left_hip - right_hip)
    return np.array([
        right + inward, neck + 0.25 * (right - neck) , neck + 0.25 * (left - neck), left - inward,
        left_hip + outward, right_hip - outward,
    ])  # fmt: skip


def outside_polygon(shape: tuple[int, ...], corners: Point) -> NDArray[np.float32]:
    """(H, W) distance to the polygon, 0 inside, in pixels."""
    mask = np.ones(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 0)
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5), dtype=np.float32)
