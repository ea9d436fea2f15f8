"""Every format on a file written here from a known motion: the motion must come back."""

import json
import pickle
from importlib import import_module
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import matrix_to_6d, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, JOINT_NAMES, TO_Z_UP, forward_kinematics
from pipelines.motion.formats import (
    FORMATS,
    export_motion,
    load_motion,
    plain_stem,
    readable,
    row_of,
)
from pipelines.motion.npz import load_npz, save_npz
from pipelines.support.errors import UnsuitableInput


def y_up(motion):
    """Local rotations (T, 24, 3, 3) and root path (T, 3) of a motion, y up."""
    rotations = motion.rotations()
    rotations[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    return rotations, motion.trans.astype(np.float64) @ TO_Z_UP


def assert_same_dance(back, motion, fps=30.0):
    """Same body joints and path up to a height; fingers do not count."""
    assert back.fps == fps
    relative = np.swapaxes(motion.rotations()[:, :22], -1, -2) @ back.rotations()[:, :22]
    assert Rotation.from_matrix(relative.reshape(-1, 3, 3)).magnitude().max() < 1e-3
    rise = (back.trans - motion.trans)[:, 2]
    assert np.ptp(rise) < 1e-3
    np.testing.assert_allclose(back.trans[:, :2], motion.trans[:, :2], atol=1e-4)


def test_our_npz_comes_back_bit_by_bit(tmp_path, swaying):
    motion = swaying(30)
    save_npz(motion, tmp_path / "a.npz")
    save_npz(motion, tmp_path / "b.npz")
    back = load_motion(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.poses, motion.poses)
    np.testing.assert_array_equal(back.trans, motion.trans)
    assert (back.fps, back.genre, back.source) == (30.0, None, "swaying")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(("columns", "key"), [(72, "mocap_framerate"), (156, "mocap_framerate"),
                                              (165, "mocap_frame_rate"), (66, "fps")])  # fmt: skip
def test_amass_in_smpl_smplh_and_smplx(tmp_path, swaying, columns, key):
    motion = swaying(30)
    poses = np.full((30, columns), 0.3)
    poses[:, :66] = motion.poses.reshape(30, 72)[:, :66]
    path = tmp_path / "amass.npz"
    np.savez(
        path, poses=poses, trans=motion.trans, gender="female", betas=np.ones(16), **{key: 120}
    )
    back = load_motion(path)
    assert_same_dance(back, motion, 120)
    assert back.gender == "female"
    assert back.betas.shape == (10,)


def test_aist_divides_by_its_scaling_and_runs_at_60(tmp_path, swaying):
    motion = swaying(30)
    rotations, trans = y_up(motion)
    poses = matrix_to_axis_angle(rotations).reshape(30, 72)
    content = {"smpl_poses": poses, "smpl_scaling": np.array([93.5]), "smpl_trans": trans * 93.5}
    (tmp_path / "gBR_sBM_cAll_d04_mBR0_ch01.pkl").write_bytes(pickle.dumps(content))
    assert_same_dance(load_motion(tmp_path / "gBR_sBM_cAll_d04_mBR0_ch01.pkl"), motion, 60)
    del content["smpl_scaling"]
    content["smpl_trans"] = trans
    (tmp_path / "mega.pkl").write_bytes(pickle.dumps(content))
    assert_same_dance(load_motion(tmp_path / "mega.pkl"), motion, 30)


@pytest.mark.parametrize("contacts", [0, 4])
def test_finedance(tmp_path, swaying, contacts):
    motion = swaying(30)
    rotations, trans = y_up(motion)
    hands = np.tile(matrix_to_6d(np.eye(3)), (30, 30))
    columns = [
        np.ones((30, contacts)),
        trans,
        matrix_to_6d(rotations[:, :22]).reshape(30, -1),
        hands,
    ]
    np.save(tmp_path / "001.npy", np.concatenate(columns, axis=1))
    assert_same_dance(load_motion(tmp_path / "001.npy"), motion)


def test_phantomdance_comes_from_unitys_left_handed_world(tmp_path, swaying):
    motion = swaying(30)
    rotations, trans = y_up(motion)
    _, world = forward_kinematics(rotations, trans)
    mirror = np.diag([-1.0, 1, 1])
    unity = Rotation.from_matrix((mirror @ world @ mirror).reshape(-1, 3, 3)).as_quat()
    short = [n.replace("left_", "L_").replace("right_", "R_").title() for n in JOINT_NAMES]
    content = {
        "bone_name": short[::-1],
        "root_positions": (trans * [-1, 1, 1]).tolist(),
        "rotations": unity.reshape(30, 24, 4)[:, ::-1].tolist(),
    }
    (tmp_path / "phantom.json").write_text(json.dumps(content))
    assert_same_dance(load_motion(tmp_path / "phantom.json"), motion)


@pytest.mark.parametrize("up", ["y", "z"])
def test_smplx_fits_of_either_up_axis(tmp_path, swaying, up):
    motion = swaying(30)
    rotations, trans = y_up(motion) if up == "y" else (motion.rotations(), motion.trans)
    poses = matrix_to_axis_angle(rotations)
    path = tmp_path / "fit.npz"
    np.savez(
        path, global_orient=poses[:, 0], body_pose=poses[:, 1:22].reshape(30, 63), transl=trans
    )
    assert_same_dance(load_motion(path), motion)


def test_bad_files_say_what_is_wrong(tmp_path, swaying):
    motion = swaying(5)
    nan = motion.trans.copy()
    nan[2, 1] = np.nan
    np.savez(tmp_path / "nan.npz", poses=motion.poses, trans=nan, mocap_framerate=30)
    np.savez(tmp_path / "columns.npz", poses=np.zeros((5, 71)), trans=nan, mocap_framerate=30)
    np.savez(tmp_path / "length.npz", poses=motion.poses, trans=nan[:3], mocap_framerate=30)
    np.savez(tmp_path / "rate.npz", poses=motion.poses, trans=motion.trans)
    np.savez(tmp_path / "none.npz", poses=np.zeros((0, 72)), trans=np.zeros((0, 3)), fps=30)
    np.savez(tmp_path / "object.npz", poses=np.array([{}], dtype=object), trans=nan)
    np.savez(tmp_path / "other.npz", x=np.ones(3))
    np.save(tmp_path / "columns.npy", np.zeros((5, 314)))
    np.save(tmp_path / "zeros.npy", np.zeros((5, 315)))
    np.save(tmp_path / "none.npy", np.zeros((0, 315)))
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "text.json").write_text("{")
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1, 2]))
    (tmp_path / "keys.pkl").write_bytes(pickle.dumps({"pos": 1}))
    (tmp_path / "empty.bvh").write_text("")
    (tmp_path / "what.xyz").write_text("")
    whole = tmp_path / "whole.npz"
    save_npz(motion, whole)
    (tmp_path / "cut.npz").write_bytes(whole.read_bytes()[:900])
    expected = {
        "nan.npz": "first in frame 2", "columns.npz": "71 columns", "length.npz": "trans is",
        "rate.npz": "frame rate", "none.npz": "no frames", "object.npz": "Python objects",
        "other.npz": "not a motion", "columns.npy": "315", "zeros.npy": "6D",
        "none.npy": "no frames",
        "text.npz": "broken", "text.json": "not a Phantom", "list.json": "not a Phantom",
        "list.pkl": "dictionary", "keys.pkl": "smpl_poses", "empty.bvh": "not a BVH",
        "what.xyz": "unknown motion format", "cut.npz": "broken", "absent.bvh": "no such file",
    }  # fmt: skip
    for name, message in expected.items():
        with pytest.raises(UnsuitableInput, match=message):
            load_motion(tmp_path / name)
    assert load_npz(whole).frames == 5


