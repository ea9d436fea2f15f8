"""Least squares come back to the pose that made the landmarks, whatever it began with."""

from dataclasses import replace

import numpy as np
import pytest
from made_landmarks import FOCAL, HEIGHT, WIDTH, known_dance, landmarks_of

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.capture.chain import Build, posed
from pipelines.capture.markers import MARKS
from pipelines.capture.refine import Seen, Trust, refined
from pipelines.capture.start_pose import HINGES, start_pose
from pipelines.capture.way import way_before_camera
from pipelines.keypoints.skeletons import BLAZEPOSE

BUILD = Build.of(OFFSETS)
CLEAN = Trust(pose=50.0, stiff=10.0, calm=5.0, calm_way=5.0)


def seen_of(found, weight=1.0):
    marks = list(MARKS)
    ones = np.full((found.frames, len(marks)), weight)
    pixels = found.image[:, marks] - np.array([WIDTH, HEIGHT]) / 2
    return Seen(pixels, found.world[:, marks], ones, ones, FOCAL)


@pytest.fixture(scope="module")
def found():
    return landmarks_of(known_dance(30))


def off(result, found):
    marks = posed(*result, BUILD).marks
    pixels = marks[..., :2] / marks[..., 2:] * FOCAL + np.array([WIDTH, HEIGHT]) / 2
    return np.linalg.norm(pixels - found.image[:, list(MARKS)], axis=-1)


def test_exact_landmarks_are_met(found):
    begin = start_pose(found.world), np.tile([0.0, 0.0, 4.0], (30, 1))
    result = refined(*begin, seen_of(found), BUILD, 30.0, CLEAN, rounds=25)
    assert off(result, found).max() < 0.5
    assert off(begin, found).max() > 5


def test_joints_that_bend_one_way_never_bend_the_other(found):
    spoilt = replace(found, world=found.world * [1.0, 1.0, -1.0])
    rotations, _ = refined(
        start_pose(spoilt.world), np.tile([0.0, 0.0, 4.0], (30, 1)), seen_of(spoilt), BUILD, 30.0
    )
    for joint, axis in HINGES.items():
        side = np.cross(np.array(axis), [0.3, 0.5, 0.7])
        turned = rotations[:, joint] @ side
        assert (np.cross(side, turned) @ np.array(axis) > -1e-6).all()


def test_what_nobody_sees_follows_its_neighbours(found):
    seen = seen_of(found)
    seen.weight[12:16], seen.metric_weight[12:16] = 0, 0
    first = start_pose(found.world)
    about = posed(first, np.zeros((30, 3)), BUILD).marks
    way = way_before_camera(about, seen.pixels, seen.weight, FOCAL, 30.0)
    rotations, trans = refined(first, way, seen, BUILD, 30.0)
    assert np.isfinite(rotations).all()
    assert off((rotations, trans), found)[12:16].mean() < 6


def test_one_landmark_far_off_is_doubted(found):
    spoilt = found.image.copy()
    spoilt[:, 15] += 150
    result = refined(
        start_pose(found.world), np.tile([0.0, 0.0, 4.0], (30, 1)),
        seen_of(replace(found, image=spoilt)), BUILD, 30.0,
    )  # fmt: skip
    assert np.median(off(result, found)[:, MARKS.index(15)]) < 8


def test_clips_longer_than_a_chunk_are_fitted_alike():
    dance = known_dance(300)
    found = landmarks_of(dance)
    begin = start_pose(found.world), np.tile([0.0, 0.0, 4.0], (300, 1))
    result = refined(*begin, seen_of(found), BUILD, 30.0, rounds=4)
    assert np.median(off(result, found)[250:262]) < 3
    assert np.allclose(np.linalg.det(result[0]), 1.0)


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_arm_that_begins_elsewhere_is_not_doubted_for_good(found, side):
    first = start_pose(found.world)
    flung = axis_angle_to_matrix(np.array([0.0, 0.0, 2.2 if side == "left" else -2.2]))
    first[:, JOINT[f"{side}_shoulder"]] = flung @ first[:, JOINT[f"{side}_shoulder"]]
    begin = first, np.tile([0.0, 0.0, 4.0], (30, 1))
    wrist = MARKS.index(BLAZEPOSE[f"{side}_wrist"])
    assert off(begin, found)[:, wrist].min() > 40
    assert off(refined(*begin, seen_of(found), BUILD, 30.0), found)[:, wrist].max() < 10
