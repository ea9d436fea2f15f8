"""Intervals, floors, chance levels and paired tests on sets whose answers are known."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.judgement import (
    FeatureSpace,
    chance_of_set,
    mean_estimate,
    score_difference,
    set_difference,
    set_estimate,
)
from pipelines.evaluation.profiles import SetRule
from pipelines.metrics.distributions import diversity, frechet_distance

RULE = SetRule(skip_constant=True)


def clips(rows, **scores):
    return [
        Clip(f"c{k:03}", {"k": row[None], "g": row[None, :2]},
             {name: float(values[k]) for name, values in scores.items()})
        for k, row in enumerate(rows)
    ]  # fmt: skip


def fid(space, clips):
    return frechet_distance(space.of(clips), space.truth)


def gauss(seed, count=60, dimensions=5, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).standard_normal((count, dimensions))


@pytest.mark.parametrize(("count", "expected"), [(20, 68), (40, 41), (186, 7), (1000, 1.8)])
def test_the_bias_of_small_sets_is_the_published_one(count, expected):
    # FID of N isotropic vectors in 66 dimensions to many of the same distribution.
    truth = clips(gauss(0, 2_000, 66))
    space = FeatureSpace(truth, "k", SetRule())
    found = [fid(space, clips(gauss(seed, count, 66))) for seed in range(1, 4)]
    assert np.mean(found) == pytest.approx(expected, rel=0.1)


def test_intervals_cover_the_truth():
    truth = clips(gauss(0, 4000))
    space = FeatureSpace(truth, "k", SetRule())
    shift = 0.5
    expected = 5 * shift**2
    inside = 0
    for seed in range(1, 31):
        estimate = set_estimate(partial(fid, space), clips(gauss(seed, 200, shift=shift)), seed)
        assert estimate.low <= estimate.value <= estimate.high
        inside += estimate.low - 0.1 <= expected <= estimate.high
    assert inside >= 26


def test_means_with_intervals_and_weights():
    values = np.array([1.0, 2.0, 3.0, np.nan])
    estimate = mean_estimate(values, 0)
    assert (estimate.value, estimate.n) == (2.0, 3)
    assert 1 <= estimate.low < 2 < estimate.high <= 3
    weighted = mean_estimate(values, 0, np.array([3.0, 0.0, 1.0, 9.0]))
    assert weighted.value == pytest.approx(1.5)
    assert np.isnan(mean_estimate(values[3:], 0).value)
    single = mean_estimate(values[:1], 0)
    assert single.value == 1 and np.isnan(single.low)


def test_floor_and_constant_features():
    rows = gauss(0)
    rows[:, 3] = 7.0
    space = FeatureSpace(clips(rows), "k", RULE)
    assert space.dimensions == 4
    assert 0 < space.floor(0) < 3
    # The feature that never varies in the truth does not blow the distance up.
    odd = rows.copy()
    odd[:, 3] = 8.0
    assert fid(space, clips(odd)) == pytest.approx(0, abs=1e-9)
    blown = FeatureSpace(clips(rows), "k", SetRule())
    assert fid(blown, clips(odd)) > 1e12


def beaten(score, chance):
    return Clip("x", scores={"bas": score}, chance=np.full(100, chance))


def test_chance_of_a_set():
    random = np.random.default_rng(0)
    found = chance_of_set([
        Clip(str(k), scores={"bas": 0.5}, chance=random.uniform(0.2, 0.4, 100)) for k in range(10)
    ])  # fmt: skip
    assert found.mean == pytest.approx(0.3, abs=0.02)
    assert found.p_value == pytest.approx(1 / 101)
    assert chance_of_set([beaten(0.3, 0.3)]).p_value == 1
    assert chance_of_set([Clip("silent")]) is None


def test_paired_differences():
    random = np.random.default_rng(1)
    base = random.normal(0, 5, 40)
    better = score_difference(base + 0.5 + random.normal(0, 0.3, 40), base, 0)
    assert better.p_value < 0.001
    assert better.low < 0.5 < better.high
    assert score_difference(base, base, 0).p_value == 1
    few = score_difference(np.array([1.0, 2, 3]), np.zeros(3), 0)
    assert few.p_value == pytest.approx(2 / 8)
    assert np.isnan(score_difference(np.ones(1), np.zeros(1), 0).p_value)


def test_p_values_of_no_difference_are_uniform():
    found = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        found.append(score_difference(random.normal(0, 1, 10), random.normal(0, 1, 10), 0).p_value)
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(found) == pytest.approx(0.5, abs=0.07)


def test_distances_of_two_systems():
    truth = clips(gauss(0, 200))
    space = FeatureSpace(truth, "k", RULE)
    near, far = clips(gauss(1, 80)), clips(gauss(2, 80, shift=1.0))
    found = set_difference(partial(fid, space), near, far, 0)
    assert found.value < 0
    assert found.high < 0
    assert found.p_value == pytest.approx(1 / 201)
    assert set_difference(partial(fid, space), near, clips(gauss(3, 80)), 0).p_value > 0.05


def test_without_a_rule_features_stay_as_they_are():
    rows = gauss(3, 30) * 50 + 7
    space = FeatureSpace(clips(rows), "k", None)
    assert (space.truth == rows).all()
    assert (space.of(clips(rows[:4])) == rows[:4]).all()


def test_each_set_by_itself_hides_a_shift():
    truth, far = clips(gauss(0)), clips(gauss(1, shift=9.0))
    own = FeatureSpace(truth, "k", SetRule(reference="own"))
    assert fid(own, far) < 1 < 100 < fid(FeatureSpace(truth, "k", SetRule()), far)
    assert diversity(own.of(far)) == pytest.approx(diversity(own.truth), rel=0.1)


def test_a_statistic_of_one_clip_is_not_a_number():
    space = FeatureSpace(clips(gauss(0)), "k", RULE)
    found = set_estimate(partial(fid, space), clips(gauss(1, 1)), 0)
    assert np.isnan(found.value) and found.n == 1
    assert np.isnan(set_difference(partial(fid, space), clips(gauss(1, 1)), clips(gauss(2, 1)), 0)
                    .value)  # fmt: skip
    three = set_estimate(partial(fid, space), clips(gauss(1, 3)), 0)
    assert np.isfinite(three.value) and np.isnan(three.low), "three clips have no interval"


@pytest.mark.parametrize("count", [5, 13, 14, 40])
def test_a_constant_difference_is_as_sure_as_its_clips_are_many(count):
    found = score_difference(np.full(count, 2.0), np.full(count, 1.5), 0)
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.5, 0.5, count)
    # All signs alike, or all turned: two of 2^N; above 13 clips signs are drawn.
    expected = 2 / 2**count if count <= 13 else 1 / 10_001
    assert found.p_value == pytest.approx(expected, abs=3e-4)


def test_clips_that_one_system_lacks_are_left_out_of_differences():
    found = score_difference(np.array([1.0, np.nan, 3.0]), np.array([0.5, 1.0, 2.5]), 0)
    assert (found.value, found.n) == (0.5, 2)


def test_differences_of_sets_turn_with_their_order():
    space = FeatureSpace(clips(gauss(0, 100)), "k", RULE)
    one, other = clips(gauss(1, 30)), clips(gauss(2, 30, shift=0.5))
    there = set_difference(partial(fid, space), one, other, 0)
    back = set_difference(partial(fid, space), other, one, 0)
    assert back.value == pytest.approx(-there.value)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    assert set_difference(partial(fid, space), one, one, 0).p_value == 1


def test_intervals_narrow_with_the_clips_and_repeat_with_the_seed():
    values = np.random.default_rng(0).normal(3, 1, 400)
    few, many = mean_estimate(values[:25], 0), mean_estimate(values, 0)
    assert many.high - many.low < 0.5 * (few.high - few.low)
    assert mean_estimate(values, 0) == many
    assert mean_estimate(values, 1).low != many.low


def test_clips_whose_chance_cannot_be_told_do_not_count():
    known = beaten(0.5, 0.3)
    odd = Clip("odd", scores={"bas": float("nan")}, chance=np.full(100, np.nan))
    assert chance_of_set([known, odd]) == chance_of_set([known])
    assert chance_of_set([odd]) is None


def test_an_interval_ends_where_values_end():
    scored = [Clip(str(n), {"k": np.array([[float(n % 9 > 0)]])}) for n in range(20)]

    def share(clips):
        return float(np.mean([clip.features["k"].mean() for clip in clips]))

    open_ended, bounded = set_estimate(share, scored, 0), set_estimate(share, scored, 0, most=1.0)
    assert open_ended.high > 1 == bounded.high
    assert (open_ended.low, open_ended.value) == (bounded.low, bounded.value)
