"""The songs that dance is paired with: features and beats, loops repeated, cached by content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.listing import SONG_FORMATS
from pipelines.media.audio import load_audio
from pipelines.music.beats import beat_grid, beat_times, tempo_of_beats
from pipelines.music.features import (
    SAMPLE_RATE,
    TEMPO_SAMPLE_RATE,
    MusicFeatures,
    estimate_start_bpm,
    extract_features,
)
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.song_cache import cached_loop_features
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT, Progress

_LONG_ENOUGH_SECONDS = 90.0
_LONGEST_SECONDS = 600.0
_WHOLE_BEATS = 0.06


@dataclass(frozen=True)
class Song:
    """A song to dance to.

    Attributes:
        name: file name.
        features: of the whole song; a loop is repeated to at least 90 s.
        beats: (B,) seconds at which its beats are heard.
        heard: the same by another recipe, if one was asked for.
    """

    name: str
    features: MusicFeatures
    beats: NDArray[np.float64]
    heard: MusicFeatures | None = None


def song_library(
    folder: Path,
    cache: Path | None = None,
    progress: Progress = SILENT,
    recipe: Recipe | None = None,
) -> list[Song]:
    """Read every song under a folder; those without a steady beat are named and left out.

    Args:
        folder: searched through and through, in the order of the paths.
        cache: folder for the features, by the content of each file; None computes them anew.
        recipe: by which the songs are heard besides.

    Raises:
        UnsuitableInput: no such folder, or not one usable song in it.
    """
    if not folder.is_dir():
        raise UnsuitableInput(f"{folder}: no such folder of songs")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SONG_FORMATS)
    songs = []
    with progress.stage("reading songs", len(paths), "songs") as advance:
        for path in paths:
            try:
                songs.append(read_song(path, cache, recipe))
            except UnsuitableInput as error:
                progress.warn(f"{error.what}: skipped")
            advance(1)
    if not songs:
        raise UnsuitableInput(
            f"{folder}: no song with a steady beat", "give a folder with wav, mp3, flac or ogg"
        )
    return songs


def read_song(path: Path, cache: Path | None = None, recipe: Recipe | None = None) -> Song:
    """Features and beats of one song; a loop of whole beats is repeated to at least 90 s.

    Raises:
        UnsuitableInput: unreadable, or without a steady beat.
    """
    features = (
        _features_of_loop(path)
        if cache is None
        else cached_loop_features(path, cache, _LONG_ENOUGH_SECONDS, _features_of_loop)
    )
    beats = beat_grid(features)
    if beats is None or len(beats) < 8:
        raise UnsuitableInput(f"{path}: no steady beat")
    if recipe is None:
        return Song(path.name, features, beats)
    hear = partial(_heard_of_loop, recipe, features.frames / features.fps)
    heard = (
        hear(path)
        if cache is None
        else cached_loop_features(path, cache, _LONG_ENOUGH_SECONDS, hear, recipe)
    )
    return Song(path.name, features, beats, heard)


def _heard_of_loop(recipe: Recipe, seconds: float, path: Path) -> MusicFeatures:
    """By a recipe, repeated as often as its features, which last so long, were."""
    samples = load_audio(path, recipe.sample_rate, duration=_LONGEST_SECONDS)
    repeats = max(1, round(seconds * recipe.sample_rate / len(samples)))
    return recipe.of_samples(np.tile(samples, repeats), recipe.sample_rate)


def _features_of_loop(path: Path) -> MusicFeatures:
    samples = load_audio(path, SAMPLE_RATE, duration=_LONGEST_SECONDS)
    start_bpm = estimate_start_bpm(load_audio(path, TEMPO_SAMPLE_RATE, duration=_LONGEST_SECONDS))
    once = extract_features(samples, SAMPLE_RATE, start_bpm)
    seconds = len(samples) / SAMPLE_RATE
    bpm = tempo_of_beats(beat_times(once))
    if bpm is None or seconds >= _LONG_ENOUGH_SECONDS:
        return once
    number = seconds * bpm / 60.0
    if abs(number - round(number)) > _WHOLE_BEATS:
        return once
    repeats = int(np.ceil(_LONG_ENOUGH_SECONDS / seconds))
    return extract_features(np.tile(samples, repeats), SAMPLE_RATE, start_bpm)
