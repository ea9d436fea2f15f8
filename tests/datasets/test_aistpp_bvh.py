"""AIST++ as BVH without a way over the floor: names, beats, and takes that stand on the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.feet import foot_heights
from pipelines.datasets.aistpp_bvh import (
    GENRES,
    AistName,
    beat_grid,
    lowest_foot_down,
    parse_name,
    read_take,
)
from pipelines.motion.bvh_export import save_bvh
from pipelines.support.errors import UnsuitableInput

HOUSE = AistName("house", "d19", "d19_BM_ch01", 110.0)


def test_a_name_tells_style_dancer_choreography_and_tempo():
    assert parse_name("gHO_sBM_cAll_d19_mHO0_ch01") == HOUSE
    assert parse_name("gPO_sFM_cAll_d10_mPO1_ch02") == AistName(
        "popping", "d10", "d10_FM_ch02", 90.0
    )


def test_the_same_steps_to_other_music_are_one_choreography():
    names = [parse_name(f"gHO_sBM_cAll_d19_mHO{digit}_ch03") for digit in range(5)]
    assert len({name.choreography for name in names}) == 1
    assert [name.bpm for name in names] == [110, 115, 120, 125, 130]


def test_basic_and_free_dances_and_other_dancers_are_told_apart():
    stems = ["gHO_sBM_cAll_d19_mHO0_ch01", "gHO_sFM_cAll_d19_mHO0_ch01",
             "gHO_sBM_cAll_d20_mHO0_ch01", "gHO_sBM_cAll_d19_mHO0_ch02"]  # fmt: skip
    assert len({parse_name(stem).choreography for stem in stems}) == 4


@pytest.mark.parametrize("code", sorted(GENRES))
def test_every_style_has_its_ordinary_name(code):
    name = parse_name(f"g{code}_sBM_cAll_d01_m{code}2_ch01")
    assert name.genre == GENRES[code] and name.genre.islower()
    assert name.bpm == (120 if code == "HO" else 100)


@pytest.mark.parametrize(
    "stem",
    ["", "60_03", "gXX_sBM_cAll_d19_mHO0_ch01", "gHO_sXX_cAll_d19_mHO0_ch01",
     "gHO_sBM_c01_d19_mHO0_ch01", "gHO_sBM_cAll_d19_mHO0_ch01_copy", "xgHO_sBM_cAll_d19_mHO0_ch01"],
)  # fmt: skip
def test_other_names_are_none_of_them(stem):
    assert parse_name(stem) is None


@given(st.floats(0.1, 60), st.sampled_from([80.0, 110.0, 135.0]))
def test_beats_fall_from_the_first_frame_to_one_past_the_end(seconds, bpm):
    grid = beat_grid(replace(HOUSE, bpm=bpm), seconds)
    assert grid[0] == 0
    np.testing.assert_allclose(np.diff(grid), 60 / bpm)
    assert grid[-2] < seconds <= grid[-1] + 1e-9


def test_the_lowest_foot_is_put_down_in_every_frame(stepping):
    motion = stepping(100, seconds=4)
    floating = motion.trans.copy()
    floating[:, 2] += 0.2 * np.sin(np.arange(motion.frames) / 9)
    down = lowest_foot_down(replace(motion, trans=floating.astype("f4")))
    np.testing.assert_allclose(foot_heights(down.joints()).min(1), 0, atol=1e-5)
    np.testing.assert_array_equal(down.poses, motion.poses)
    np.testing.assert_array_equal(down.trans[:, :2], motion.trans[:, :2])


@pytest.fixture
def take(tmp_path, stepping):
    """A dancer who steps on the spot, as the archive stores takes: x and z of the root gone."""
    motion = stepping(100, seconds=6)
    path = tmp_path / "gHO_sBM_cAll_d19_mHO0_ch01.bvh"
    save_bvh(motion, path)
    return path, motion


def test_a_take_comes_out_at_thirty_frames_with_its_contacts(take):
    path, motion = take
    found, contacts = read_take(path)
    assert (found.fps, found.frames) == (30.0, motion.frames)
    assert contacts.shape == (motion.frames, 4)
    assert set(np.unique(contacts)) <= {0.0, 1.0}
    assert 0.3 < contacts[:, [2, 3]].mean() < 1


def test_feet_that_stand_lie_on_the_floor_and_do_not_slide(take):
    path, _ = take
    found, contacts = read_take(path)
    joints = found.joints()
    heights = foot_heights(joints)
    assert abs(np.median(heights.min(1))) < 0.01 and heights.min() > -0.04
    toes = joints[:, [10, 11], :2]
    steps = np.linalg.norm(np.diff(toes, axis=0), axis=-1)
    planted = (contacts[1:, [2, 3]] > 0) & (contacts[:-1, [2, 3]] > 0)
    assert np.median(steps[planted]) < 0.003


def test_a_dancer_on_the_spot_stays_about_there(take):
    path, _ = take
    found, _ = read_take(path)
    assert np.ptp(found.trans[:, :2], axis=0).max() < 0.4


def test_a_take_whose_limbs_jump_is_refused_with_how_often(tmp_path, stepping):
    motion = stepping(100, seconds=6)
    poses = motion.poses.copy()
    for frame in range(60, 90, 3):
        poses[frame, [16, 17, 1, 2]] += 2.5
    save_bvh(replace(motion, poses=poses), tmp_path / "broken.bvh")
    with pytest.raises(UnsuitableInput, match=r"broken\.bvh: limbs jump in \d+ frames"):
        read_take(tmp_path / "broken.bvh")
