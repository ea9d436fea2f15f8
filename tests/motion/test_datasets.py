"""Single files of published data sets: axes, units and rates, and what is no such file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import matrix_to_6d, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, JOINT_NAMES, OFFSETS, TO_Z_UP, forward_kinematics
from pipelines.motion.datasets import (
    from_finedance,
    from_smpl_dict,
    from_smplx_fit,
    is_smplx_fit,
    load_phantomdance,
)
from pipelines.support.errors import UnsuitableInput

FRAMES = 12
STANDING = -OFFSETS[[1, 4, 7, 10], 1].sum()


def y_up_dance(seed: int = 0):
    """Local rotations (T, 24, 3, 3) and root path (T, 3) of a dance in a y-up world, metres."""
    random = np.random.default_rng(seed)
    turns = Rotation.from_rotvec(random.normal(0, 0.3, (FRAMES * 24, 3))).as_matrix()
    rotations = turns.reshape(FRAMES, 24, 3, 3)
    rotations[:, 0] = np.eye(3)
    path = np.stack([np.linspace(0, 1, FRAMES), np.full(FRAMES, 0.9), np.linspace(0, 2, FRAMES)], 1)
    return rotations, path


def assert_is(motion, rotations, path, fps, joints=22):
    """Same body turns, the path carried from (x, y, z) to (x, -z, y), whatever its height."""
    assert motion.fps == fps and motion.frames == len(path)
    expected = rotations[:, :joints].copy()
    expected[:, 0] = TO_Z_UP @ expected[:, 0]
    np.testing.assert_allclose(motion.rotations()[:, :joints], expected, atol=2e-6)
    way = path - path[0]
    np.testing.assert_allclose((motion.trans - motion.trans[0])[:, 0], way[:, 0], atol=1e-5)
    np.testing.assert_allclose((motion.trans - motion.trans[0])[:, 1], -way[:, 2], atol=1e-5)


def smpl(rotations, path, **more):
    poses = matrix_to_axis_angle(rotations).reshape(FRAMES, 72)
    return {"smpl_poses": poses, "smpl_trans": path} | more


def test_aist_is_scaled_and_at_60():
    rotations, path = y_up_dance()
    content = smpl(rotations, path * 80, smpl_scaling=np.array([[80.0]]))
    assert_is(from_smpl_dict(content, "a"), rotations, path, 60.0, 24)


def test_megadance_is_in_metres_and_at_30():
    rotations, path = y_up_dance()
    assert_is(from_smpl_dict(smpl(rotations, path), "a"), rotations, path, 30.0, 24)


def test_aioz_calls_the_path_root_trans():
    rotations, path = y_up_dance()
    content = smpl(rotations, path)
    content["root_trans"] = content.pop("smpl_trans")
    assert_is(from_smpl_dict(content, "a"), rotations, path, 30.0, 24)


@pytest.mark.parametrize("scaling", [0.0, -1.0, float("nan")])
def test_a_scaling_that_is_none_is_refused(scaling):
    content = smpl(*y_up_dance(), smpl_scaling=scaling)
    with pytest.raises(UnsuitableInput, match="a: smpl_scaling is"):
        from_smpl_dict(content, "a")


@pytest.mark.parametrize("missing", ["smpl_poses", "smpl_trans"])
def test_a_dictionary_without_poses_or_path_says_what_it_holds(missing):
    content = smpl(*y_up_dance())
    del content[missing]
    with pytest.raises(UnsuitableInput, match=f"a: no {missing}; it holds smpl_") as caught:
        from_smpl_dict(content, "a")
    assert "smpl_scaling" in caught.value.hint


def finedance(rotations, path, contacts: int = 0) -> np.ndarray:
    sixes = np.tile(matrix_to_6d(np.eye(3)), (FRAMES, 52, 1))
    sixes[:, :22] = matrix_to_6d(rotations[:, :22])
    return np.concatenate([np.ones((FRAMES, contacts)), path, sixes.reshape(FRAMES, -1)], axis=1)


@pytest.mark.parametrize("contacts", [0, 4])
def test_finedance_with_and_without_contacts(contacts):
    rotations, path = y_up_dance()
    assert_is(from_finedance(finedance(rotations, path, contacts), "a"), rotations, path, 30.0)


def test_finedance_hands_are_at_rest():
    rotations, path = y_up_dance()
    motion = from_finedance(finedance(rotations, path), "a")
    np.testing.assert_allclose(motion.poses[:, 22:], 0, atol=1e-6)


def test_finedance_rows_that_are_not_quite_orthogonal_become_rotations():
    array = finedance(*y_up_dance())
    array[:, 3:] *= 1.7
    array[:, 6:9] += 0.01
    turns = from_finedance(array, "a").rotations()
    np.testing.assert_allclose(turns @ np.swapaxes(turns, -1, -2), np.eye(3) + 0 * turns, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x[:, :314], r"array of shape \(12, 314\), expected \(T, 315\) or \(T, 319\)"),
        (lambda x: x[0], r"array of shape \(315,\)"),
        (lambda x: x[:0], "holds no frames"),
        (lambda x: np.where(np.arange(12)[:, None] == 5, np.nan, x), "first in frame 5"),
        (lambda x: x * 0, "no 6D rotations"),
    ],
)
def test_arrays_that_are_no_finedance(change, says):
    with pytest.raises(UnsuitableInput, match=f"a: .*{says}"):
        from_finedance(change(finedance(*y_up_dance())), "a")


def fit(rotations, path, columns: int = 63, **more):
    poses = matrix_to_axis_angle(rotations)
    body = poses[:, 1 : 1 + columns // 3].reshape(FRAMES, columns)
    return {"global_orient": poses[:, 0], "body_pose": body, "transl": path} | more


@pytest.mark.parametrize("columns", [63, 69])
def test_body_model_fits_of_smplx_and_smpl(columns):
    rotations, path = y_up_dance()
    content = fit(rotations, path, columns)
    assert is_smplx_fit(content)
    assert_is(from_smplx_fit(content, "a"), rotations, path, 30.0)


def test_a_fit_may_tell_its_rate():
    rotations, path = y_up_dance()
    assert from_smplx_fit(fit(rotations, path, fps=np.array(25.0)), "a").fps == 25.0


def test_fits_of_either_up_axis_are_the_same_dance():
    rotations, path = y_up_dance()
    upright = rotations.copy()
    upright[:, 0] = TO_Z_UP @ rotations[:, 0]
    one = from_smplx_fit(fit(rotations, path), "a")
    other = from_smplx_fit(fit(upright, path @ TO_Z_UP.T), "a")
    np.testing.assert_allclose(other.joints(), one.joints(), atol=1e-5)


def test_a_fit_of_other_width_is_refused():
    content = fit(*y_up_dance())
    content["body_pose"] = np.zeros((FRAMES, 66))
    with pytest.raises(UnsuitableInput, match="body_pose has 66 columns, expected 63 or 69"):
        from_smplx_fit(content, "a")
    assert not is_smplx_fit({"global_orient": 1, "body_pose": 2})


def phantom(rotations, path, names=JOINT_NAMES) -> dict:
    """The dance as Unity stores it: x mirrored, world rotations xyzw."""
    _, world = forward_kinematics(rotations, path)
    mirror = np.diag([-1.0, 1, 1])
    quaternions = Rotation.from_matrix((mirror @ world @ mirror).reshape(-1, 3, 3)).as_quat()
    return {
        "bone_name": list(names),
        "root_positions": (path * [-1, 1, 1]).tolist(),
        "rotations": quaternions.reshape(FRAMES, 24, 4).tolist(),
    }


@pytest.mark.parametrize("short", [False, True])
def test_phantom_dance_by_long_and_short_names(tmp_path, short):
    rotations, path = y_up_dance()
    names = [n.replace("left_", "L_").replace("right_", "R_") for n in JOINT_NAMES]
    content = phantom(rotations, path, names if short else JOINT_NAMES)
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert_is(load_phantomdance(tmp_path / "a.json"), rotations, path, 30.0, 24)


def test_left_stays_left_in_the_left_handed_world(tmp_path):
    """A raised left arm of Unity's dancer is the left arm here."""
    rotations = np.tile(np.eye(3), (FRAMES, 24, 1, 1))
    rotations[:, JOINT["left_shoulder"]] = Rotation.from_euler("z", 1.2).as_matrix()
    path = np.tile([0, STANDING, 0], (FRAMES, 1))
    (tmp_path / "a.json").write_text(json.dumps(phantom(rotations, path)))
    joints = load_phantomdance(tmp_path / "a.json").joints()[0]
    assert joints[JOINT["left_wrist"], 2] > joints[JOINT["head"], 2] - 0.1
    assert joints[JOINT["right_wrist"], 2] < joints[JOINT["head"], 2] - 0.1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: {**c, "bone_name": c["bone_name"][:-1]}, "no bone for right_hand"),
        (lambda c: {**c, "rotations": c["rotations"][:5]}, "rotations .5, 24, 4. and"),
        (lambda c: {**c, "root_positions": [[0, 1]] * FRAMES}, ".* positions .12, 2. do not fit"),
        (lambda c: {"bone_name": c["bone_name"]}, "not a PhantomDance motion .KeyError"),
        (lambda c: {**c, "rotations": "here"}, "not a PhantomDance motion .ValueError"),
        (lambda c: [c], "not a PhantomDance motion .TypeError"),
    ],
)
def test_files_that_are_no_phantom_dance(tmp_path, change, says):
    (tmp_path / "a.json").write_text(json.dumps(change(phantom(*y_up_dance()))))
    with pytest.raises(UnsuitableInput, match=rf"a\.json: {says}"):
        load_phantomdance(tmp_path / "a.json")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: from_smpl_dict(smpl(*y_up_dance()), "a"),
        lambda path: from_finedance(finedance(*y_up_dance()), "a"),
        lambda path: from_smplx_fit(fit(*y_up_dance()), "a"),
    ],
)
def test_every_dance_stands_on_the_floor_and_knows_its_source(make, tmp_path):
    motion = make(tmp_path)
    assert -0.1 < motion.joints()[..., 2].min() < 0.1
    assert motion.source == "a" and motion.genre is None
