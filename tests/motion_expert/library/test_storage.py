from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.motion_expert.library.storage import (
    JOINTS_KEPT,
    RADIANS,
    Library,
    load_library,
    pack,
    save_library,
    steps_of,
    unpack,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.integers(0, 1000))
def test_packing_loses_nothing(lengths: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    takes = [
        random.integers(-40_000, 40_000, (n, 63)).cumsum(0).clip(-60_000, 60_000).astype(np.int32)
        for n in lengths
    ]
    assert (unpack(pack(takes), lengths) == np.concatenate(takes)).all()


def test_smooth_dance_deflates_to_less_than_a_third(library: Library) -> None:
    takes = [library.steps[t.first : t.first + t.frames] for t in library.takes]
    assert len(pack(takes)) < library.steps.size * 4 / 12


def test_rotations_survive_half_a_turn_and_more() -> None:
    angle = np.linspace(0, 9, 200)
    poses = np.zeros((200, 24, 3))
    poses[:, 0, 2] = np.angle(np.exp(1j * angle))  # a pirouette, wrapped at pi
    steps = steps_of(poses, np.zeros((200, 3)))
    assert np.abs(np.diff(steps[:, 2])).max() * RADIANS < 0.06
    vectors = steps[:, 2] * RADIANS
    found = axis_angle_to_matrix(np.stack([0 * vectors, 0 * vectors, vectors], 1))
    assert found == pytest.approx(axis_angle_to_matrix(poses[:, 0]), abs=2e-4)


def test_comes_back_as_it_was(library: Library, tmp_path: Path) -> None:
    save_library(library, tmp_path)
    again = load_library(tmp_path)
    assert again.takes == library.takes and again.left_out == library.left_out
    for name in ("steps", "contacts", "curves", "pulses"):
        assert (getattr(again, name) == getattr(library, name)).all(), name
    before = (tmp_path / "library.safetensors").read_bytes()
    save_library(again, tmp_path)
    assert (tmp_path / "library.safetensors").read_bytes() == before


def test_poses_are_those_of_the_take(library: Library) -> None:
    rows = np.arange(library.takes[1].first, library.takes[1].first + 5)
    poses = library.poses(rows)
    assert poses.shape == (5, 24, 3)
    assert poses[:, 0, 0] == pytest.approx(np.pi / 2, abs=RADIANS)
    assert library.places(rows)[:, 2] == pytest.approx(0.95, abs=2e-4)
    assert len(JOINTS_KEPT) == 20 and 10 not in JOINTS_KEPT


def test_what_is_no_library_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(MissingAsset, match=r"library\.safetensors"):
        load_library(tmp_path)
    save_library(library, tmp_path)
    card = json.loads((tmp_path / "library.json").read_text())
    (tmp_path / "library.json").write_text(json.dumps({**card, "version": 7}))
    with pytest.raises(UnsuitableInput, match="version 7"):
        load_library(tmp_path)
    (tmp_path / "library.json").write_text(json.dumps({"takes": []}))
    with pytest.raises(UnsuitableInput, match="not the card"):
        load_library(tmp_path)
    (tmp_path / "library.json").write_text(json.dumps(card))
    data = (tmp_path / "library.safetensors").read_bytes()
    (tmp_path / "library.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnsuitableInput, match="damaged"):
        load_library(tmp_path)


def test_a_take_comes_back_as_a_motion_with_its_counts(library: Library) -> None:
    for take in library.takes:
        motion, counts = library.recorded(take), library.counts(take)
        assert motion.frames == take.frames and motion.genre == take.genre
        np.testing.assert_allclose(motion.trans[0], library.places(np.array(take.first)), atol=1e-6)
        assert [count.known for count in counts] == [r.known for r in take.readings]
        assert all((np.diff(count.times) > 0).all() for count in counts)
