import numpy as np
import pytest
import scipy.linalg

from pipelines.metrics.distributions import (
    diversity,
    frechet_distance,
    normalised,
    split_half_distance,
)
from pipelines.support.errors import UnsuitableInput


def gaussian(count, size, seed, scale=1.0, mean=0.0):
    return np.random.default_rng(seed).normal(mean, scale, (count, size))


def test_equals_the_textbook_formula_where_that_is_stable():
    mix = np.random.default_rng(3).normal(size=(8, 8))
    first, second = gaussian(200, 8, 0) @ mix, gaussian(150, 8, 1, 2.0, 0.5)
    s1, s2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    shift = first.mean(0) - second.mean(0)
    root = scipy.linalg.sqrtm(s1 @ s2)
    expected = shift @ shift + np.trace(s1 + s2 - 2 * root.real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_closed_form_in_one_dimension():
    first, second = gaussian(50, 1, 0), gaussian(60, 1, 1, 3.0, 2.0)
    a, b = first.std(ddof=1), second.std(ddof=1)
    expected = (first.mean() - second.mean()) ** 2 + (a - b) ** 2
    assert frechet_distance(first, second) == pytest.approx(expected)


def test_is_symmetric_zero_on_itself_and_finite_when_singular():
    few, many = gaussian(5, 72, 0), gaussian(400, 72, 1)
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(few, many) == pytest.approx(frechet_distance(many, few), rel=1e-6)
    assert np.isfinite(frechet_distance(few, few[:2]))


@pytest.mark.parametrize(
    ("count", "expected", "tolerance"), [(20, 68, 3), (40, 41, 3), (186, 7, 1), (1000, 1.8, 0.6)]
)
def test_small_sets_are_biased_as_the_spec_measured(count, expected, tolerance):
    truth = gaussian(5000, 66, 99)
    values = [frechet_distance(gaussian(count, 66, s), truth) for s in range(3)]
    assert np.mean(values) == pytest.approx(expected, abs=tolerance)


def test_two_small_sets_are_even_worse():
    values = [frechet_distance(gaussian(20, 66, s), gaussian(20, 66, 50 + s)) for s in range(5)]
    assert np.mean(values) == pytest.approx(82, abs=4)


def test_own_statistics_hide_a_shift_of_a_hundred():
    truth = gaussian(200, 75, 0)
    far = truth * 5 + 100 + gaussian(200, 75, 1, 1e-6)
    own = frechet_distance(normalised(far, far, 1e-4), normalised(truth, truth, 1e-4))
    honest = frechet_distance(normalised(far, truth), normalised(truth, truth))
    assert own < 1
    assert honest > 100_000
    # By construction sets that are normalised by themselves are about sqrt(2 d) wide.
    assert diversity(normalised(far, far)) == pytest.approx(np.sqrt(2 * 75), rel=0.02)


def test_normalised_reference_has_mean_zero_and_unit_deviation():
    reference = gaussian(30, 4, 0, 3.0, 7.0)
    biased, unbiased = normalised(reference, reference), normalised(reference, reference, 0, True)
    assert biased.mean(0) == pytest.approx(np.zeros(4), abs=1e-9)
    assert biased.std(0) == pytest.approx(np.ones(4))
    assert unbiased.std(0, ddof=1) == pytest.approx(np.ones(4))


def test_diversity_is_the_mean_over_pairs():
    features = gaussian(9, 5, 2)
    pairs = [np.linalg.norm(features[i] - features[j]) for i in range(9) for j in range(i + 1, 9)]
    assert diversity(features) == pytest.approx(np.mean(pairs))


def test_split_halves_of_one_set_stay_below_another_set():
    truth = gaussian(200, 6, 0)
    floor = split_half_distance(truth, seed=1)
    assert 0 < floor < frechet_distance(gaussian(100, 6, 5, mean=1.0), truth)
    assert floor == split_half_distance(truth, seed=1)


def test_too_few_or_unlike_features_are_refused():
    with pytest.raises(UnsuitableInput, match="1 motions"):
        diversity(gaussian(1, 4, 0))
    with pytest.raises(UnsuitableInput, match="66 and 72"):
        frechet_distance(gaussian(5, 66, 0), gaussian(5, 72, 0))
