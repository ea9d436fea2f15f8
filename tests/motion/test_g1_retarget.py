"""Dances onto the robot: within its limits, limbs where the dancer's are, feet on the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.motion.formats import load_motion
from pipelines.motion.g1_retarget import lowest_soles, onto_g1
from pipelines.motion.g1_robot import G1, G1_LIMITS, g1_pose


def test_standing_is_standing(standing):
    found = onto_g1(standing(3), OFFSETS)
    assert np.degrees(found.off).max() < 5, "its ankles do not spread as our rest does"
    places, _ = g1_pose(found.angles, found.turn, found.place)
    assert places[0, G1["left_elbow"], 0] > 0.25 > -0.25 > places[0, G1["right_elbow"], 0]
    assert places[0, G1["left_elbow"], 2] == pytest.approx(
        places[0, G1["left_shoulder_roll"], 2], abs=0.03
    ), "level arms"
    np.testing.assert_allclose(found.turn[0] @ [1, 0, 0], [0, -1, 0], atol=1e-6)
    np.testing.assert_allclose(lowest_soles(found.angles, found.turn, found.place), 0, atol=0.01)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_bent_knee_and_a_raised_arm_are_bent_and_raised(standing, side):
    poses = standing(2).poses.copy()
    poses[:, JOINT[f"{side}_hip"], 0], poses[:, JOINT[f"{side}_knee"], 0] = -0.8, 1.2
    poses[:, JOINT[f"{side}_shoulder"], 2] = 1.0 if side == "left" else -1.0
    found = onto_g1(replace(standing(2), poses=poses), OFFSETS)
    assert found.angles[-1, G1[f"{side}_knee"]] == pytest.approx(1.2, abs=0.15)
    assert found.angles[-1, G1[f"{side}_hip_pitch"]] < -0.6
    places, _ = g1_pose(found.angles, found.turn, found.place)
    arm = places[-1, G1[f"{side}_elbow"]] - places[-1, G1[f"{side}_shoulder_roll"]]
    assert arm[2] > 0.12


def test_a_real_dance_keeps_the_limits_and_the_floor(real_motion):
    motion = load_motion(real_motion("g1-moves-26-bvh30-ccby4", "B_DadDance.bvh"))
    part = motion.resampled(30.0).sliced(300, 420)
    found = onto_g1(part, OFFSETS)
    low, high = G1_LIMITS.T
    assert (found.angles >= low).all() and (found.angles <= high).all()
    assert np.degrees(found.off).mean() < 1.5 and np.degrees(found.off).max() < 12
    assert np.abs(np.diff(found.angles, axis=0)).max() * 30 < 20, "radians a second"
    soles = lowest_soles(found.angles, found.turn, found.place)
    assert abs(np.median(soles)) < 0.02
    assert found.limited.shape == (29,) and (found.limited <= 1).all()


def test_what_no_robot_can_do_ends_at_its_limits(standing):
    poses = standing(40).poses.copy()
    poses[:, JOINT["spine1"], 0] = np.linspace(0, 1.4, 40)  # bends far forward in the waist
    found = onto_g1(replace(standing(40), poses=poses), OFFSETS)
    assert found.angles[-1, G1["waist_pitch"]] == pytest.approx(0.52)
    assert found.limited[G1["waist_pitch"]] > 0.2
