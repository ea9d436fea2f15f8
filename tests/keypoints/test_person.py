"""The 29 points that dances and pictures share: names, order and sides."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.keypoints.person import FACE_NAMES, POINT, POINT_NAMES, ReferencePerson


def test_the_joints_of_the_skeleton_come_first_in_their_order():
    assert POINT_NAMES[:24] == JOINT_NAMES
    assert POINT_NAMES[24:] == FACE_NAMES == (
        "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    )  # fmt: skip


def test_names_are_unique_and_found_by_their_index():
    assert len(set(POINT_NAMES)) == len(POINT_NAMES) == len(POINT) == 29
    assert all(POINT_NAMES[index] == name for name, index in POINT.items())


@pytest.mark.parametrize("name", POINT_NAMES)
def test_every_side_has_its_other(name):
    side, _, part = name.partition("_")
    if side in ("left", "right"):
        assert f"{'right' if side == 'left' else 'left'}_{part}" in POINT


def test_a_pose_without_depth_lies_in_the_picture():
    def person() -> ReferencePerson:
        return ReferencePerson(
            np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), np.zeros((29, 2)),
            np.ones(29), "full", "file",
        )  # fmt: skip

    first = person()
    assert first.depth.shape == (29,) and (first.depth == 0).all()
    first.depth[3] = 7
    assert person().depth[3] == 0, "people do not share their depth"
