from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT
from pipelines.motion.motion import Motion
from pipelines.motion.repair import (
    dance_start,
    impossible_steps,
    repair,
    t_pose_frames,
    turn_speeds,
)

Maker = Callable[..., Motion]


def thrown(motion: Motion, *frames: int) -> Motion:
    """The whole dancer is three metres elsewhere in these frames."""
    trans = motion.trans.copy()
    trans[list(frames), 0] += 3.0
    return replace(motion, trans=trans)


def test_sound_motion_comes_back_unchanged(swaying: Maker) -> None:
    motion = swaying(frames=150)
    result = repair(motion)
    assert (result.interpolated, result.cut, result.wrists) == (0, 0, 0)
    [(start, piece)] = result.pieces
    assert start == 0
    np.testing.assert_array_equal(piece.poses, motion.poses)
    np.testing.assert_array_equal(piece.trans, motion.trans)


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_short_jump_is_bridged_and_nothing_else_changes(swaying: Maker, fps: float) -> None:
    motion = swaying(frames=200, fps=fps)
    assert not impossible_steps(motion).any()
    result = repair(thrown(motion, 60, 61))
    [(_, piece)] = result.pieces
    margin = round(fps / 15)
    touched = np.zeros(200, bool)
    touched[60 - margin - 1 : 61 + margin + 2] = True
    assert result.interpolated == touched.sum()
    np.testing.assert_array_equal(piece.poses[~touched], motion.poses[~touched])
    np.testing.assert_array_equal(piece.trans[~touched], motion.trans[~touched])
    assert np.abs(piece.trans - motion.trans).max() < 0.1
    assert not impossible_steps(piece).any()


def test_jumps_in_a_row_are_cut_out_and_part_the_take(swaying: Maker) -> None:
    motion = swaying(frames=240)
    result = repair(thrown(motion, *range(100, 125, 5)))
    assert result.interpolated == 0
    assert result.cut == 2 * 3 + 21  # frames 97 to 123
    assert [(start, piece.frames) for start, piece in result.pieces] == [(0, 97), (124, 116)]


def test_jump_at_the_end_is_cut_and_short_remains_are_dropped(swaying: Maker) -> None:
    result = repair(thrown(swaying(frames=90), 88))
    [(start, piece)] = result.pieces
    assert (start, piece.frames, result.cut) == (0, 85, 5)
    assert repair(thrown(swaying(frames=90), 40, 45, 50, 55)).pieces == ()


def test_flipped_wrist_is_mended_without_touching_the_rest(swaying: Maker) -> None:
    motion = swaying(frames=120)
    wrist = JOINT["left_wrist"]
    poses = motion.poses.copy()
    poses[50:52, wrist] = (2.9, 0, 0)
    result = repair(replace(motion, poses=poses))
    assert (result.interpolated, result.cut, result.wrists) == (0, 0, 8)
    piece = result.pieces[0][1]
    rest = [joint for joint in range(24) if joint != wrist]
    np.testing.assert_array_equal(piece.poses[:, rest], motion.poses[:, rest])
    assert turn_speeds(axis_angle_to_matrix(piece.poses[:, wrist]), 30).max() < 2100


def test_a_leg_may_not_be_as_fast_as_an_arm(standing: Maker) -> None:
    """A swing of the arm's hand at 15 m/s passes; of the foot it does not."""

    def swung(joint: str, reach: float) -> Motion:
        motion = standing()
        motion.poses[30:, JOINT[joint], 2] = 15 / 30 / reach
        return motion

    leg, arm = standing().joints()[0, JOINT["left_hip"], 2], 0.55
    assert not impossible_steps(swung("left_shoulder", arm)).any()
    assert np.flatnonzero(impossible_steps(swung("left_hip", leg))).tolist() == [29]


def test_turn_speeds_of_a_steady_turn() -> None:
    turns = np.zeros((5, 2, 3))
    turns[:, 1, 1] = np.radians(12) * np.arange(5)
    speeds = turn_speeds(axis_angle_to_matrix(turns), 30)
    np.testing.assert_allclose(speeds, np.tile([0, 360], (4, 1)), atol=1e-4)


def test_t_pose_at_the_start_is_dropped(standing: Maker, swaying: Maker) -> None:
    rest, dance = standing(frames=40), swaying(frames=80)
    lowered = dance.poses.copy()
    lowered[:, JOINT["left_shoulder"], 2] -= 1.2
    lowered[:, JOINT["right_shoulder"], 2] += 1.2
    joined = replace(
        rest,
        poses=np.concatenate([rest.poses, lowered]),
        trans=np.concatenate([rest.trans, dance.trans]),
    )
    assert t_pose_frames(joined).tolist() == [True] * 40 + [False] * 80
    assert dance_start(joined, lead=2) == 43
    assert dance_start(joined.sliced(40, 120), lead=6) == 6
