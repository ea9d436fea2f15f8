from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.motion.smoothing import nearest_rotations, smoothed


def test_a_slow_turn_passes_unchanged_and_in_phase(standing):
    motion = standing(90)
    poses = motion.poses.copy()
    poses[:, 16, 2] = np.sin(np.arange(90) / 30 * 2 * np.pi)
    motion = replace(motion, poses=poses)
    np.testing.assert_allclose(smoothed(motion).poses[5:-5], poses[5:-5], atol=0.02)


def test_tremble_is_taken_out(standing):
    motion = standing(90)
    poses = motion.poses + 0.05 * (-1.0) ** np.arange(90)[:, None, None]
    calm = smoothed(replace(motion, poses=poses.astype(np.float32)))
    assert np.abs(np.diff(calm.poses, axis=0)).max() < 0.03


def test_nothing_happens_where_axis_angle_wraps_round(standing):
    motion = standing(60)
    turn = Rotation.from_rotvec(np.outer(np.linspace(0, 4 * np.pi, 60), [0, 0, 1]))
    root = (turn * Rotation.from_rotvec(motion.poses[:, 0])).as_rotvec()
    poses = motion.poses.copy()
    poses[:, 0] = root
    spinning = replace(motion, poses=poses)
    change = np.linalg.norm(smoothed(spinning).joints() - spinning.joints(), axis=-1)
    assert change.max() < 0.02


def test_short_motions_come_back_as_they_are(standing):
    motion = standing(5)
    assert smoothed(motion) is motion


def test_projection_gives_proper_rotations_and_keeps_rotations():
    rng = np.random.default_rng(0)
    matrices = nearest_rotations(rng.normal(size=(50, 3, 3)))
    np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=1e-9)
    turns = axis_angle_to_matrix(rng.normal(size=(9, 3)))
    np.testing.assert_allclose(nearest_rotations(turns), turns, atol=1e-9)
