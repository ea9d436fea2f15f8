"""Every landmark that is used hangs on a joint of its own side."""

import numpy as np

from pipelines.body.skeleton import JOINT, JOINT_NAMES
from pipelines.capture.landmarks import OTHER_SIDE
from pipelines.capture.markers import HIPS, MARK_JOINTS, MARK_OFFSETS, MARKS, mark_trust, moved_by


def test_both_sides_are_alike():
    for place, mark in enumerate(MARKS):
        other = MARKS.index(OTHER_SIDE[mark])
        np.testing.assert_array_equal(MARK_OFFSETS[place] * [-1, 1, 1], MARK_OFFSETS[other])
        names = [JOINT_NAMES[MARK_JOINTS[at]] for at in (place, other)]
        assert names[0].replace("left", "right") == names[1].replace("left", "right")


def test_odd_landmarks_are_the_left_ones():
    for mark, joint in zip(MARKS, MARK_JOINTS, strict=True):
        name = JOINT_NAMES[joint]
        if name.startswith(("left", "right")):
            assert name.startswith("left") == bool(mark % 2)


def test_a_knee_moves_ankles_and_toes_of_its_leg():
    moved = {MARKS[place] for place in np.flatnonzero(moved_by()[:, JOINT["left_knee"]])}
    assert moved == {25, 27, 29, 31}
    assert moved_by()[:, JOINT["pelvis"]].all()


def test_the_origin_of_world_landmarks_are_the_hips():
    assert [MARKS[place] for place in HIPS] == [23, 24]
    assert mark_trust()[list(HIPS)].min() == 1.0
