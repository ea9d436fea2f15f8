"""From the detector's landmarks to our points: order, doubt, depth, and silence on stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipelines.keypoints.blazepose import Sighting, points_of, quiet_stderr
from pipelines.keypoints.person import POINT
from pipelines.keypoints.skeletons import (
    BLAZEPOSE,
    BLAZEPOSE_FEET,
    BLAZEPOSE_KNUCKLES,
    TO_TOE_JOINT,
)

SIZE = (400, 600)
FRONTAL = {
    "nose": (0, -1.5), "left_eye": (0.05, -1.55), "right_eye": (-0.05, -1.55),
    "left_ear": (0.1, -1.5), "right_ear": (-0.1, -1.5), "left_shoulder": (0.2, -1.2),
    "right_shoulder": (-0.2, -1.2), "left_elbow": (0.3, -0.9), "right_elbow": (-0.3, -0.9),
    "left_wrist": (0.35, -0.6), "right_wrist": (-0.35, -0.6), "left_hip": (0.1, -0.7),
    "right_hip": (-0.1, -0.7), "left_knee": (0.1, -0.3), "right_knee": (-0.1, -0.3),
    "left_ankle": (0.1, 0.1), "right_ankle": (-0.1, 0.1),
}  # fmt: skip


def sighting(scale: float = 200.0, **leaning: float) -> Sighting:
    """Somebody seen from the front, flat; landmarks named lean `metres` away from us."""
    flat = np.zeros((33, 2))
    for name, place in FRONTAL.items():
        flat[BLAZEPOSE[name]] = place
    for side, sign in (("left", 1), ("right", -1)):
        ankle = flat[BLAZEPOSE[f"{side}_ankle"]]
        flat[BLAZEPOSE_FEET[f"{side}_foot"]] = ankle + np.array([0.05 * sign, 0.1])
        flat[BLAZEPOSE_FEET[f"{side}_heel"]] = ankle + np.array([0, 0.05])
        wrist = flat[BLAZEPOSE[f"{side}_wrist"]]
        for number, mark in enumerate(BLAZEPOSE_KNUCKLES[f"{side}_hand"]):
            flat[mark] = wrist + np.array([0.02 * sign * number, 0.08])
    metric = np.column_stack([flat - [0, -0.7], np.zeros(33)])
    for name, metres in leaning.items():
        metric[BLAZEPOSE[name], 2] = metres
    landmarks = flat * scale + (200, 400)
    return Sighting(landmarks, np.full(33, 0.95), metric, np.zeros(SIZE[::-1], np.float32))


def test_points_stand_where_the_landmarks_are():
    seen = sighting()
    points = points_of(seen, *SIZE)
    for name, index in BLAZEPOSE.items():
        np.testing.assert_allclose(points.get(name)[:2], seen.landmarks[index])
        assert points.confidence[POINT[name]] == 0.95
    assert (points.confidence > 0).all(), "the others follow from them"


def test_hands_lie_between_two_knuckles_and_toe_joints_before_the_tips():
    seen = sighting()
    points = points_of(seen, *SIZE)
    for side in ("left", "right"):
        knuckles = seen.landmarks[list(BLAZEPOSE_KNUCKLES[f"{side}_hand"])]
        np.testing.assert_allclose(points.get(f"{side}_hand")[:2], knuckles.mean(0))
        ankle = seen.landmarks[BLAZEPOSE[f"{side}_ankle"]]
        tip = seen.landmarks[BLAZEPOSE_FEET[f"{side}_foot"]]
        expected = ankle + TO_TOE_JOINT * (tip - ankle)
        np.testing.assert_allclose(points.get(f"{side}_foot")[:2], expected)


def test_what_is_doubted_or_cut_off_gets_no_confidence():
    seen = sighting()
    seen.visibility[BLAZEPOSE["left_knee"]] = 0.29
    seen.visibility[BLAZEPOSE["right_knee"]] = 0.3
    seen.landmarks[BLAZEPOSE["right_wrist"]] = (-1, 50)
    points = points_of(seen, *SIZE)
    assert points.confidence[POINT["left_knee"]] == 0
    assert points.confidence[POINT["right_knee"]] == 0.3
    assert points.confidence[POINT["right_wrist"]] == 0
    assert points.confidence[POINT["left_ankle"]] == 0.95
    bold = points_of(seen, *SIZE, least=0.1)
    assert bold.confidence[POINT["left_knee"]] == 0.29


def test_a_hand_is_as_sure_as_its_unsurer_knuckle():
    seen = sighting()
    seen.visibility[BLAZEPOSE_KNUCKLES["left_hand"][1]] = 0.5
    assert points_of(seen, *SIZE).confidence[POINT["left_hand"]] == 0.5


def test_a_flat_pose_has_no_depth():
    np.testing.assert_allclose(points_of(sighting(), *SIZE).depth, 0, atol=1e-9)


def test_depth_is_the_slope_of_the_bone_times_its_length_in_the_picture():
    """A forearm of 0.3 m that leans 0.2 m away: 2/3 of its length in pixels."""
    seen = sighting(left_wrist=0.2)
    points = points_of(seen, *SIZE)
    start, end = (seen.landmarks[BLAZEPOSE[f"left_{name}"]] for name in ("elbow", "wrist"))
    pixels = np.linalg.norm(end - start)
    across = np.linalg.norm(np.array([0.05, 0.3]))
    assert points.get("left_wrist")[2] == pytest.approx(0.2 / across * pixels)
    assert points.get("left_elbow")[2] == pytest.approx(0)
    assert points.get("right_wrist")[2] == pytest.approx(0)


def test_depth_adds_up_along_the_chain():
    both = points_of(sighting(left_elbow=0.1, left_wrist=0.2), *SIZE)
    first = points_of(sighting(left_elbow=0.1), *SIZE).get("left_elbow")[2]
    assert both.get("left_elbow")[2] == pytest.approx(first)
    assert both.get("left_wrist")[2] > first > 0


def test_a_bone_at_the_camera_does_not_become_endless():
    """Nearly no length across: its slope is taken at no more than 1 / 0.4."""
    seen = sighting()
    wrist, elbow = BLAZEPOSE["left_wrist"], BLAZEPOSE["left_elbow"]
    seen.metric[wrist] = seen.metric[elbow] + [0, 0, 0.3]
    points = points_of(seen, *SIZE)
    pixels = np.linalg.norm(seen.landmarks[wrist] - seen.landmarks[elbow])
    assert points.get("left_wrist")[2] == pytest.approx(pixels / 0.4)


def test_depth_grows_with_the_picture():
    small = points_of(sighting(100.0, left_wrist=0.2), *SIZE)
    large = points_of(sighting(200.0, left_wrist=0.2), *SIZE)
    np.testing.assert_allclose(large.depth, 2 * small.depth, atol=1e-9)


def test_size_is_the_longer_of_torso_and_shoulders():
    seen = sighting()
    assert seen.torso == pytest.approx(0.5 * 200)
    seen.landmarks[BLAZEPOSE["left_shoulder"], 0] += 100
    assert seen.torso == pytest.approx(np.hypot(0.4 * 200 + 100, 0))
    np.testing.assert_allclose(seen.centre, (200 + 50, 400 - 240))


def test_a_body_is_whole_down_to_the_ankles():
    seen = sighting()
    assert seen.whole
    for name in ("left_wrist", "right_ear"):
        seen.visibility[BLAZEPOSE[name]] = 0.1
    assert seen.whole
    seen.visibility[BLAZEPOSE["right_ankle"]] = 0.8
    assert not seen.whole


def test_c_code_is_silenced_and_heard_again():
    code = (
        "import os, sys; from pipelines.keypoints.blazepose import quiet_stderr\n"
        "with quiet_stderr():\n    os.write(2, b'noise'); sys.stderr.write('lost')\n"
        "os.write(2, b'heard')\n"
        "try:\n    with quiet_stderr(): raise ValueError\n"
        "except ValueError: os.write(2, b' again')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        cwd=Path(__file__).parents[2], check=True,
    )  # fmt: skip
    assert done.stderr == "heard again"


def test_no_descriptor_is_left_open():
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with quiet_stderr():
            pass
    assert len(os.listdir("/proc/self/fd")) == before
