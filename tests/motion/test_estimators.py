"""Files laid out as others' estimators write them give the dance that went in."""

import os

import joblib
import numpy as np
import pytest
import torch
from made_landmarks import known_dance

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import TO_Z_UP
from pipelines.motion.formats import load_motion
from pipelines.support.errors import UnsuitableInput

DANCE = known_dance(40)
FLIP = np.diag([1.0, -1.0, -1.0])


def y_up(frames=None):
    """Local rotations and pelvis of the dance in a y-up world."""
    rotations = DANCE.rotations()
    rotations[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    return rotations, DANCE.trans.astype(np.float64) @ TO_Z_UP


def camera(tilt=0.0):
    """The same in the axes of a camera before the dancer, 3 m away, that looks down by `tilt`."""
    rotations, trans = y_up()
    turn = axis_angle_to_matrix(np.array([tilt, 0.0, 0.0])) @ FLIP
    rotations[:, 0] = turn @ rotations[:, 0]
    return rotations, trans @ turn.T + [0.0, 0.0, 3.0]


def vectors(rotations):
    return matrix_to_axis_angle(rotations)


def same_body(found, start=0, stop=40, metres=0.02):
    truth = DANCE.sliced(start, stop).joints()
    ours = found.joints()
    assert ours.shape == truth.shape
    off = (ours - ours[:, :1]) - (truth - truth[:, :1])
    assert np.linalg.norm(off, axis=-1).mean() < metres
    return found.trans - DANCE.trans[start:stop]


def gvhmr(tmp_path, **changes):
    rotations, trans = y_up()
    pose = vectors(rotations)
    one = {"global_orient": pose[:, 0], "body_pose": pose[:, 1:22].reshape(40, 63),
           "transl": trans - [0.0031, -0.3514, 0.0120], "betas": np.zeros((40, 10))}  # fmt: skip
    tensors = {k: torch.as_tensor(v, dtype=torch.float32) for k, v in one.items()}
    content = {"smpl_params_global": tensors, "smpl_params_incam": tensors,
               "K_fullimg": torch.zeros(40, 3, 3)} | changes  # fmt: skip
    torch.save(content, tmp_path / "hmr4d_results.pt")
    return tmp_path / "hmr4d_results.pt"


def test_gvhmr(tmp_path):
    found = load_motion(gvhmr(tmp_path))
    away = same_body(found)
    np.testing.assert_allclose(away, np.broadcast_to(away[0], away.shape), atol=1e-4)


def test_gvhmr_of_another_version_or_with_code_is_refused(tmp_path):
    torch.save({"pred": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(UnsuitableInput, match=r"other\.pt: not of a GVHMR that is known"):
        load_motion(tmp_path / "other.pt")
    with pytest.raises(UnsuitableInput, match=r"refused.*asks for posix\.getcwd to be run"):
        load_motion(gvhmr(tmp_path, extra=os.getcwd))
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04")
    with pytest.raises(UnsuitableInput, match=r"broken\.pt.*not a file of torch's"):
        load_motion(tmp_path / "broken.pt")


def test_wham_with_a_gap_and_a_shorter_track(tmp_path):
    rotations, trans = y_up()
    kept = np.r_[0:10, 16:40]
    track = {"pose_world": vectors(rotations)[kept].reshape(-1, 72), "trans_world": trans[kept],
             "frame_ids": kept + 5, "verts": np.zeros((2, 3))}  # fmt: skip
    short = {k: v[:3] for k, v in track.items()}
    joblib.dump({0: short, 7: track}, tmp_path / "wham_output.pkl")
    same_body(load_motion(tmp_path / "wham_output.pkl"))


def test_a_long_gap_cuts_to_the_longest_piece(tmp_path):
    rotations, trans = y_up()
    kept = np.r_[0:5, 25:40]
    track = {"pose_world": vectors(rotations)[kept].reshape(-1, 72), "trans_world": trans[kept],
             "frame_ids": kept}  # fmt: skip
    joblib.dump({0: track}, tmp_path / "w.pkl")
    same_body(load_motion(tmp_path / "w.pkl"), 25, 40)


def phalp(tmp_path):
    rotations, _ = camera()
    frames = {}
    for number in range(40):
        body = {"global_orient": rotations[number, :1], "body_pose": rotations[number, 1:],
                "betas": np.zeros(10)}  # fmt: skip
        one = {"tid": [1], "tracked_time": [int(10 <= number < 14)], "smpl": [body]}
        if number < 5:
            one = {"tid": [3, 1], "tracked_time": [0, 0], "smpl": [body, body]}
        frames[f"/videos/{number:06d}.jpg"] = one
    joblib.dump(frames, tmp_path / "results.pkl", compress=3)
    return tmp_path / "results.pkl"


def test_phalp_has_a_pose_and_no_way(tmp_path):
    found = load_motion(phalp(tmp_path))
    same_body(found, metres=0.06)
    assert np.ptp(found.trans[:, :2], axis=0).max() == 0


def test_tram_as_it_is_converted(tmp_path):
    rotations, trans = camera(tilt=0.3)
    np.savez(tmp_path / "tram.npz", pred_rotmat=rotations, pred_trans=trans[:, None],
             frame=np.arange(40), pred_cam_R=np.tile(np.eye(3), (40, 1, 1)),
             pred_cam_T=np.zeros((40, 3)))  # fmt: skip
    same_body(load_motion(tmp_path / "tram.npz"), metres=0.06)


def test_tram_as_it_is_says_how_to_convert_it(tmp_path):
    content = {"pred_rotmat": torch.zeros(4, 24, 3, 3)}
    np.save(tmp_path / "hps_track_0.npy", np.array(content, dtype=object), allow_pickle=True)
    with pytest.raises(UnsuitableInput) as caught:
        load_motion(tmp_path / "hps_track_0.npy")
    assert "pred_cam_R" in caught.value.hint


@pytest.mark.parametrize("layout", ["fork", "head"])
def test_smplest_x_with_nobody_at_first(tmp_path, layout):
    rotations, trans = camera()
    pose = vectors(rotations)
    root, body = pose[:, 0].copy(), pose[:, 1:22].reshape(40, 63).copy()
    root[:5] = np.nan
    if layout == "fork":
        nobody = np.full((1, 40, 63), np.nan)
        arrays = {"body_poses": np.concatenate([nobody, body[None]]),
                  "global_orient": np.stack([root, root]), "transl": np.stack([trans, trans]),
                  "betas": np.zeros((2, 10))}  # fmt: skip
    else:
        arrays = {"smplx_root_pose": root, "smplx_body_pose": body, "cam_trans": trans}
    np.savez(tmp_path / "x.npz", **arrays)
    same_body(load_motion(tmp_path / "x.npz"), 5, 40, metres=0.06)


def test_nobody_at_all_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", smplx_root_pose=np.full((4, 3), np.nan),
             smplx_body_pose=np.zeros((4, 63)), cam_trans=np.zeros((4, 3)))  # fmt: skip
    with pytest.raises(UnsuitableInput, match="nobody"):
        load_motion(tmp_path / "x.npz")
