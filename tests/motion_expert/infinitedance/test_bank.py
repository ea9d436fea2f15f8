"""Who is found, who may not be, and what becomes of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.infinitedance.bank import Bank, blended, rank_weights, turned_alike
from pipelines.support.errors import UnsuitableInput


def unit(*angles):
    return np.array([[np.cos(a), np.sin(a)] for a in angles], np.float32)


def bank():
    """Windows at 0, 10, ... 50 degrees; two a recording; the last recording is of style 1."""
    return Bank(
        unit(*np.radians([0, 10, 20, 30, 40, 50])),
        np.zeros((6, 1, 3), np.int16),
        np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2, 2]), ("a", "b", "c"), "digest",
    )  # fmt: skip


def test_the_nearest_come_first():
    rows, cosine = bank().found(unit(np.radians(12))[0], 3)
    assert rows.tolist() == [1, 2, 0]
    np.testing.assert_allclose(cosine, np.cos(np.radians([2, 8, 12])), atol=1e-6)


def test_style_and_own_recording_are_kept_out():
    query = unit(np.radians(12))[0]
    assert bank().found(query, 2, genre=1)[0].tolist() == [4, 5]
    assert bank().found(query, 2, without=["a"])[0].tolist() == [2, 3]
    assert bank().found(query, 2, without=["a", "b", "elsewhere"])[0].tolist() == [4, 5]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 999), count=st.integers(1, 20))
def test_as_a_plain_sort_would(seed, count):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(30, 5)).astype(np.float32)
    own = random.integers(0, 6, 30)
    made = Bank(vectors, np.zeros((30, 1, 3), np.int16), own, own, tuple("abcdef"))
    rows, _ = made.found(vectors[0], count, without=["f"])
    order = [r for r in np.argsort(-(vectors @ vectors[0]), kind="stable") if own[r] != 5]
    assert rows.tolist() == order[:count]


def test_a_miss_is_an_error_never_zeros():
    with pytest.raises(UnsuitableInput, match="has 2 windows of that style"):
        bank().found(unit(0)[0], 3, genre=1)
    with pytest.raises(UnsuitableInput, match="has 0 windows"):
        bank().found(unit(0)[0], 1, genre=1, without=["c"])


def test_another_tokenizer():
    bank().check_tokenizer("digest")
    with pytest.raises(UnsuitableInput, match="another tokenizer"):
        bank().check_tokenizer("other")


def test_weights_fall_from_the_best():
    np.testing.assert_allclose(rank_weights(4), [0.4, 0.3, 0.2, 0.1])
    assert rank_weights(10).sum() == pytest.approx(1)
    found = np.stack([np.full((4, 2), n, np.float32) for n in (10, 20, 30)])
    np.testing.assert_allclose(blended(found, "weighted"), (10 * 3 + 20 * 2 + 30) / 6)
    np.testing.assert_array_equal(blended(found, "first"), found[0])


def test_averages_cancel_what_is_out_of_step_unless_it_is_aligned():
    time = np.arange(120)
    beats = [np.arange(start, 120, 15.0) for start in (0, 7, 11)]
    found = np.stack([np.cos(2 * np.pi * (time - b[0]) / 15)[:, None] for b in beats]).astype(
        np.float32
    )
    apart, together = blended(found, "weighted"), blended(found, "aligned", beats)
    assert together.std() > 0.95 * found[0].std() > 2 * apart.std()
    np.testing.assert_allclose(together[:, 0], found[0][:, 0], atol=0.35)


def test_dances_without_beats_stay_where_they_are():
    found = np.random.default_rng(0).normal(size=(2, 8, 3)).astype(np.float32)
    none = [np.zeros(0), np.zeros(0)]
    np.testing.assert_array_equal(blended(found, "aligned", none), blended(found, "weighted"))


def test_yaw_is_taken_out_before_an_average():
    found = np.ones((2, 4, 264), np.float32)
    alike = turned_alike(found)
    assert (alike[..., 1] == 0).all()
    assert (alike[..., 2:] == 1).all()
    assert (found == 1).all()


def test_a_style_has_enough_where_every_recording_of_it_finds_that_many_others():
    assert bank().enough(0, 2)
    assert not bank().enough(0, 3)
    assert not bank().enough(1, 1)
    assert not bank().enough(7, 1)
