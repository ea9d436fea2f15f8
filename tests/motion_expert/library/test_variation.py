"""Legs of one dance and trunk of another: which bars, where they pass, and what stays."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.motion_expert.library.variation import (
    bars_varied,
    share_of_other,
    with_trunk_of,
)

LEGS = [0, 1, 2, 4, 5, 7, 8, 10, 11]
TRUNK = [joint for joint in range(24) if joint not in LEGS]


def moving(seed: int, frames: int = 60) -> Motion:
    random = np.random.default_rng(seed)
    poses = random.normal(size=(frames, 24, 3)).astype(np.float32) * 0.5
    return Motion(poses, np.zeros((frames, 3), np.float32), 30.0)


def test_more_variation_takes_more_bars_and_keeps_those_that_it_had():
    few, many = bars_varied(400, 0.2, 7), bars_varied(400, 0.6, 7)
    assert few.mean() == pytest.approx(0.2, abs=0.07) and many.mean() == pytest.approx(
        0.6, abs=0.07
    )
    assert (many | ~few).all()
    assert not bars_varied(40, 0.0, 7).any() and bars_varied(40, 1.0, 7).all()
    assert (bars_varied(40, 0.5, 1) != bars_varied(40, 0.5, 2)).any()


def test_the_passage_lies_at_the_ends_of_bars(song):
    plan = plan_song(song(20, 120, form="abcdefgh"))
    varied = np.arange(plan.bars) == 3
    share = share_of_other(plan, varied, 600)
    first, last = plan.pulses[3 * plan.per_bar], plan.pulses[4 * plan.per_bar]
    seconds = np.arange(600) / 30
    inside = (seconds > first + 0.4) & (seconds < last - 0.4)
    outside = (seconds < first - 0.6) | (seconds > last + 0.6)
    assert share[inside].min() > 0.99 and share[outside].max() == 0
    assert np.abs(np.diff(share)).max() < 0.15
    assert share[round(first * 30)] == pytest.approx(0.5, abs=0.15)


def test_all_or_no_bars_pass_nowhere(song):
    plan = plan_song(song(12, 120))
    for flag in (False, True):
        share = share_of_other(plan, np.full(plan.bars, flag), 360)
        assert share == pytest.approx(float(flag))


def test_legs_stay_and_the_trunk_is_the_other_s():
    one, other = moving(0), moving(1)
    mixed = with_trunk_of(one, other, np.ones(60))
    np.testing.assert_array_equal(mixed.poses[:, LEGS], one.poses[:, LEGS])
    np.testing.assert_array_equal(mixed.trans, one.trans)
    np.testing.assert_allclose(mixed.poses[:, TRUNK], other.poses[:, TRUNK], atol=1e-5)
    assert JOINT["spine1"] in TRUNK and JOINT["left_foot"] in LEGS


def test_frames_without_a_share_stay_bit_by_bit():
    one, other = moving(0), moving(1)
    share = np.where(np.arange(60) < 30, 0.0, 0.5)
    mixed = with_trunk_of(one, other, share)
    assert mixed.poses[:30].tobytes() == one.poses[:30].tobytes()
    assert (mixed.poses[30:, TRUNK] != one.poses[30:, TRUNK]).any()


def test_half_way_is_half_the_turn():
    one = Motion(np.zeros((1, 24, 3), np.float32), np.zeros((1, 3), np.float32), 30.0)
    turned = np.zeros((1, 24, 3), np.float32)
    turned[:, 16, 2] = 1.0
    other = Motion(turned, np.zeros((1, 3), np.float32), 30.0)
    mixed = with_trunk_of(one, other, np.array([0.5]))
    assert mixed.poses[0, 16] == pytest.approx([0, 0, 0.5], abs=1e-6)
