"""Skeleton animations stored as arrays: recognised by their keys, read into one source motion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.motion.quaternions import (
    is_isaac_motion,
    is_quaternion_npz,
    is_soma_npz,
    read_isaac_motion,
    read_quaternion_npz,
    read_soma_npz,
)
from pipelines.support.errors import UnsuitableInput

NAMES = np.array(["Hips", "Spine", "Head"])
PARENTS = np.array([-1, 0, 1])


def animation(frames: int = 7, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Quaternions (T, 3, 4) xyzw and places (T, 3, 3) in the parent of a chain of three joints."""
    random = np.random.default_rng(seed)
    quaternions = Rotation.random(frames * 3, random_state=seed).as_quat().reshape(frames, 3, 4)
    places = np.tile([[0.0, 0, 0], [0, 0.5, 0], [0, 0.25, 0.1]], (frames, 1, 1))
    places[:, 0] = random.normal(size=(frames, 3))
    return quaternions, places


def cmu_fbx(frames: int = 7, seed: int = 0) -> dict[str, np.ndarray]:
    quaternions, places = animation(frames, seed)
    return {
        "names": NAMES,
        "parents": PARENTS,
        "local_quat_xyzw": quaternions,
        "local_trans": places,
        "fps": np.float64(60),
    }


def soma(frames: int = 7, seed: int = 0) -> dict[str, np.ndarray]:
    quaternions, places = animation(frames, seed)
    return {
        "human_joint_names": NAMES,
        "human_parent_indices": PARENTS,
        "human_local_transforms": np.concatenate([places, quaternions], axis=-1),
        "fps": np.float64(60),
    }


def isaac(frames: int = 7, seed: int = 0) -> dict[str, object]:
    quaternions, places = animation(frames, seed)
    return {
        "skeleton_tree": {
            "node_names": list(NAMES),
            "parent_indices": {"arr": PARENTS},
            "local_translation": {"arr": places[0]},
        },
        "rotation": {"arr": quaternions},
        "root_translation": {"arr": places[:, 0]},
        "is_local": True,
        "fps": 60,
    }


READERS = {
    "cmu": (cmu_fbx, read_quaternion_npz),
    "soma": (soma, read_soma_npz),
    "isaac": (isaac, read_isaac_motion),
}
EVERY = pytest.mark.parametrize("kind", sorted(READERS))


@EVERY
def test_all_three_hold_the_same_animation(kind):
    make, read = READERS[kind]
    source = read(make(), "dance")
    quaternions, places = animation()
    expected = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix().reshape(7, 3, 3, 3)
    np.testing.assert_allclose(source.rotations, expected, atol=1e-12)
    np.testing.assert_allclose(source.root, places[:, 0])
    np.testing.assert_allclose(source.offsets, [[0, 0, 0], [0, 0.5, 0], [0, 0.25, 0.1]])
    assert source.names == ("Hips", "Spine", "Head")
    assert source.parents == (-1, 0, 1)
    assert (source.fps, source.path) == (60.0, "dance")


@EVERY
def test_a_quaternion_and_its_negative_are_one_turn(kind):
    """Files flip the sign from frame to frame; the motion must not jump there."""
    make, read = READERS[kind]
    content = make()
    signs = np.array([1, -1, 1, -1, -1, 1, -1.0])[:, None, None]
    flipped = dict(content)
    if kind == "cmu":
        flipped["local_quat_xyzw"] = content["local_quat_xyzw"] * signs
    elif kind == "soma":
        flipped["human_local_transforms"] = content["human_local_transforms"].copy()
        flipped["human_local_transforms"][..., 3:] *= signs
    else:
        flipped["rotation"] = {"arr": content["rotation"]["arr"] * signs}
    np.testing.assert_allclose(
        read(flipped, "a").rotations, read(content, "a").rotations, atol=1e-12
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 40))
def test_quaternions_need_no_unit_length_and_give_rotations(seed, scale):
    content = cmu_fbx(4, seed)
    content["local_quat_xyzw"] = content["local_quat_xyzw"] * scale
    turns = read_quaternion_npz(content, "a").rotations
    np.testing.assert_allclose(turns @ np.swapaxes(turns, -1, -2), np.eye(3) + 0 * turns, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-9)


def test_xyzw_is_the_order_not_wxyz():
    content = cmu_fbx(1)
    quarter = [0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4)]  # about z
    content["local_quat_xyzw"] = np.tile(quarter, (1, 3, 1))
    turned = read_quaternion_npz(content, "a").rotations[0, 0] @ [1.0, 0, 0]
    np.testing.assert_allclose(turned, [0, 1, 0], atol=1e-12)


def test_the_rest_pose_is_the_median_so_that_one_bad_frame_does_not_bend_it():
    content = cmu_fbx(9)
    content["local_trans"][4, 1] = [9.0, 9.0, 9.0]
    source = read_quaternion_npz(content, "a")
    np.testing.assert_allclose(source.offsets[1], [0, 0.5, 0])
    np.testing.assert_allclose(source.translations[4, 1], 9.0)


def test_recognised_by_all_their_keys_and_by_nothing_less():
    kinds = {is_quaternion_npz: cmu_fbx(), is_soma_npz: soma(), is_isaac_motion: isaac()}
    for check, own in kinds.items():
        for content in kinds.values():
            assert check(content) == (content is own)
    for check, own in list(kinds.items())[:2]:
        for key in own:
            assert not check({name: array for name, array in own.items() if name != key})
    assert not is_isaac_motion([1, 2])
    assert not is_isaac_motion({"rotation": {}})


def test_global_rotations_are_refused():
    with pytest.raises(UnsuitableInput, match=r"dab\.npy: holds global rotations"):
        read_isaac_motion({**isaac(), "is_local": False}, "dab.npy")


def test_no_frames_and_broken_numbers_are_refused():
    empty = cmu_fbx()
    for key in ("local_quat_xyzw", "local_trans"):
        empty[key] = empty[key][:1]
    empty["fps"] = np.float64(0)
    with pytest.raises(UnsuitableInput, match="frame rate 0"):
        read_quaternion_npz(empty, "a")
    broken = cmu_fbx()
    broken["local_trans"][3, 2, 1] = np.nan
    with pytest.raises(UnsuitableInput, match="b: holds NaN"):
        read_quaternion_npz(broken, "b")