def test_what_would_fill_the_memory_is_refused_unread(tmp_path, monkeypatch):
    with (tmp_path / "a.bvh").open("wb") as stream:
        stream.truncate(300 << 20)  # a hole: no disk is used
    with pytest.raises(UnsuitableInput, match=r"a\.bvh: 315 MB of motion"):
        load_motion(tmp_path / "a.bvh")
    monkeypatch.setattr("pipelines.motion.formats.LARGEST_FILE", 1 << 20)
    np.savez_compressed(tmp_path / "bomb.npz", poses=np.zeros((3000, 240)), trans=np.zeros(3))
    assert (tmp_path / "bomb.npz").stat().st_size < 1 << 18
    with pytest.raises(UnsuitableInput, match="6 MB of motion"):
        load_motion(tmp_path / "bomb.npz")


def test_an_archive_whose_directory_is_damaged_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", poses=np.zeros((2, 72)), trans=np.zeros((2, 3)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 99  # zipfile: NotImplementedError
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UnsuitableInput, match=r"a\.npz: broken"):
        load_motion(tmp_path / "a.npz")


def test_every_row_of_the_table_names_functions_that_there_are():
    for row in FORMATS:
        for place, takes in ((row.reader, 1), (row.writer, 3)):
            if place:
                module, _, name = place.partition(":")
                assert len(signature(getattr(import_module(module), name)).parameters) == takes
    suffixes = [suffix for row in FORMATS for suffix in row.suffixes]
    assert len(set(suffixes)) == len(suffixes)


