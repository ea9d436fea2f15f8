from __future__ import annotations

import numpy as np
import pytest

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
