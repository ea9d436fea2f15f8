from __future__ import annotations

import numpy as np
import pytest

from pipelines.music import compose as composer
from pipelines.music import instruments as play
from pipelines.music.beats import beat_times, tempo_of_beats
from pipelines.music.compose import compose, compose_stereo
from pipelines.music.features import extract_features
from pipelines.music.instruments import RATE, hertz
from pipelines.music.styles import STYLES
from pipelines.support.errors import BadUsage


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_keeps_the_tempo_that_was_asked(style: str) -> None:
    song = compose(16.0, 112.0, style, seed=3)
    assert song.shape == (16 * RATE,) and song.dtype == np.float32
    assert 0.3 < np.abs(song).max() < 0.98
    assert 0.08 < np.sqrt((song**2).mean()) < 0.25
    assert abs(song.mean()) < 1e-3
    beats = beat_times(extract_features(song, RATE))
    assert tempo_of_beats(beats) == pytest.approx(112.0, rel=0.02)
    phase = np.exp(2j * np.pi * beats * 112.0 / 60).mean()
    assert abs(phase) > 0.8
    assert 0.0 <= np.angle(phase) / (2 * np.pi) * 60 / 112 < 0.08


def test_same_seed_same_song_other_seed_another() -> None:
    first, again = (compose(6, 120, "pop", seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - compose(6, 120, "pop", seed=2)).max() > 0.1


def test_accents_are_heard_where_asked() -> None:
    plain = compose_stereo(8, 120, "folk", seed=0, energy=np.zeros(8))
    marked = compose_stereo(8, 120, "folk", 0, accents=np.array([5.02]), energy=np.zeros(8))
    change = np.abs(marked - plain).sum(axis=1)
    before, after = change[int(2 * RATE) : int(4.99 * RATE)], change[5 * RATE : int(5.2 * RATE)]
    assert after.mean() > 10 * before.mean()


def test_energy_fills_the_bars() -> None:
    song = compose(16, 120, "house", 0, energy=np.array([0.2, 1.0] * 4))
    bars = song.reshape(8, -1)
    loud = np.sqrt((bars**2).mean(axis=1))
    assert loud[1::2].min() > loud[::2].max()


def test_starts_and_ends_without_a_click_and_is_in_stereo() -> None:
    song = compose_stereo(5, 100, "salsa", 4)
    assert song.shape == (5 * RATE, 2)
    assert np.abs(song[-1]).max() < 1e-3
    assert np.abs(song[:, 0] - song[:, 1]).max() > 0.02


def test_refuses_what_it_cannot_play() -> None:
    for arguments in ((10, 120, "polka"), (10, 10), (10, 500), (0, 120), (5000, 120)):
        with pytest.raises(BadUsage):
            compose(*arguments)


def test_pitch() -> None:
    assert hertz(69) == 440.0
    assert hertz(81) == pytest.approx(880.0)


class Score:
    """Stands in for the mixer and writes down which note was placed when."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.notes = seconds, []

    def add(self, note, seconds, gain, pan=0.0, send=0.0) -> None:
        self.notes.append((note, seconds, gain))

    def mastered(self, rng):
        return np.zeros((round(self.seconds * RATE), 2), np.float32)


@pytest.fixture
def score(monkeypatch):
    """Compose a song and give its score instead of its sound."""

    def write(*arguments, **options) -> Score:
        made: list[Score] = []

        def mixer(seconds: float) -> Score:
            made.append(Score(seconds))
            return made[0]

        monkeypatch.setattr(composer, "Mixer", mixer)
        compose_stereo(*arguments, **options)
        return made[0]

    return write


def times(score: Score, note) -> np.ndarray:
    """When this very note is played; notes are made once and shared."""
    return np.array(sorted(seconds for other, seconds, _ in score.notes if other is note))


@pytest.mark.parametrize("bpm", [60.0, 97.3, 128.0, 180.0])
def test_the_kick_of_house_is_the_beat(score, bpm):
    kicks = times(score(20, bpm, "house", 0), play.kick())
    np.testing.assert_allclose(kicks, np.arange(len(kicks)) * 60 / bpm)
    assert len(kicks) >= 20 * bpm / 60 - 1


def test_swing_delays_every_second_sixteenth(score):
    sixteenth = 15.0 / 90
    hats = times(score(12, 90, "hiphop", 0), play.hat()) / sixteenth
    offsets = {round(float((at + 1e-6) % 1), 3) for at in hats}
    assert offsets == {0.0, 0.25}
    late = hats[np.abs(hats % 1 - 0.25) < 1e-6] - 0.25
    assert (np.round(late) % 2 == 1).all()


def test_calm_bars_keep_the_beat_and_drop_the_decoration(score):
    calm = score(8, 120, "house", 0, energy=np.zeros(4))
    full = score(8, 120, "house", 0, energy=np.ones(4))
    np.testing.assert_allclose(times(calm, play.kick()), times(full, play.kick()))
    assert len(times(calm, play.shaker())) == 0 < len(times(full, play.shaker()))
    gains = [next(g for n, _, g in s.notes if n is play.kick()) for s in (calm, full)]
    assert gains[0] == pytest.approx(0.6 * gains[1])


def test_a_lively_phrase_ends_with_a_fill_and_a_calm_one_does_not(score):
    bar = 4 * 60 / 120
    lively = times(score(16, 120, "house", 0, energy=np.ones(8)), play.snare())
    np.testing.assert_allclose(
        lively, [k * bar + step * bar / 16 for k in (3, 7) for step in (13, 14, 15)]
    )
    assert len(times(score(16, 120, "house", 0, energy=np.full(8, 0.5)), play.snare())) == 0


def test_energy_begins_soft_rises_and_breathes_every_sixteenth_bar(score):
    kicks = [
        (seconds, gain)
        for note, seconds, gain in score(64, 120, "house", 0).notes
        if note is play.kick()
    ]
    loud = {round(seconds / 2): gain for seconds, gain in kicks if seconds % 2 == 0}
    assert loud[0] < loud[1] < loud[2] == loud[3]
    assert loud[15] < loud[14] == loud[16]


def test_too_little_energy_is_repeated_and_too_much_cut(score):
    once = score(8, 120, "pop", 0, energy=np.array([0.2, 1.0]))
    twice = score(8, 120, "pop", 0, energy=np.array([0.2, 1.0] * 9))
    assert [n[1:] for n in once.notes] == [n[1:] for n in twice.notes]


def test_accents_fall_on_the_nearest_eighth_once(score):
    given = np.array([1.02, 0.98, 3.13, 3.1])
    crashes = times(score(8, 120, "folk", 0, accents=given), play.crash())
    np.testing.assert_allclose(crashes, [1.0, 3.0, 3.25])


def test_another_seed_keeps_the_drums_and_changes_the_notes(score):
    first, second = (score(8, 110, "salsa", seed) for seed in (0, 5))
    for drum in (play.kick(), play.clave(), play.conga()):
        np.testing.assert_array_equal(times(first, drum), times(second, drum))
    assert {id(n) for n, _, _ in first.notes} != {id(n) for n, _, _ in second.notes}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_chords_are_triads_of_one_octave_and_the_bass_lies_below(score, style, monkeypatch):
    sung: dict[str, list[float]] = {}
    for name in ("bass", "piano", "pluck", "pad", "lead"):
        voice = getattr(play, name)

        def heard(pitch, seconds, *more, voice=voice, name=name):
            sung.setdefault(name, []).append(pitch)
            return voice(pitch, seconds, *more)

        monkeypatch.setattr(play, name, heard)
    score(8, 120, style, 3)
    assert min(sung["bass"]) >= 34 and max(sung["bass"]) <= 45 + 12
    chords = sung[STYLES[style].chord_voice]
    assert min(chords) >= 57
    if STYLES[style].chord_voice != STYLES[style].lead_voice:
        assert max(chords) < 69
        assert len({pitch % 12 for pitch in chords[:3]}) == 3
    melody = sung[STYLES[style].lead_voice]
    assert max(melody) < 100


def test_the_length_is_to_the_sample():
    for seconds in (0.5, 1.2345, 3.0):
        assert len(compose_stereo(seconds, 120)) == round(seconds * RATE)
