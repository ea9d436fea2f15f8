"""Dancers put onto the floor, and floating taken out of dances without flattening leaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.feet import foot_heights
from pipelines.motion.grounding import on_floor, settled


def raised(motion, height):
    trans = motion.trans.copy()
    trans[:, 2] += np.asarray(height, dtype=np.float32)
    return replace(motion, trans=trans)


@pytest.mark.parametrize("height", [-3.0, -0.2, 0.0, 0.5, 40.0])
def test_wherever_a_file_has_its_floor_ours_is_at_zero(standing, height):
    on = on_floor(raised(standing(60), height))
    assert foot_heights(on.joints()).min() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("seed", "height"), [(0, -5.0), (1, 0.31), (2, 4.0)])
def test_height_is_forgotten_and_twice_is_once(swaying, seed, height):
    motion = swaying(40, seed=seed)
    first = on_floor(motion)
    np.testing.assert_allclose(on_floor(raised(motion, height)).trans, first.trans, atol=2e-5)
    np.testing.assert_allclose(on_floor(first).trans, first.trans, atol=2e-6)


def test_only_the_height_changes(swaying):
    motion = raised(swaying(40), 2.0)
    on = on_floor(motion)
    np.testing.assert_array_equal(on.poses, motion.poses)
    np.testing.assert_array_equal(on.trans[:, :2], motion.trans[:, :2])
    assert np.ptp(on.trans[:, 2] - motion.trans[:, 2]) < 1e-6
    assert (on.fps, on.source) == (motion.fps, motion.source)


def test_a_leap_does_not_lift_the_floor(standing):
    motion = standing(90)
    leap = 0.5 * np.sin(np.clip((np.arange(90) - 40) / 12, 0, 1) * np.pi)
    on = on_floor(raised(motion, 1.0 + leap))
    lowest = foot_heights(on.joints()).min(1)
    assert np.abs(lowest[:40]).max() < 1e-3
    assert lowest.max() == pytest.approx(0.5, abs=1e-3)


def test_a_dancer_on_the_floor_is_left_there(standing):
    motion = on_floor(standing(60))
    np.testing.assert_allclose(settled(motion).trans, motion.trans, atol=1e-5)


def test_floating_is_taken_out(standing):
    motion = on_floor(standing(120))
    float_up = 0.3 * np.clip((np.arange(120) - 30) / 30, 0, 1)
    calm = settled(raised(motion, float_up))
    assert np.abs(foot_heights(calm.joints()).min(1)[70:]).max() < 0.01


@pytest.mark.parametrize("frames", [6, 10, 14])
def test_leaps_keep_their_height(standing, frames):
    motion = on_floor(standing(90))
    share = np.clip((np.arange(90) - 40) / frames, 0, 1)
    leap = 0.35 * np.sin(np.pi * share)
    calm = settled(raised(motion, leap))
    np.testing.assert_allclose(calm.trans, raised(motion, leap).trans, atol=0.02)


def test_what_sinks_in_is_not_pushed_up(standing):
    sunk = raised(on_floor(standing(60)), -0.1)
    np.testing.assert_array_equal(settled(sunk).trans, sunk.trans)


def test_the_way_down_has_no_jolt(standing):
    motion = on_floor(standing(120))
    thrown = raised(motion, np.where(np.arange(120) < 60, 0.0, 0.3))
    path = settled(thrown).trans[:, 2] - motion.trans[:, 2]
    # What remains of the jump at 60 is that of the capture; the way down is smooth.
    assert np.abs(np.diff(path[66:], n=2)).max() < 0.02


@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_half_a_second_counts_at_any_rate(standing, fps):
    motion = on_floor(standing(round(4 * fps), fps))
    seconds = np.arange(motion.frames) / fps
    leap = 0.3 * np.sin(np.pi * np.clip((seconds - 1) / 0.4, 0, 1))
    floating = 0.3 * ((seconds > 2) & (seconds < 3.5))
    lowest = foot_heights(settled(raised(motion, leap + floating)).joints()).min(1)
    assert lowest[(seconds > 1) & (seconds < 1.4)].max() > 0.27
    assert lowest[(seconds > 2.4) & (seconds < 3.1)].max() < 0.05


def test_a_single_frame_can_be_set_down(standing):
    alone = raised(standing(1), 5.0)
    assert foot_heights(on_floor(alone).joints()).min() == pytest.approx(0, abs=1e-4)
    assert settled(alone).frames == 1
