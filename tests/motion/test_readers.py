"""Readers that look at the content: one suffix, several formats."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from pipelines.body.rotations import matrix_to_6d
from pipelines.body.skeleton import TO_Z_UP
from pipelines.motion.readers import read_npy, read_pickle
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def finedance(standing):
    """(5, 315) of a dancer who stands."""
    motion = standing(5)
    rotations = np.tile(np.eye(3), (5, 52, 1, 1))
    rotations[:, :24] = motion.rotations()
    rotations[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    return np.concatenate([motion.trans @ TO_Z_UP, matrix_to_6d(rotations).reshape(5, -1)], axis=1)


def test_a_pickled_array_is_read_under_either_name(tmp_path: Path, finedance) -> None:
    np.save(tmp_path / "a.npy", finedance)
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(finedance))
    first, second = read_npy(tmp_path / "a.npy"), read_pickle(tmp_path / "b.pkl")
    np.testing.assert_array_equal(first.poses, second.poses)


def test_a_dictionary_inside_an_array_is_unwrapped(tmp_path: Path, standing) -> None:
    motion = standing(5)
    content = {"smpl_poses": motion.poses.reshape(5, 72), "smpl_trans": motion.trans}
    np.save(tmp_path / "a.npy", np.array(content, dtype=object), allow_pickle=True)
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(content))
    first, second = read_npy(tmp_path / "a.npy"), read_pickle(tmp_path / "b.pkl")
    np.testing.assert_array_equal(first.trans, second.trans)
    assert first.frames == 5


def test_code_in_a_pickle_does_not_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    np.save(tmp_path / "evil.npy", np.array(Evil(), dtype=object), allow_pickle=True)
    with pytest.raises(UnsuitableInput):
        read_npy(tmp_path / "evil.npy")
    assert not (tmp_path / "ran").exists()
