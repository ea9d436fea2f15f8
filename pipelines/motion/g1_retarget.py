"""A dance onto the Unitree G1: joint angles within the robot's limits.

Limbs are to point as the dancer's do, feet to lie as theirs, the chest to stand as theirs. Each
frame's angles are found by damped Gauss-Newton from those of the frame before; where a joint
reaches its limit, the others do what they can (docs/reference/body.md#unitree-g1).

Shapes: T frames, R = 29 joints, W wishes: unit vectors that should come to lie on others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import foot_heights, level_of
from pipelines.body.skeleton import JOINT, forward_kinematics
from pipelines.motion.g1_robot import (
    G1,
    G1_LIMITS,
    SOLES,
    carried_by,
    g1_axes,
    g1_pose,
)
from pipelines.motion.motion import Motion
from pipelines.motion.rest_pose import reposed

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

TO_BODY: Floats = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""From the robot's axes (forward, left, up) to our rest body's (left, up, forward)."""
_HIPS = np.array([0.0, 0.0, 0.133165])
"""From the middle of the robot's hips up to its pelvis."""
_LEG = 0.62371
"""Metres from the robot's hip to its ankle when the leg is straight."""
_ROUNDS, _FIRST_ROUNDS = 4, 40
_DAMPING, _HOLD, _REACH = 1e-3, 0.1, 0.4
_STAND = np.zeros(len(G1))
_STAND[[G1["left_elbow"], G1["right_elbow"]]] = 1.0
_STAND[[G1["left_knee"], G1["right_knee"]]] = 0.3
_STAND[[G1["left_hip_pitch"], G1["right_hip_pitch"]]] = -0.15


@dataclass(frozen=True)
class _Wish:
    """A direction of the robot's: from one joint to another, or an axis of one joint's link.

    Attributes:
        end: the joint at its end, or whose link it belongs to.
        start: the joint at its beginning; None: an axis.
        axis: of the link.
        weight: of its error.
    """

    end: int
    start: int | None = None
    axis: int = 0
    weight: float = 1.0


@dataclass(frozen=True)
class G1Dance:
    """A dance of the robot.

    Attributes:
        place: (T, 3) pelvis, metres, z up. turn: (T, 3, 3) of the pelvis.
        angles: (T, 29) radians. fps: frames per second.
        limited: share of frames in which a joint is at its limit, by joint (29,).
        off: (T, L) radians between limbs and those of the dancer.
    """

    place: Floats
    turn: Floats
    angles: Floats
    fps: float
    limited: Floats
    off: Floats


def onto_g1(motion: Motion, offsets_J3: Array) -> G1Dance:
    """The dance with the robot's limbs, its feet on the floor that the dancer's feet have.

    Args:
        motion: the dance, at the frame rate that the robot's shall have.
        offsets_J3: (24, 3) rest offsets of the body that dances.
    """
    told = reposed(motion.rotations(), offsets_J3)
    joints, turns = forward_kinematics(told.rotations, motion.trans, told.offsets)
    pelvis = turns[:, 0] @ TO_BODY
    wishes, wanted = _wishes(turns)
    angles = _solved(pelvis, wishes, wanted)
    legs = np.linalg.norm(told.offsets[[JOINT["left_knee"], JOINT["left_ankle"]]], axis=1).sum()
    hips = joints[:, [JOINT["left_hip"], JOINT["right_hip"]]].mean(1) * (_LEG / legs)
    place = hips + pelvis @ _HIPS
    place[:, 2] += level_of(foot_heights(motion.joints()).min(1)) - level_of(
        lowest_soles(angles, pelvis, place)
    )
    limited = (np.abs(angles[..., None] - G1_LIMITS) < 1e-6).any(-1).mean(0)
    return G1Dance(place, pelvis, angles, motion.fps, limited, _angles_off(pelvis, angles, wanted))


def lowest_soles(angles: Array, turn: Array, place: Array) -> Floats:
    """Height (T,) of the lowest point of the robot's feet."""
    places, turns = g1_pose(angles, turn, place)
    feet = [G1["left_ankle_roll"], G1["right_ankle_roll"]]
    soles = places[:, feet, None] + np.einsum("tfij,sj->tfsi", turns[:, feet], SOLES)
    return np.asarray(soles[..., 2].min((1, 2)))


_LIMBS = 8


def _wishes(turns_TJ33: Array) -> tuple[list[_Wish], Floats]:
    """What is wished of the robot, limbs first, and where each should point (T, W, 3)."""
    pairs = [*_limbs(turns_TJ33), *_rest(turns_TJ33)]
    return [wish for wish, _ in pairs], np.stack([aim for _, aim in pairs], axis=1)


