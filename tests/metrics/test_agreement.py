"""Agreement: Krippendorff's own example, two raters by hand, and what must hold for any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics.agreement import krippendorff_alpha, pairwise_agreement

N = np.nan
# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers.
EXAMPLE = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
])  # fmt: skip


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_krippendorffs_example(level, alpha):
    assert krippendorff_alpha(EXAMPLE, level) == pytest.approx(alpha, abs=5e-4)


def test_two_raters_by_hand():
    """Ten units, six alike; of 20 values 14 are 0 and 6 are 1: 1 - 19 * 8 / (2 * 14 * 6)."""
    one, other = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(np.array([one, other]), "nominal") == pytest.approx(1 - 152 / 168)
    assert pairwise_agreement(np.array([one, other])) == pytest.approx(0.6)


def test_nothing_to_agree_about():
    for values in (np.full((3, 4), 2.0), np.array([[1.0, N], [N, 2.0]]), np.full((2, 2), N)):
        assert np.isnan(krippendorff_alpha(values, "ordinal"))
    assert np.isnan(pairwise_agreement(np.array([[1.0, N], [N, 2.0]])))
    assert pairwise_agreement(np.full((3, 4), 2.0)) == 1


ratings = st.lists(
    st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, N]), min_size=6, max_size=6),
    min_size=2, max_size=5,
).map(np.array)  # fmt: skip


@given(ratings, st.sampled_from(["nominal", "ordinal", "interval"]), st.permutations(range(6)))
def test_order_and_scale_do_not_matter(values, level, order):
    alpha = krippendorff_alpha(values, level)
    other = krippendorff_alpha(values[::-1][:, order] * 10, level)
    assert other == pytest.approx(alpha, nan_ok=True)
    assert np.isnan(alpha) or alpha <= 1


def test_chance_is_nought():
    values = np.random.default_rng(0).integers(1, 6, (6, 3000)).astype(float)
    assert abs(krippendorff_alpha(values, "ordinal")) < 0.02
