"""The parts of Bailando's way to hear music, on sound whose answer is known."""

import numpy as np
import pytest

from pipelines.music.features import SAMPLE_RATE
from pipelines.music.recipes.parts import parts_of

pytestmark = pytest.mark.filterwarnings("ignore:Trying to estimate tuning")


def a_chord_with_clicks(seconds=6.0, bpm=120.0):
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 0.2 * np.sin(2 * np.pi * 110.0 * time)  # an A
    random = np.random.default_rng(0).standard_normal(len(time))
    return (tone + 0.6 * random * np.exp(-(time % (60 / bpm)) / 0.01)).astype("f4")


def test_harmony_is_heard_in_the_harmonic_part_and_beats_in_the_percussive_one():
    parts = parts_of(a_chord_with_clicks(), 4)
    frames = 1 + int(6.0 * SAMPLE_RATE) // 512
    assert parts.mfcc.shape == (20, frames) and parts.chroma.shape == (12, frames)
    assert (parts.chroma[:, 20:-20].argmax(0) == 9).all()  # bins count from C
    beats = np.flatnonzero(parts.beats)
    np.testing.assert_allclose(np.diff(beats), 15, atol=1)
    near = parts.onsets[np.clip(beats[:, None] + np.arange(-1, 2), 0, frames - 1)].max(1)
    assert near.min() > 5 * np.median(parts.onsets)


def test_loudness_does_not_change_what_is_heard():
    """Decibels count from the song's loudest."""
    sound = a_chord_with_clicks(3.0)
    loud, quiet = parts_of(sound, 4), parts_of(0.5 * sound, 4)
    np.testing.assert_allclose(loud.mfcc, quiet.mfcc, atol=0.01)


def test_silence_has_no_beats():
    parts = parts_of(np.zeros(3 * SAMPLE_RATE, "f4"), 5)
    assert not parts.beats.any() and not parts.onsets.any()
    assert np.isfinite(parts.mfcc).all() and np.isfinite(parts.chroma).all()