def _limbs(turns: Array) -> Iterator[tuple[_Wish, Floats]]:
    """Thighs, shins, upper arms and forearms: _LIMBS of them."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip, knee, shoulder, elbow = (
            turns[:, JOINT[f"{side}_{name}"]] for name in ("hip", "knee", "shoulder", "elbow")
        )
        yield _Wish(G1[f"{side}_knee"], G1[f"{side}_hip_roll"], weight=2.0), -hip[..., 1]
        yield _Wish(G1[f"{side}_ankle_roll"], G1[f"{side}_knee"], weight=2.0), -knee[..., 1]
        yield _Wish(G1[f"{side}_elbow"], G1[f"{side}_shoulder_roll"]), sign * shoulder[..., 0]
        yield _Wish(G1[f"{side}_wrist_pitch"], G1[f"{side}_elbow"]), sign * elbow[..., 0]


def _rest(turns: Array) -> Iterator[tuple[_Wish, Floats]]:
    """Chest, feet, hands, and how limbs are turned about themselves, which counts least."""
    chest = turns[:, JOINT["spine3"]] @ TO_BODY
    for axis in (1, 2):
        yield _Wish(G1["waist_pitch"], axis=axis), chest[..., axis]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        foot = turns[:, JOINT[f"{side}_ankle"]] @ TO_BODY
        for axis in (0, 2):
            yield _Wish(G1[f"{side}_ankle_roll"], axis=axis, weight=0.7), foot[..., axis]
        hand = turns[:, JOINT[f"{side}_wrist"]]
        yield _Wish(G1[f"{side}_wrist_yaw"], axis=2, weight=0.2), hand[..., 2]
        yield _Wish(G1[f"{side}_wrist_yaw"], axis=0, weight=0.3), sign * hand[..., 0]
        yield _Wish(G1[f"{side}_hip_yaw"], axis=1, weight=0.2), turns[:, JOINT[f"{side}_hip"], :, 0]
        bends = sign * turns[:, JOINT[f"{side}_shoulder"], :, 1]
        yield _Wish(G1[f"{side}_shoulder_yaw"], axis=1, weight=0.2), bends


def _solved(pelvis: Array, wishes: Sequence[_Wish], wanted: Floats) -> Floats:
    """Angles (T, 29) within the limits that fulfil the wishes best.

    One frame after the other, each from the one before: what nothing fixes, as the turn of a
    straight limb about itself, stays as it was, and no joint jumps to another way of doing it.
    """
    table = _Table(wishes)
    angles = np.empty((len(pelvis), len(G1)))
    now = _STAND[None]
    for frame in range(len(pelvis)):
        here = slice(frame, frame + 1)
        before = 0.9 * now + 0.1 * _STAND
        for _ in range(_ROUNDS if frame else _FIRST_ROUNDS):
            now = _step(now, pelvis[here], table, wanted[here], before)
        angles[here] = now
    return angles


class _Table:
    """Wishes as arrays: ends (W,), starts (W,), which are axes (W,), axes (W,), weights (W,)."""

    def __init__(self, wishes: Sequence[_Wish]) -> None:
        self.ends = np.array([wish.end for wish in wishes])
        self.starts = np.array([wish.end if wish.start is None else wish.start for wish in wishes])
        self.axial = np.array([wish.start is None for wish in wishes])
        self.axes = np.array([wish.axis for wish in wishes])
        self.weights = np.array([wish.weight for wish in wishes])
        self.moves = carried_by()


def _step(angles: Floats, pelvis: Array, table: _Table, wanted: Floats, before: Array) -> Floats:
    """One round of Gauss-Newton; joints that press against their limits stay out of it."""
    places, turns = g1_pose(angles, pelvis, np.zeros((len(angles), 3)))
    error, slope = _errors(places, turns, table, wanted)
    pull = np.einsum("twx,twxr->tr", error, slope) + _HOLD**2 * (before - angles)
    low, high = G1_LIMITS.T
    free = ~(((angles <= low) & (pull < 0)) | ((angles >= high) & (pull > 0)))
    flat = (slope * free[:, None, None]).reshape(len(angles), -1, slope.shape[-1])
    normal = np.swapaxes(flat, -1, -2) @ flat + np.eye(len(G1)) * (_HOLD**2 + _DAMPING)
    moved = np.linalg.solve(normal, (pull * free)[..., None])[..., 0]
    stepped: Floats = np.clip(angles + np.clip(moved, -_REACH, _REACH), low, high)
    return stepped


def _errors(places: Floats, turns: Floats, table: _Table, wanted: Floats) -> tuple[Floats, Floats]:
    """Weighted errors (T, W, 3) and their slopes (T, W, 3, R) by the joints' angles."""
    axes = g1_axes(turns)
    bones = places[:, table.ends] - places[:, table.starts]
    lengths = np.where(table.axial, 1.0, np.linalg.norm(bones, axis=-1))[..., None]
    along = turns[:, table.ends, :, table.axes]
    if along.shape[0] != len(places):
        along = np.swapaxes(along, 0, 1)
    found = np.where(table.axial[:, None], along, bones / lengths)
    # By a joint k an axis moves as k's axis × it, a point as k's axis × its way from k.
    arms = places[:, :, None] - places[:, None]
    reach = np.cross(axes[:, None], arms) * table.moves[..., None]
    swung = np.cross(axes[:, None], along[:, :, None]) * table.moves[table.ends][..., None]
    pushed = (reach[:, table.ends] - reach[:, table.starts]) / lengths[..., None]
    change = np.where(table.axial[:, None, None], swung, pushed)
    error = table.weights[:, None] * (wanted - found)
    return error, np.swapaxes(change, -1, -2) * table.weights[:, None, None]


def _angles_off(pelvis: Array, angles: Floats, wanted: Floats) -> Floats:
    places, _ = g1_pose(angles, pelvis, np.zeros((len(angles), 3)))
    wishes = [wish for wish, _ in _limbs(np.tile(np.eye(3), (1, 24, 1, 1)))]
    bones = np.stack([places[:, w.end] - places[:, w.start] for w in wishes], axis=1)
    bones = bones / np.linalg.norm(bones, axis=-1, keepdims=True)
    return np.asarray(np.arccos(np.clip((bones * wanted[:, :_LIMBS]).sum(-1), -1, 1)))
