"""G1 Moves: who danced what, and takes at 30 frames a second on the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import foot_heights
from pipelines.datasets.g1_moves import COLLECTION, GENRES, LICENCE, performer, read_take
from pipelines.motion.bvh_export import save_bvh
from pipelines.support.errors import UnsuitableInput


@pytest.mark.parametrize(
    ("stem", "name"), [("B_DadDance", "Mitch Chaiet"), ("J_Dance2_Salsa", "Jasmine Coro")]
)
def test_names_begin_with_the_performer(stem, name):
    assert performer(stem) == name


def test_every_take_has_a_performer_and_a_style():
    assert len(GENRES) == 26
    for stem, genre in GENRES.items():
        assert performer(stem) and genre == genre.lower() != ""
    assert GENRES["J_Dance2_Salsa"] == "salsa"


def test_collection_and_licence_as_they_are_credited():
    assert (COLLECTION, LICENCE) == ("G1 Moves", "CC BY 4.0")


@pytest.mark.parametrize("fps", [30.0, 60.0, 120.0])
def test_a_take_is_brought_to_thirty_frames(tmp_path, stepping, fps):
    save_bvh(stepping(110, seconds=4, fps=fps), tmp_path / "a.bvh")
    motion = read_take(tmp_path / "a.bvh")
    assert (motion.fps, motion.frames) == (30.0, 120)


@pytest.mark.parametrize("height", [-1.0, 0.0, 2.5])
def test_a_take_stands_on_the_floor_wherever_its_own_was(tmp_path, stepping, height):
    motion = stepping(110, seconds=4)
    moved = replace(motion, trans=motion.trans + np.float32([1, 2, height]))
    save_bvh(moved, tmp_path / "a.bvh")
    found = read_take(tmp_path / "a.bvh")
    lowest = foot_heights(found.joints()).min(1)
    assert abs(np.median(lowest)) < 0.01
    np.testing.assert_allclose(found.trans[:, :2], moved.trans[:, :2], atol=1e-4)


def test_the_way_over_the_floor_is_kept(tmp_path, stepping):
    motion = stepping(110, seconds=4)
    trans = motion.trans.copy()
    trans[:, 0] += np.linspace(0, 2, motion.frames)
    save_bvh(replace(motion, trans=trans), tmp_path / "a.bvh")
    found = read_take(tmp_path / "a.bvh")
    assert found.trans[-1, 0] - found.trans[0, 0] == pytest.approx(2, abs=0.02)


def test_a_broken_file_is_refused(tmp_path):
    (tmp_path / "a.bvh").write_text("HIERARCHY")
    with pytest.raises(UnsuitableInput, match=r"a\.bvh"):
        read_take(tmp_path / "a.bvh")
