"""Exports read back: BVH and npz within 1e-3 rad and 1 mm, GLB by an independent reader."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.stick_body import skeleton_body
from pipelines.motion.bvh import read_bvh
from pipelines.motion.formats import export_motion, load_motion
from pipelines.motion.motion import Motion


def apart(first: Motion, second: Motion) -> tuple[float, float]:
    """Greatest difference of any rotation, radians, and of any joint's place, metres."""
    turn = np.swapaxes(first.rotations(), -1, -2) @ second.rotations()
    angle = Rotation.from_matrix(turn.reshape(-1, 3, 3)).magnitude().max()
    return float(angle), float(np.abs(first.joints() - second.joints()).max())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), fps=st.sampled_from([24.0, 30.0, 59.94, 60.0, 120.0]))
def test_npz_to_bvh_to_npz(tmp_path_factory, seed, fps):
    folder = tmp_path_factory.mktemp("trip")
    rng = np.random.default_rng(seed)
    poses = Rotation.random(5 * 24, random_state=seed % 2**31).as_rotvec().reshape(5, 24, 3)
    trans = rng.uniform(-4, 4, (5, 3))
    motion = Motion(poses.astype(np.float32), trans.astype(np.float32), fps)
    export_motion(motion, folder / "a.npz", skeleton_body())
    export_motion(load_motion(folder / "a.npz"), folder / "b.bvh", skeleton_body())
    export_motion(load_motion(folder / "b.bvh"), folder / "c.npz", skeleton_body())
    back = load_motion(folder / "c.npz")
    angle, distance = apart(motion, back)
    assert angle < 1e-3
    assert distance < 1e-3
    assert back.fps == pytest.approx(fps, rel=1e-6)


def test_bvh_rests_in_a_t_pose_and_keeps_its_frame_time(tmp_path, standing):
    export_motion(standing(10, 29.97), tmp_path / "a.bvh", skeleton_body())
    lines = (tmp_path / "a.bvh").read_text().splitlines()
    assert "Frames: 10" in lines
    assert f"Frame Time: {1 / 29.97:.8f}" in lines
    source = read_bvh(tmp_path / "a.bvh")
    rest = dict(zip(source.names, source.rest_positions(), strict=True))
    assert rest["left_wrist"][0] > 60 > -60 > rest["right_wrist"][0]  # cm, arms out
    assert abs(rest["left_wrist"][1] - rest["left_shoulder"][1]) < 5
    assert rest["head"][1] > 50
    assert rest["left_foot"][2] > rest["left_ankle"][2]  # facing +z


def test_glb_is_read_by_trimesh_with_its_size_and_place(tmp_path, standing):
    trimesh = pytest.importorskip("trimesh")
    motion = standing(10)
    export_motion(motion, tmp_path / "a.glb", skeleton_body())
    scene = trimesh.load(tmp_path / "a.glb")
    assert len(scene.geometry) == 1
    (mesh,) = scene.geometry.values()
    height = np.ptp(mesh.vertices[:, 1])
    assert 1.5 < height < 1.8  # metres, y up
    assert mesh.is_winding_consistent


def test_real_dances_make_the_trip(tmp_path, real_motion):
    motion = load_motion(real_motion("cmu-05-modern-dance", "05_10.bvh")).resampled(30.0)
    export_motion(motion, tmp_path / "a.bvh", skeleton_body())
    angle, distance = apart(motion, load_motion(tmp_path / "a.bvh"))
    assert angle < 1e-3
    assert distance < 1e-3
