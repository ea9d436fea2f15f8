"""Beats of a click track by every recipe."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.music import beat_recipes
from pipelines.music.beat_recipes import RECIPES, beats_by_recipe
from pipelines.music.beats import TRACKER_LAG_SECONDS, beat_times
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


@pytest.mark.parametrize("recipe", ["strict", "mace", "mace-2d"])
def test_a_later_start_counts_from_there(clicks, recipe) -> None:
    """Clicks lie at multiples of half a second, so a start a quarter later moves them by that."""
    part = beats_by_recipe(clicks, recipe, start=2.25, duration=5.0)
    assert part.min() >= 0 and part.max() < 5.0
    lag = 0.035 if recipe == "strict" else 0.13
    off = part % 0.5 - 0.25
    assert np.median(np.abs(off)) < lag
    assert len(part) <= 10


def test_strict_is_mace_without_the_tracker_s_lag(clicks) -> None:
    mace, strict = (beats_by_recipe(clicks, recipe) for recipe in ("mace", "strict"))
    expected = mace - TRACKER_LAG_SECONDS
    np.testing.assert_allclose(strict, expected[expected >= 0])
    assert (strict >= 0).all()


def test_only_recipes_that_ask_for_the_tempo_listen_to_aist_s_file_names(
    clicks, tmp_path, monkeypatch
) -> None:
    """mBR0 is breaking at 80 beats a minute; librosa is told so, but not by MEGADance's recipe."""
    librosa, asked = beat_recipes.import_librosa(), []
    usual = librosa.beat.beat_track

    def listening(**options):
        asked.append(options.get("start_bpm"))
        return usual(**options)

    monkeypatch.setattr(librosa.beat, "beat_track", listening)
    song = tmp_path / "mBR0.wav"
    song.write_bytes(clicks.read_bytes())
    for recipe in ("mace", "aist", "lodge", "megadance"):
        beats_by_recipe(song, recipe, duration=4.0)
    assert asked == [80, 80, 80, None]
    asked.clear()
    for recipe in ("mace", "lodge"):
        beats_by_recipe(clicks, recipe)
    assert asked[0] == pytest.approx(120, abs=6)
    assert asked[1] != asked[0], "the tempo estimated at the wrong sample rate"


@pytest.mark.parametrize("recipe", ["mace", "mace-2d"])
def test_beats_are_in_order_and_none_is_counted_twice(clicks, recipe) -> None:
    assert (np.diff(beats_by_recipe(clicks, recipe)) > 0).all()