def test_what_is_read_in_words_and_what_is_not_written_is_refused(tmp_path, swaying):
    assert readable() == ".npz, .bvh, .amc, .npy, .pkl, .json, .pt and .g1.csv"
    with pytest.raises(UnsuitableInput, match=r"no writer for \.amc"):
        export_motion(swaying(5), tmp_path / "a.amc", None)


@pytest.mark.parametrize("up", ["y", "z"])
@pytest.mark.parametrize("says", [True, False])
def test_smpl_dictionaries_of_either_up_axis(tmp_path, swaying, up, says):
    """EDGE and its heirs write z up under AIST++'s names, MEGADance y up."""
    motion = swaying(40)
    rotations, trans = y_up(motion) if up == "y" else (motion.rotations(), motion.trans)
    poses = matrix_to_axis_angle(rotations)
    content = {"smpl_poses": poses.reshape(40, 72), "smpl_trans": np.asarray(trans)}
    if says:
        places = motion.joints()
        content["full_pose"] = places @ TO_Z_UP if up == "y" else places
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content))
    back = load_motion(tmp_path / "a.pkl")
    assert_same_dance(back, motion)
    rise = back.joints()[:, JOINT["head"], 2] - back.joints()[:, JOINT["left_foot"], 2]
    assert (rise > 1).all()


def test_a_body_that_stands_along_no_axis_is_refused(tmp_path, swaying):
    motion = swaying(40)
    rotations = motion.rotations()
    tilt = Rotation.from_euler("x", 45, degrees=True).as_matrix()
    rotations[:, 0] = tilt @ rotations[:, 0]
    poses = matrix_to_axis_angle(rotations)
    content = {"smpl_poses": poses.reshape(40, 72), "smpl_trans": motion.trans}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(UnsuitableInput, match="neither y nor z is up"):
        load_motion(tmp_path / "a.pkl")


def test_amass_stage_two_as_downloaded(tmp_path, swaying):
    """SMPL-X with an object array that nobody needs, the gender as bytes, 16 betas."""
    motion = swaying(30)
    poses = np.zeros((30, 165))
    poses[:, :66] = motion.poses[:, :22].reshape(30, 66)
    np.savez(
        tmp_path / "dance_stageii.npz", poses=poses, trans=motion.trans,
        mocap_frame_rate=np.float64(30), gender=np.bytes_(b"female"), betas=np.zeros(16),
        labels=np.array([{"a": 1}], dtype=object), surface_model_type=np.str_("smplx"),
    )  # fmt: skip
    back = load_motion(tmp_path / "dance_stageii.npz")
    assert (back.gender, back.frames, back.fps) == ("female", 30, 30.0)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.npz", ".npz"), ("a.smplx.npz", ".smplx.npz"), ("A.SMPLX.NPZ", ".smplx.npz"),
        ("smplx.npz", ".npz"), ("a.vrma", ".vrma"), ("a.g1.csv", ".g1.csv"),
        ("a.csv", None), ("a.xyz", None), ("npz", None),
    ],
)  # fmt: skip
def test_the_longest_suffix_that_fits_names_the_format(name, suffix):
    row = row_of(Path(name))
    assert (row and row.suffixes[0]) == suffix


@pytest.mark.parametrize(
    ("name", "stem"), [("a.b.g1.csv", "a.b"), ("a.npz", "a"), ("a.mp4", "a"), ("a", "a")]
)
def test_the_stem_of_a_dance_has_no_suffix_left(name, stem):
    assert plain_stem(Path(name)) == stem
