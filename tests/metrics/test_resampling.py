import numpy as np
import pytest

from pipelines.metrics.resampling import bootstrap_interval, crossed_interval


def test_interval_of_a_mean_is_the_textbooks():
    values = np.random.default_rng(0).normal(3, 2, 400)
    low, high = bootstrap_interval(np.mean, values, repeats=2000)
    half = 1.96 * values.std(ddof=1) / 20
    assert low == pytest.approx(values.mean() - half, abs=0.03)
    assert high == pytest.approx(values.mean() + half, abs=0.03)


def test_covers_the_truth_about_as_often_as_promised():
    random = np.random.default_rng(1)
    hits = 0
    for trial in range(100):
        low, high = bootstrap_interval(np.mean, random.normal(size=50), seed=trial, repeats=300)
        hits += low < 0 < high
    assert 85 <= hits <= 100


def test_nan_is_left_out():
    assert np.isnan(bootstrap_interval(np.mean, np.array([np.nan]))).all()
    low, high = bootstrap_interval(np.mean, np.array([1.0, np.nan, 1.0]))
    assert (low, high) == (1, 1)


def test_judgements_of_one_person_are_not_independent():
    """Ten people of whom each says the same a hundred times: ten judgements, not a thousand."""
    said = np.random.default_rng(2).normal(size=10)
    raters, clips = np.repeat(np.arange(10), 100), np.tile(np.arange(100), 10)
    low, high = crossed_interval(np.repeat(said, 100), raters, clips)
    alone = bootstrap_interval(np.mean, said, repeats=2000)
    assert (low, high) == pytest.approx(alone, abs=0.06)
    turned = crossed_interval(np.repeat(said, 100), clips, raters)
    assert turned == pytest.approx((low, high), abs=0.06)


def test_crossed_intervals_cover_the_truth_at_least_as_often_as_promised():
    """People, clips and chance each move a judgement; the interval is known to be a little wide."""
    random = np.random.default_rng(3)
    raters, clips = np.repeat(np.arange(20), 15), np.tile(np.arange(15), 20)
    hits = 0
    for trial in range(100):
        leaning, liking = random.normal(0, 0.3, 20), random.normal(0, 0.3, 15)
        values = leaning[raters] + liking[clips] + random.normal(0, 1, 300)
        low, high = crossed_interval(values, raters, clips, seed=trial, repeats=400)
        hits += low < 0 < high
    assert 90 <= hits <= 100


def test_sparse_and_missing_judgements():
    assert np.isnan(crossed_interval(np.zeros(0), np.zeros(0), np.zeros(0))).all()
    assert crossed_interval(np.ones(3), np.arange(3), np.arange(3)) == (1, 1)
