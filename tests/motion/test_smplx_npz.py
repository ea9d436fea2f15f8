"""SMPL-X files: AMASS's keys, posed by the smplx package, read back by us."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.feet import floor_height
from pipelines.body.skeleton import PARENTS
from pipelines.body.smplx_skeleton import SMPLX_NEUTRAL_REST, smplx_offsets
from pipelines.body.stick_body import skeleton_body
from pipelines.motion.formats import export_motion, load_motion
from pipelines.motion.smplx_npz import save_smplx
from pipelines.support.errors import UnsuitableInput

AMASS_KEYS = {
    "gender", "surface_model_type", "mocap_frame_rate", "mocap_time_length", "trans", "poses",
    "betas", "num_betas", "root_orient", "pose_body", "pose_hand", "pose_jaw", "pose_eye",
}  # fmt: skip


def smplx_joints(arrays, folder, monkeypatch):
    """Joints (T, 22, 3) by the smplx package, of a model whose rest joints are SMPL-X's own."""
    import smplx
    import torch

    rest = np.concatenate([SMPLX_NEUTRAL_REST, np.repeat(SMPLX_NEUTRAL_REST[20:21], 33, axis=0)])
    parents = np.array([*PARENTS[:22], *[20] * 33])
    parents[0] = 2**32 - 1
    model = {
        "v_template": rest, "shapedirs": np.zeros((55, 3, 20)), "posedirs": np.zeros((55, 3, 486)),
        "J_regressor": np.eye(55), "weights": np.eye(55), "f": np.zeros((1, 3), dtype=np.int64),
        "kintree_table": np.stack([parents, np.arange(55)]),
        "hands_componentsl": np.eye(45), "hands_componentsr": np.eye(45),
        "hands_meanl": np.ones(45), "hands_meanr": np.ones(45),
        "lmk_faces_idx": np.zeros(51, dtype=np.int64), "lmk_bary_coords": np.ones((51, 3)) / 3,
    }  # fmt: skip
    frames = len(arrays["trans"])
    # Its landmarks on the skin are of no use to a body of 55 points.
    landmarks = dict.fromkeys(smplx.vertex_ids.vertex_ids["smplx"], 0)
    monkeypatch.setitem(smplx.body_models.VERTEX_IDS, "smplx", landmarks)
    np.savez(folder / "SMPLX_NEUTRAL.npz", **model)
    body = smplx.SMPLX(
        str(folder), ext="npz", batch_size=frames, use_pca=False,
        flat_hand_mean=True, use_face_contour=False, dtype=torch.float64,
    )  # fmt: skip
    given = {
        "transl": "trans", "global_orient": "root_orient", "body_pose": "pose_body",
        "jaw_pose": "pose_jaw",
    }  # fmt: skip
    posed = {name: torch.tensor(arrays[key]) for name, key in given.items()}
    for number, name in enumerate(("leye_pose", "reye_pose")):
        posed[name] = torch.tensor(arrays["pose_eye"][:, 3 * number : 3 * number + 3])
    for number, name in enumerate(("left_hand_pose", "right_hand_pose")):
        posed[name] = torch.tensor(arrays["pose_hand"][:, 45 * number : 45 * number + 45])
    return body(**posed).joints[:, :22].detach().numpy()


def test_the_file_has_the_keys_and_shapes_of_amass(tmp_path, stepping):
    motion = stepping(110, seconds=2, fps=60.0)
    save_smplx(motion, tmp_path / "a.smplx.npz")
    with np.load(tmp_path / "a.smplx.npz", allow_pickle=False) as found:
        assert set(found) == AMASS_KEYS
        assert found["poses"].shape == (120, 165) and found["betas"].shape == (16,)
        parts = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
        joined = np.concatenate([found[part] for part in parts], axis=1)
        np.testing.assert_array_equal(joined, found["poses"])
        assert not found["pose_hand"].any(), "hands are flat"
        assert str(found["surface_model_type"]) == "smplx"
        assert (float(found["mocap_frame_rate"]), float(found["mocap_time_length"])) == (60, 2)


def test_the_smplx_package_poses_it_where_we_do_and_on_our_floor(
    tmp_path, real_motion, monkeypatch
):
    motion = load_motion(real_motion("cmu-05-modern-dance", "05_10.bvh")).resampled(30.0)
    save_smplx(motion, tmp_path / "a.smplx.npz")
    with np.load(tmp_path / "a.smplx.npz") as arrays:
        theirs = smplx_joints(arrays, tmp_path, monkeypatch)
    ours = motion.joints(smplx_offsets())[:, :22]
    difference = theirs - ours
    assert np.ptp(difference, axis=(0, 1)).max() < 1e-6, "a shift, the same everywhere"
    np.testing.assert_allclose(difference[0, 0, :2], 0, atol=1e-6)
    floors = floor_height(theirs, motion.fps), floor_height(motion.joints(), motion.fps)
    assert floors[0] == pytest.approx(floors[1], abs=1e-3)


def test_we_read_it_back(tmp_path, real_motion):
    motion = load_motion(real_motion("cmu-05-modern-dance", "05_10.bvh")).resampled(30.0)
    export_motion(motion, tmp_path / "a.smplx.npz", skeleton_body())
    back = load_motion(tmp_path / "a.smplx.npz")
    assert back.fps == 30.0
    np.testing.assert_allclose(back.joints()[:, :22], motion.joints()[:, :22], atol=2e-3)


def test_one_frame_is_written(tmp_path, standing):
    save_smplx(standing(1, 120.0), tmp_path / "a.smplx.npz")
    assert load_motion(tmp_path / "a.smplx.npz").frames == 1


def test_bodies_of_other_joints_are_refused(tmp_path, standing):
    from dataclasses import replace

    wrong = replace(standing(3), poses=np.zeros((3, 52, 3), dtype=np.float32))
    with pytest.raises(UnsuitableInput, match=r"expected \(T, 24, 3\)"):
        save_smplx(wrong, tmp_path / "a.smplx.npz")
    assert list(tmp_path.iterdir()) == []
