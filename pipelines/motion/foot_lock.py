"""Feet that stand still when they stand: locking, floor, and the whole clean-up of a dance.

Shapes: T frames, J = 24 joints, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from pipelines.body.feet import SOLE_DEPTH, foot_heights
from pipelines.body.rotations import matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS, JOINT, OFFSETS, forward_kinematics
from pipelines.motion.contacts import Spans, contact_spans
from pipelines.motion.drift import in_place
from pipelines.motion.footwork import stepping
from pipelines.motion.grounding import on_floor, settled
from pipelines.motion.leg_ik import leg_length, reach
from pipelines.motion.motion import Motion
from pipelines.motion.smoothing import smoothed
from pipelines.motion.swing import swing_lift

Floats = NDArray[np.float64]

_EASE_SECONDS = 0.2
_STANDING_HEIGHT = 0.02
"""A planted foot point may stay this far above its height in the standing rest pose, metres."""
_HOVERING, _HOVERING_SECONDS = 0.1, 1.0
"""Metres that a foot may hover over the floor without meaning it, and seconds that it does."""
_TOES_FLEX = 0.015
"""How far an ankle may sink below its standing height before it counts as in the floor."""


def clean_up(motion: Motion, contacts: NDArray[np.floating[Any]] | None = None) -> Motion:
    """What a viewer expects of a generated dance: no tremble, in frame, on the floor, no skating.

    Args:
        motion: the dance.
        contacts: (T, 4) contact probabilities as the model gives them, or None to find them.
    """
    calm = settled(on_floor(smoothed(motion)))
    return lock_feet(in_place(stepping(both_feet_down(calm))), contacts)


def both_feet_down(motion: Motion) -> Motion:
    """The motion with a foot that always hovers a little, beside one that stands, brought down.

    A foot that is held up on purpose hovers higher than `_HOVERING` and stays. Floor at z = 0.
    """
    heights = foot_heights(motion.joints())
    height = np.minimum(heights[:, :2], heights[:, 2:])
    window = 2 * round(_HOVERING_SECONDS * motion.fps / 2) + 1
    hover = np.maximum(minimum_filter1d(height, window, axis=0, mode="nearest"), 0)
    hover *= np.clip(2 - hover / _HOVERING, 0, 1)
    hover = gaussian_filter1d(hover, 0.25 * window, axis=0, mode="nearest")
    if hover.max() < _STANDING_HEIGHT:
        return motion
    positions = forward_kinematics(motion.rotations(), motion.trans.astype(np.float64))[0]
    targets = positions[:, list(FOOT_JOINTS)]
    targets[..., 2] -= np.tile(hover, 2)
    return with_feet(motion, targets)


def lock_feet(motion: Motion, contacts: NDArray[np.floating[Any]] | None = None) -> Motion:
    """Hold each planted ankle and toe joint in its place and lift feet out of the floor (z = 0).

    Between contacts the correction eases out and in over 0.2 s, and a foot that travels there while
    the other one bears the body is raised (`swing`). Legs are bent by analytic IK;
    where a leg is too short to reach, the pelvis sinks.
    """
    if motion.frames < 2:
        return motion
    positions = forward_kinematics(motion.rotations(), motion.trans.astype(np.float64))[0]
    spans = contact_spans(positions, motion.fps, contacts)
    targets = _targets(positions, spans, motion.fps)
    targets[..., 2] += np.tile(swing_lift(targets, motion.fps), 2)
    return with_feet(motion, targets)


def with_feet(motion: Motion, targets: Floats) -> Motion:
    """The motion with its four foot points at `targets` (T, 4, 3) as far as the legs reach."""
    rotations = motion.rotations()
    trans = motion.trans.astype(np.float64)
    positions = forward_kinematics(rotations, trans)[0]
    trans[:, 2] += _sink(positions, targets, motion.fps)
    positions, turned = forward_kinematics(rotations, trans)
    for number, side in enumerate(("left", "right")):
        leg = reach(side, positions, turned, targets[:, number], targets[:, number + 2])
        parent = turned[:, JOINT["pelvis"]]
        for name in ("hip", "knee", "ankle"):
            rotations[:, JOINT[f"{side}_{name}"]] = np.swapaxes(parent, -1, -2) @ leg[name]
            parent = leg[name]
    return replace(
        motion,
        poses=matrix_to_axis_angle(rotations).astype(np.float32),
        trans=trans.astype(np.float32),
    )


def _targets(positions: Floats, spans: list[Spans], fps: float) -> Floats:
    """Where the four foot points should be: (T, 4, 3)."""
    feet = positions[:, list(FOOT_JOINTS)]
    ease = max(2, round(_EASE_SECONDS * fps))
    moves, weights = np.zeros_like(feet), np.zeros(feet.shape[:2])
    for point in range(4):
        moves[:, point], weights[:, point] = _lock(
            feet[:, point], spans[point], ease, float(SOLE_DEPTH[point])
        )
    # A foot of which one point is held moves as a whole; with both held, each keeps its place.
    other = [2, 3, 0, 1]
    targets = feet + moves + (1 - weights[..., None]) * moves[:, other]
    floor = SOLE_DEPTH - np.array([_TOES_FLEX, _TOES_FLEX, 0, 0])
    targets[..., 2] = np.maximum(targets[..., 2], floor)
    for ankle, toes in ((0, 2), (1, 3)):
        targets[:, toes] = on_foot(targets[:, ankle], targets[:, toes], FOOT_JOINTS[toes])
    return np.asarray(targets)


def on_foot(ankle_T3: Floats, toes_T3: Floats, joint: int) -> Floats:
    """The toes' targets at the foot's length from the ankle, and not below the floor."""
    length = float(np.linalg.norm(OFFSETS[joint]))
    foot = toes_T3 - ankle_T3
    foot *= length / np.maximum(np.linalg.norm(foot, axis=-1, keepdims=True), 1e-9)
    rise = np.clip(np.maximum(foot[:, 2], -ankle_T3[:, 2]), -length, length)
    level = np.linalg.norm(foot[:, :2], axis=-1)
    foot[:, :2] *= (np.sqrt(length**2 - rise**2) / np.maximum(level, 1e-9))[:, None]
    foot[:, 2] = rise
    result: Floats = ankle_T3 + foot
    return result


def _lock(
    places_T3: Floats, spans: Spans, ease: int, sole: float
) -> tuple[Floats, NDArray[np.float64]]:
    """How far to move one foot point (T, 3), and how firmly it is held (T,), 0 to 1."""
    moves, weights = np.zeros_like(places_T3), np.zeros(len(places_T3))
    for number, (start, stop) in enumerate(spans):
        anchor = np.median(places_T3[start:stop], axis=0)
        anchor[2] = np.clip(anchor[2], sole, max(sole + _STANDING_HEIGHT, 0))
        moves[start:stop] = anchor - places_T3[start:stop]
        weights[start:stop] = 1
        before = start - (spans[number - 1][1] if number else 0)
        after = (spans[number + 1][0] if number + 1 < len(spans) else len(places_T3)) - stop
        for edge, step, room in ((start, -1, before), (stop - 1, 1, after)):
            frames = edge + step * np.arange(1, min(ease, room) + 1)
            share = 1 - np.arange(1, len(frames) + 1) / (min(ease, room) + 1)
            share = share**2 * (3 - 2 * share)
            moves[frames] += share[:, None] * moves[edge]
            weights[frames] = np.maximum(weights[frames], share)
    return moves, weights


def _sink(positions: Floats, targets: Floats, fps: float) -> Floats:
    """How far (T,) the pelvis must go down, at most 0, so that both ankles reach their targets."""
    drop = np.zeros(len(positions))
    for number, side in enumerate(("left", "right")):
        hip, ankle = positions[:, JOINT[f"{side}_hip"]], targets[:, number]
        present = np.linalg.norm(positions[:, JOINT[f"{side}_ankle"]] - hip, axis=-1)
        longest = np.maximum(0.998 * sum(leg_length(side)), present)
        level = np.linalg.norm(hip[:, :2] - ankle[:, :2], axis=-1)
        highest = ankle[:, 2] + np.sqrt(np.maximum(longest**2 - level**2, 0))
        drop = np.minimum(drop, highest - hip[:, 2])
    widest = minimum_filter1d(drop, max(1, round(0.15 * fps)) * 2 + 1)
    return np.asarray(gaussian_filter1d(widest, 0.08 * fps), dtype=np.float64)
