"""Landmarks are kept whole, and files that are none are refused."""

import numpy as np
import pytest
from made_landmarks import known_dance, landmarks_of, lost

from pipelines.capture.landmarks import COUNT, OTHER_SIDE, load_landmarks, save_landmarks
from pipelines.support.errors import UnsuitableInput


def test_the_other_side_of_the_other_side_is_this_one():
    assert sorted(OTHER_SIDE) == list(range(COUNT))
    assert all(OTHER_SIDE[OTHER_SIDE[mark]] == mark for mark in range(COUNT))
    assert [OTHER_SIDE[mark] for mark in (0, 2, 7, 11, 28, 31)] == [0, 5, 8, 12, 27, 32]


def test_what_is_saved_comes_back(tmp_path):
    found = lost(landmarks_of(known_dance(6)), 2, 4)
    save_landmarks(tmp_path / "a.npz", found)
    back = load_landmarks(tmp_path / "a.npz")
    np.testing.assert_allclose(back.image, found.image, rtol=1e-6)
    assert (back.found == [True, True, False, False, True, True]).all()
    assert (back.fps, back.width, back.height) == (found.fps, found.width, found.height)


def test_a_slice_keeps_what_is_of_the_whole_video():
    part = landmarks_of(known_dance(6)).sliced(1, 3)
    assert part.frames == len(part.camera) == 2 and part.fps == 30.0


def test_another_archive_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", image=np.zeros(3))
    with pytest.raises(UnsuitableInput, match=r"a\.npz"):
        load_landmarks(tmp_path / "a.npz")
