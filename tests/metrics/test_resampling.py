import numpy as np
import pytest

from pipelines.metrics.resampling import bootstrap_interval


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
