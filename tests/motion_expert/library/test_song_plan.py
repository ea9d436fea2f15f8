from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.library.song_plan import FASTEST, SLOWEST, plan_song
from pipelines.music import layout
from pipelines.music.beats import TRACKER_LAG_SECONDS

Features = Callable[..., np.ndarray]


@pytest.mark.parametrize(
    ("bpm", "counted"), [(120, 120), (90, 90), (40, 80), (220, 110), (200, 100), (166, 166)]
)
def test_counts_at_a_rate_that_people_dance(song: Features, bpm: float, counted: float) -> None:
    plan = plan_song(song(30, bpm))
    assert plan.steady
    assert plan.bpm == pytest.approx(counted, rel=0.01)


def test_whole_bars_hold_the_song(song: Features) -> None:
    plan = plan_song(song(12, 120))
    assert len(plan.pulses) == plan.bars * plan.per_bar + 1
    assert plan.pulses[0] <= 0.2 < plan.pulses[plan.per_bar]
    assert plan.pulses[-plan.per_bar - 1] < 11.8 <= plan.pulses[-1]


def test_bars_begin_on_the_strong_beat(song: Features) -> None:
    plan = plan_song(song(24, 120, delay=0.6))
    first = plan.pulses[plan.pulses > 0.3][:8] + TRACKER_LAG_SECONDS
    starts = plan.pulses[:: plan.per_bar] + TRACKER_LAG_SECONDS
    assert np.abs(starts - 0.6).min() < 0.05
    assert np.abs(first - 0.6).min() < 0.05


def test_hears_a_waltz(song: Features) -> None:
    assert plan_song(song(30, 150, per_bar=3)).per_bar == 3
    assert plan_song(song(30, 120, per_bar=4)).per_bar == 4


def test_a_repeated_bar_is_mirrored_and_a_repeated_phrase_comes_again(song: Features) -> None:
    plan = plan_song(song(40, 120, form="aabcdefgaabcdefg", delay=0.05))
    assert abs(plan.pulses[0]) < 0.1
    assert plan.mirror_of[1] == 0
    assert plan.same_as[8:12].tolist() == [0, 1, 2, 3]
    assert (plan.same_as[:8] == -1).all()


def test_a_phrase_danced_to_the_other_side_at_once_and_again_later(song: Features) -> None:
    """A A B A: A, A mirrored, B, A as at first."""
    first, other = "abcd", "efgh"
    plan = plan_song(song(32.05, 120, form=first + first + other + first, delay=0.05))
    assert plan.mirror_of.tolist() == [-1] * 4 + [0, 1, 2, 3] + [-1] * 8
    assert plan.same_as.tolist() == [-1] * 12 + [0, 1, 2, 3]


@pytest.mark.parametrize("form", ["abcd", "aaaa", "abab"])
def test_what_is_repeated_for_ever_is_not_danced_for_ever(song: Features, form: str) -> None:
    plan = plan_song(song(80, 120, form=form, delay=0.05))
    new = (plan.same_as < 0) & (plan.mirror_of < 0)
    assert new.mean() > 0.25
    assert new[len(new) // 2 :].any()


def test_a_song_that_changes_its_tempo_is_counted_all_through(song: Features) -> None:
    features = np.concatenate([song(16, 96, delay=0.0), song(16, 132, delay=0.0)])
    plan = plan_song(features)
    heard = np.flatnonzero(features[:, 33]) / 30 - TRACKER_LAG_SECONDS
    inner = heard[(heard > 1) & (heard < 31) & (np.abs(heard - 16) > 1.5)]
    away = np.abs(plan.pulses[:, None] - inner).min(0)
    assert np.median(away) < 0.06
    assert np.diff(plan.pulses).min() < 0.5 < np.diff(plan.pulses).max()


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 40), st.sampled_from([0.0, 30.0, 47.0, 111.0, 240.0]))
def test_any_song_can_be_counted(seconds: float, bpm: float) -> None:
    features = np.zeros((max(1, round(seconds * 30)), 35), np.float32)
    if bpm:
        features[:: round(1800 / bpm), 33:35] = 1
    plan = plan_song(features)
    assert (np.diff(plan.pulses) > 0).all()
    assert SLOWEST * 0.8 <= plan.bpm <= FASTEST * 1.2
    assert plan.pulses[0] <= 0.2 and plan.pulses[-1] >= len(features) / 30 - 0.2
    assert np.isfinite(plan.energy).all() and np.isfinite(plan.accents).all()


def test_silence_has_no_steady_beat() -> None:
    assert not plan_song(np.zeros((300, 35), np.float32)).steady


def test_where_the_music_stops_for_a_moment(song: Features) -> None:
    """Two beats of nothing within a song; not its faded end, nor eight beats of silence."""
    features = song(32, 120, delay=0.0)
    features[:, layout.mfcc.start] += 100

    def silence(first: float, last: float) -> None:
        features[round(first * 15) : round(last * 15), layout.envelope] = 0
        features[round(first * 15) : round(last * 15), layout.mfcc.start] -= 300

    for first, last in ((10, 12), (24, 32), (60, 64)):
        silence(first, last)
    plan = plan_song(features)
    stops = plan.stops.ravel()
    at = plan.pulses[:-1][stops] * 2
    assert len(at) in (1, 2) and ((at > 9.5) & (at < 11.5)).all()
    assert not plan_song(song(32, 120)).stops.any()
