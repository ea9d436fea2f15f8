from __future__ import annotations

from dataclasses import replace

import library_quality as quality
import numpy as np
import pytest
from quality.clips import Clip

from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library


def danced(joints: np.ndarray, joins: list[int]) -> quality.Danced:
    motion = Motion(np.zeros((len(joints), 24, 3), "f4"), joints[:, 0].astype("f4"), 30.0)
    clip = Clip(joints, np.arange(0, 8, 0.5), "house", "song", "song")
    return quality.Danced(clip, motion, {"joins": joins, "parts": []})


def test_no_dancer_and_no_choreography_is_on_both_sides() -> None:
    library = load_library(SHIPPED)
    rest, held = quality.parted(library)
    assert len(rest.takes) + len(held) == len(library.takes) and len(held) > 30
    assert not {t.group for t in held} & {t.group for t in rest.takes}
    ours = {t.dancer for t in held if t.collection == "AIST++"}
    assert not ours & {t.dancer for t in rest.takes}


def test_facing_is_an_angle_to_the_camera() -> None:
    joints = np.zeros((4, 24, 3))
    for frame, (x, y) in enumerate([(1, 0), (-1, 0), (0, 1), (1, 1)]):
        joints[frame, 1, :2], joints[frame, 2, :2] = [x, y], [-x, -y]
    found = quality.facing_angles(joints)
    assert found == pytest.approx([0, np.pi, np.pi / 2, np.pi / 4])


def test_a_jolt_at_a_join_shows_and_one_elsewhere_does_not() -> None:
    joints = np.random.default_rng(0).normal(size=(200, 24, 3)) * 1e-3
    joints[100:] += 0.1
    assert quality.join_jerk([danced(joints, [100])]) > 3
    assert quality.join_jerk([danced(joints, [40])]) < 1


def test_only_slides_near_joins_count() -> None:
    joints = np.zeros((200, 24, 3))
    joints[:, [7, 8], 2] = 0.06
    joints[100:, :, 0] += np.minimum(np.arange(100), 5)[:, None] * 0.02
    assert quality.join_slide([danced(joints, [102])]) > 0.2
    assert quality.join_slide([danced(joints, [30])]) == 0


def test_a_copy_is_not_new_and_neither_is_its_mirror_image() -> None:
    from pipelines.body.skeleton import MIRROR

    joints = np.random.default_rng(1).normal(size=(90, 24, 3)).cumsum(0) * 0.02
    clip = danced(joints, []).clip
    mirrored = replace(clip, joints=joints[:, list(MIRROR)] * [-1, 1, 1])
    other = replace(clip, joints=joints[::-1] + np.linspace(0, 1, 24)[:, None])
    assert quality.novelty([clip], [clip]) < 1e-3
    assert quality.novelty([mirrored], [clip]) < 1e-3
    assert quality.novelty([other], [clip]) > 0.05
