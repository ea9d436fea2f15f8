"""Two-bone inverse kinematics: feet reach their targets, bones keep their length, knees bend on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.motion.leg_ik import leg_length, reach

SIDES = ("left", "right")
UPRIGHT = Rotation.from_euler("x", 90, degrees=True).as_matrix()


def legs(side: str, bend: float | np.ndarray = 0.6, swing: float | np.ndarray = -0.3):
    """(T, 24, 3, 3) local rotations and (T, 3): a dancer with one leg bent at hip and knee."""
    bend, swing = np.broadcast_arrays(np.atleast_1d(bend), swing)
    local = np.tile(np.eye(3), (len(bend), 24, 1, 1))
    local[:, 0] = UPRIGHT
    for joint, angles in (("hip", swing), ("knee", bend)):
        about_x = Rotation.from_rotvec(np.outer(angles, [1.0, 0, 0]))
        local[:, JOINT[f"{side}_{joint}"]] = about_x.as_matrix()
    return local, np.tile([0.2, -0.1, 0.95], (len(bend), 1))


def placed(side: str, local, trans, turns):
    """Positions (T, 24, 3) after the global turns of hip, knee and ankle are put into the pose."""
    _, globals_ = forward_kinematics(local, trans)
    new = local.copy()
    above = globals_[:, 0]
    for name in ("hip", "knee", "ankle"):
        new[:, JOINT[f"{side}_{name}"]] = np.swapaxes(above, -1, -2) @ turns[name]
        above = turns[name]
    return forward_kinematics(new, trans)[0]


def at(positions, side: str, *names: str):
    return [positions[:, JOINT[f"{side}_{name}"]] for name in names]


@pytest.mark.parametrize("side", SIDES)
def test_lengths_are_those_of_the_table(side):
    thigh, shin = leg_length(side)
    assert thigh == pytest.approx(np.sqrt((OFFSETS[JOINT[f"{side}_knee"]] ** 2).sum()))
    assert shin == pytest.approx(np.sqrt((OFFSETS[JOINT[f"{side}_ankle"]] ** 2).sum()))
    assert 0.38 < thigh < 0.40 and 0.42 < shin < 0.43


@pytest.mark.parametrize("side", SIDES)
def test_targets_where_the_foot_is_change_nothing(side):
    local, trans = legs(side)
    positions, globals_ = forward_kinematics(local, trans)
    ankle, toes = at(positions, side, "ankle", "foot")
    turns = reach(side, positions, globals_, ankle, toes)
    for name in ("hip", "knee", "ankle"):
        np.testing.assert_allclose(turns[name], globals_[:, JOINT[f"{side}_{name}"]], atol=0.02)
    back = placed(side, local, trans, turns)
    np.testing.assert_allclose(back, positions, atol=0.005)


@settings(max_examples=60, deadline=None)
@given(
    side=st.sampled_from(SIDES),
    bend=st.floats(0.05, 2.2),
    swing=st.floats(-1.2, 0.6),
    direction=st.tuples(*[st.floats(-1, 1)] * 3),
    share=st.floats(0.3, 0.995),
    yaw=st.floats(-2, 2),
)
def test_any_target_within_reach_is_met_with_bones_of_their_length(
    side, bend, swing, direction, share, yaw
):
    """The ankle within a tenth of a millimetre, thigh and shin to the micrometre, toes in line."""
    local, trans = legs(side, bend, swing)
    positions, globals_ = forward_kinematics(local, trans)
    hip, ankle, toes = at(positions, side, "hip", "ankle", "foot")
    way = np.array(direction) * [0.5, 0.5, 0.3] + [0, 0, -1]
    target = hip + share * sum(leg_length(side)) * way / np.linalg.norm(way)
    aim = target + Rotation.from_euler("z", yaw).apply(toes - ankle)
    moved = placed(side, local, trans, reach(side, positions, globals_, target, aim))
    new_hip, new_knee, new_ankle, new_toes = at(moved, side, "hip", "knee", "ankle", "foot")
    np.testing.assert_allclose(new_hip, hip, atol=1e-9)
    np.testing.assert_allclose(new_ankle, target, atol=1e-4)
    thigh, shin = leg_length(side)
    assert np.linalg.norm(new_knee - new_hip) == pytest.approx(thigh, abs=1e-6)
    assert np.linalg.norm(new_ankle - new_knee) == pytest.approx(shin, abs=1e-6)
    np.testing.assert_allclose(new_toes, aim, atol=1e-3)


@pytest.mark.parametrize("side", SIDES)
def test_turns_are_rotations(side):
    local, trans = legs(side, np.linspace(0, 2, 9))
    positions, globals_ = forward_kinematics(local, trans)
    move = np.array([0.1, -0.2, 0.1])
    ankle, toes = (place + move for place in at(positions, side, "ankle", "foot"))
    for turn in reach(side, positions, globals_, ankle, toes).values():
        np.testing.assert_allclose(
            turn @ np.swapaxes(turn, -1, -2), np.eye(3) + 0 * turn, atol=1e-9
        )
        np.testing.assert_allclose(np.linalg.det(turn), 1, atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("share", [1.2, 3.0])
def test_out_of_reach_is_met_in_direction_only(side, share):
    local, trans = legs(side)
    positions, globals_ = forward_kinematics(local, trans)
    hip, ankle, toes = at(positions, side, "hip", "ankle", "foot")
    way = np.array([[0.3, -0.4, -0.866]]) / np.linalg.norm([0.3, -0.4, -0.866])
    whole = sum(leg_length(side))
    target = hip + share * whole * way
    turns = reach(side, positions, globals_, target, target + toes - ankle)
    (new_ankle,) = at(placed(side, local, trans, turns), side, "ankle")
    np.testing.assert_allclose(new_ankle, hip + 0.999 * whole * way, atol=1e-4)


@pytest.mark.parametrize("side", SIDES)
def test_a_target_inside_the_hip_folds_the_leg_and_stays_finite(side):
    local, trans = legs(side)
    positions, globals_ = forward_kinematics(local, trans)
    hip, ankle, toes = at(positions, side, "hip", "ankle", "foot")
    turns = reach(side, positions, globals_, hip + 1e-9, hip + toes - ankle)
    assert all(np.isfinite(turn).all() for turn in turns.values())
    moved = placed(side, local, trans, turns)
    assert np.linalg.norm(at(moved, side, "ankle")[0] - hip) < 0.06


@pytest.mark.parametrize("side", SIDES)
def test_knees_bend_forward_also_from_a_straight_leg(side):
    """Lifting the foot of a straight leg must bring the knee to the front (-y), never the back."""
    local, trans = legs(side, 0.0, 0.0)
    positions, globals_ = forward_kinematics(local, trans)
    ankle, toes = at(positions, side, "ankle", "foot")
    lift = np.array([0, 0, 0.2])
    turns = reach(side, positions, globals_, ankle + lift, toes + lift)
    hip, knee, foot = at(placed(side, local, trans, turns), side, "hip", "knee", "ankle")
    assert ((hip + foot) / 2 - knee)[0, 1] > 0.1


@pytest.mark.parametrize("side", SIDES)
def test_a_knee_turned_out_stays_turned_out(side):
    """The knee keeps its side: a thigh rolled outwards by a quarter bends the knee sideways."""
    local, trans = legs(side)
    roll = Rotation.from_euler("y", 90 if side == "left" else -90, degrees=True).as_matrix()
    local[:, JOINT[f"{side}_hip"]] = roll @ local[:, JOINT[f"{side}_hip"]]
    positions, globals_ = forward_kinematics(local, trans)
    ankle, toes = at(positions, side, "ankle", "foot")
    lift = np.array([0, 0, 0.05])
    turns = reach(side, positions, globals_, ankle + lift, toes + lift)
    moved = placed(side, local, trans, turns)
    out = 1 if side == "left" else -1
    for place in (positions, moved):
        hip, knee, foot = at(place, side, "hip", "knee", "ankle")
        aside = (knee - (hip + foot) / 2)[0]
        assert aside[0] * out > 0.5 * np.linalg.norm(aside)


def test_a_smooth_way_of_the_target_gives_smooth_knees():
    """A leg that passes through straight: the knee never jumps more than the target allows."""
    local, trans = legs("left", 0.05 * np.ones(240), -0.02)
    positions, globals_ = forward_kinematics(local, trans)
    ankle, toes = at(positions, "left", "ankle", "foot")
    lift = 0.05 * np.sin(np.linspace(0, 4 * np.pi, 240))[:, None] * [0, 0, 1.0]
    turns = reach("left", positions, globals_, ankle + lift, toes + lift)
    (knee,) = at(placed("left", local, trans, turns), "left", "knee")
    steps = np.linalg.norm(np.diff(knee, axis=0), axis=-1)
    assert steps.max() < 0.03


def test_world_yaw_turns_the_answer_along():
    spin = Rotation.from_euler("z", 1.1).as_matrix()
    local, trans = legs("right", [0.4, 0.9], -0.5)
    positions, globals_ = forward_kinematics(local, trans)
    move = np.array([0.05, 0.1, 0.03])
    ankle, toes = (place + move for place in at(positions, "right", "ankle", "foot"))
    plain = reach("right", positions, globals_, ankle, toes)
    spun = reach(
        "right", positions @ spin.T, spin @ globals_, ankle @ spin.T, toes @ spin.T
    )  # fmt: skip
    for name, turn in plain.items():
        np.testing.assert_allclose(spun[name], spin @ turn, atol=1e-9)
