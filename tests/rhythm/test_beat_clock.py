"""Counting beats, and the hands of the clock that counts them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.music import layout
from pipelines.rhythm.beat_clock import PERIODS, SIZE, clock_hands, count_beats, half_a_beat_later


def features(frames, beats):
    values = np.zeros((frames, 35), dtype=np.float32)
    values[list(beats), layout.beats] = 1
    return values


def test_counts_from_the_first_beat_and_on_beyond_the_last():
    count = count_beats(features(80, range(10, 60, 10)))
    np.testing.assert_allclose(count, (np.arange(80) - 10) / 10, atol=1e-9)


def test_a_missed_beat_counts():
    whole = count_beats(features(80, range(0, 80, 10)))
    np.testing.assert_allclose(count_beats(features(80, [0, 10, 20, 40, 50, 60, 70])), whole)


def test_without_beats_the_clock_stands_at_nothing():
    for beats in ([], [5]):
        count = count_beats(features(20, beats))
        assert np.isnan(count).all()
        assert not clock_hands(count).any()


@given(count=st.floats(-50, 50), one=st.integers(0, 7), rounds=st.integers(-3, 3))
def test_hands_come_back_after_a_bar(count, one, rounds):
    bar = max(PERIODS)
    here, later = (clock_hands(np.array([c]), one) for c in (count, count + rounds * bar))
    np.testing.assert_allclose(here, later, atol=1e-4)
    np.testing.assert_allclose(here, clock_hands(np.array([count - one])), atol=1e-5)
    cos, sin = here[0, : SIZE // 2], here[0, SIZE // 2 :]
    np.testing.assert_allclose(cos**2 + sin**2, 1, atol=1e-5)


def test_on_one_all_hands_point_up():
    hands = clock_hands(np.array([3.0]), 3.0)[0]
    np.testing.assert_allclose(hands, [1] * len(PERIODS) + [0] * len(PERIODS), atol=1e-6)


def test_half_a_beat_later_the_song_is_the_same_but_for_its_beginning():
    values = features(60, range(5, 60, 10))
    values[:, 0] = np.arange(60)
    later = half_a_beat_later(values)
    np.testing.assert_array_equal(later[5:], values[:-5])
    np.testing.assert_array_equal(later[:5], values[5:10])
    turned = (count_beats(later) - count_beats(values))[15:55] % 1
    np.testing.assert_allclose(turned, 0.5)
    silent = features(20, [3])
    assert half_a_beat_later(silent) is silent
