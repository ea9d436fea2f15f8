"""Beats of a click track by every recipe."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.music.beat_recipes import RECIPES, beats_by_recipe
from pipelines.music.beats import beat_times
from pipelines.music.features import song_features


@pytest.fixture(scope="module")
def clicks(tmp_path_factory):
    """Ten seconds of clicks at 120 beats a minute."""
    rate = 22050
    samples, click = np.zeros(10 * rate), np.arange(400)
    for start in range(0, len(samples), rate // 2):
        samples[start : start + 400] = 0.8 * np.sin(click * 0.5) * np.exp(-click / 80)
    path = tmp_path_factory.mktemp("clicks") / "clicks.wav"
    write_wav(path, samples, rate)
    return path


@pytest.mark.parametrize("recipe", RECIPES)
def test_clicks_are_heard(clicks, recipe) -> None:
    beats = beats_by_recipe(clicks, recipe)
    steps = np.diff(beats)
    assert len(beats) > 12
    assert np.median(steps) == pytest.approx(0.5, abs=0.07)
    off = np.abs(beats - np.round(beats * 2) / 2)
    assert np.median(off) < (0.035 if recipe == "strict" else 0.13)


def test_mace_recipe_is_column_34_of_the_features(clicks) -> None:
    assert beats_by_recipe(clicks, "mace") == pytest.approx(beat_times(song_features(clicks)))


def test_mace_2d_beats_lie_on_sixteenths_of_a_second(clicks) -> None:
    beats = beats_by_recipe(clicks, "mace-2d") * 16
    assert beats == pytest.approx(np.round(beats))


def test_silence_has_no_beats(tmp_path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(60_000), 16_000)
    for recipe in RECIPES:
        assert len(beats_by_recipe(tmp_path / "silence.wav", recipe)) == 0
