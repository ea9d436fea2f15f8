"""Half bodies are told from whole ones, and stand on legs that nobody saw."""

from dataclasses import replace

import numpy as np
import pytest
from made_landmarks import HEIGHT, known_dance, landmarks_of

from pipelines.body.feet import foot_heights
from pipelines.body.skeleton import FOOT_JOINTS, JOINT
from pipelines.capture.fit import fit
from pipelines.capture.unseen_legs import (
    LEG_MARKS,
    LEGS_LONG,
    LEGS_SEEN,
    leg_reach,
    legs_seen,
    standing_still,
)

DANCE = known_dance(120)


def cut_off(found, share):
    """The picture ends at that share of its height, and legs below it are guessed to dance."""
    hidden = found.image[..., 1] >= share * HEIGHT
    random = np.random.default_rng(0)
    image, world = found.image.copy(), found.world.copy()
    for marks in (image, world):
        guessed = random.normal(scale=0.1 * np.ptp(marks[:, LEG_MARKS]), size=marks.shape)
        marks[hidden] += guessed[hidden]
    visibility = np.where(hidden, 0.1, found.visibility)
    return replace(found, image=image, world=world, visibility=visibility,
                   height=round(share * HEIGHT))  # fmt: skip


def test_legs_are_seen_as_far_as_knees_and_ankles_are_in_the_picture_and_sure():
    found = landmarks_of(DANCE)
    assert legs_seen(found) == 1.0
    visibility = found.visibility.copy()
    visibility[:30, 27] = 0.3
    assert legs_seen(replace(found, visibility=visibility)) == pytest.approx(1 - 30 / 240)
    assert legs_seen(cut_off(found, 0.5)) < 0.1 < LEGS_SEEN


def test_who_is_seen_to_the_hips_stands_still_and_moves_above():
    captured = fit(cut_off(landmarks_of(DANCE), 0.6))
    assert "legs are not seen" in captured.remarks[0] and captured.grade < 0.3
    joints, truth = captured.motion.joints(), DANCE.joints()
    feet = joints[:, list(FOOT_JOINTS)]
    assert np.abs(foot_heights(joints)).max() < 0.03
    assert np.ptp(feet[..., :2], axis=0).max() < 0.35
    hands = [JOINT["left_wrist"], JOINT["right_wrist"], JOINT["left_elbow"], JOINT["head"]]
    off = (joints - joints[:, :1] - truth + truth[:, :1])[:, hands]
    assert np.linalg.norm(off, axis=-1).mean() < 0.06


def test_who_sits_before_the_camera_has_short_legs_in_the_picture():
    assert leg_reach(landmarks_of(DANCE)) > LEGS_LONG
    poses = DANCE.poses.copy()
    poses[:, [1, 2]], poses[:, [4, 5]] = [-1.5, 0, 0], [1.5, 0, 0]
    sits = landmarks_of(replace(DANCE, poses=poses))
    assert leg_reach(sits) < LEGS_LONG
    captured = fit(sits)
    assert "legs look short" in captured.remarks[0]


def test_a_stand_follows_little_of_a_way_and_slowly_of_a_turn():
    trans = DANCE.trans.copy()
    trans[:, 0] = np.linspace(-2, 2, 120)
    trans[:, 2] += 0.05 * np.sin(np.arange(120))
    stood = standing_still(replace(DANCE, trans=trans))
    assert np.ptp(stood.trans[:, 0]) < 0.4
    assert 0.7 < stood.trans[:, 2].min() < stood.trans[:, 2].max() < 0.97
    np.testing.assert_array_equal(stood.poses[:, 9:], DANCE.poses[:, 9:])
    speed = np.linalg.norm(np.diff(stood.joints()[:, [7, 8]], axis=0), axis=-1) * 30
    assert speed.max() < 0.5


def test_who_bows_without_legs_leans_a_little():
    poses = DANCE.poses.copy()
    poses[:, 0] = [np.pi - 0.3, 0, 0]  # head down
    up = standing_still(replace(DANCE, poses=poses)).rotations()[:, 0, 2, 1]
    assert np.degrees(np.arccos(up)).max() < 25.1
    poses[:, 0] = [np.pi / 2 + 0.1, 0, 0]
    leaning = np.arccos(standing_still(replace(DANCE, poses=poses)).rotations()[:, 0, 2, 1])
    np.testing.assert_allclose(leaning, 0.1, atol=0.01)


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_knees_of_a_stand_bend_the_way_its_toes_point(side):
    joints = standing_still(DANCE).joints()
    hip, knee, ankle, foot = (
        joints[:, JOINT[f"{side}_{n}"]] for n in ("hip", "knee", "ankle", "foot")
    )
    bend, toes = (knee - (hip + ankle) / 2)[:, :2], (foot - ankle)[:, :2]
    angle = np.arccos(
        (bend * toes).sum(1) / np.linalg.norm(bend, axis=1) / np.linalg.norm(toes, axis=1)
    )
    assert np.degrees(angle).max() < 25
