import numpy as np
import pytest
from quality.clips import FPS, Clip
from quality.locking import foreign_locking, own_locking, response

SECONDS = 12.0


def stepping(bpm: float, lag: float = 0.0, song: str = "a", noise: float = 0.0) -> Clip:
    """A body whose feet rest on each beat, moved by `lag` seconds against its own beats."""
    seconds = np.arange(int(SECONDS * FPS)) / FPS
    period = 60 / bpm
    phase = 2 * np.pi * (seconds - lag) / period
    forward = 0.3 * (seconds - period / (2 * np.pi) * np.sin(phase))
    joints = np.zeros((len(seconds), 24, 3))
    joints[..., 0] = forward[:, None]
    joints += noise * np.random.default_rng(0).standard_normal(joints.shape)
    return Clip(joints, np.arange(0, SECONDS, period), "walk", song, song)


def test_dances_that_rest_on_the_beat_lock_with_their_speed_peaking_between_beats():
    found = own_locking([stepping(bpm, song=str(bpm)) for bpm in (96, 110, 128)], "feet")
    assert found.resultant == pytest.approx(1.0, abs=0.01)
    assert abs(found.phase) == pytest.approx(np.pi, abs=0.05)
    assert found.interval[0] > 0.98


def test_half_a_beat_turns_the_phase_by_half_a_circle():
    clips = [stepping(bpm, lag=0.1, song=str(bpm)) for bpm in (96, 110, 128)]
    turn = own_locking(clips, "feet", half_beat=True).phase - own_locking(clips, "feet").phase
    assert np.cos(turn) == pytest.approx(-1.0, abs=0.01)


def test_dances_that_agree_on_no_phase_do_not_lock_together_though_each_does_alone():
    clips = [stepping(120, lag=lag, song=str(lag)) for lag in np.arange(8) / 16]
    found = own_locking(clips, "body")
    assert found.resultant < 0.1
    assert found.single > 0.95


def test_foreign_songs_do_not_fit():
    clips = [stepping(bpm, song=str(bpm)) for bpm in (96, 110, 128)]
    songs = {clip.song: clip.beats for clip in clips}
    pooled, single = foreign_locking(clips, songs, "feet")
    assert pooled < 0.3
    assert single < 0.3


def test_a_song_at_twice_the_tempo_is_not_foreign():
    clips = [stepping(60)]
    assert foreign_locking(clips, {"double": np.arange(0, SECONDS, 0.5)}, "feet") == (0.0, 0.0)


@pytest.mark.parametrize("delay", [4, 8, 12])
def test_a_dance_that_follows_its_song_answers_with_the_songs_delay(delay):
    before = [stepping(bpm, song=str(bpm)) for bpm in (96, 110, 128)]
    after = [stepping(bpm, lag=delay / FPS, song=str(bpm)) for bpm in (96, 110, 128)]
    found = response(before, after, [delay] * 3)
    assert found.answer == pytest.approx(found.delay, abs=0.05)
    assert found.lag_correlation > 0.95 > found.still_correlation
    assert found.interval[0] <= found.answer <= found.interval[1]


def test_a_dance_that_ignores_its_song_answers_nothing():
    clips = [stepping(bpm, song=str(bpm)) for bpm in (96, 110, 128)]
    found = response(clips, clips, [7] * 3)
    assert found.answer % 1 == pytest.approx(0.0, abs=1e-9)
    assert found.still_correlation == pytest.approx(1.0)
