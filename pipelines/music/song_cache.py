"""What is heard in a song, kept in a folder under the song's content and the recipe.

A changed song or recipe has another name and is heard anew; so is a song whose name, as AIST
spells it, says another tempo, since the tempo steers the beat tracker. What is damaged is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.music import layout
from pipelines.music.beat_recipes import RECIPE_VERSION, Beats, beats_by_recipe
from pipelines.music.features import (
    FEATURE_SCHEMA,
    MusicFeatures,
    bpm_of_aist_name,
    load_features,
    save_features,
    song_features,
)
from pipelines.music.recipes.recipe import Recipe
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json, write_json


def song_id(song: Path, *recipe: Any) -> str:
    """16 letters for what `recipe`, JSON-able, hears in the file.

    Raises:
        UnsuitableInput: no such file.
    """
    if not song.is_file():
        raise UnsuitableInput(f"{song}: no such song")
    return sha256_json([sha256_file(song), *recipe, bpm_of_aist_name(song.name)])[:16]


def cached_features(song: Path, folder: Path) -> MusicFeatures:
    """Features of a song file, from `<folder>/music-<id>.npz` where it was heard before.

    Raises:
        UnsuitableInput: the song is missing, empty or not sound.
    """
    return _features(song, folder / f"music-{song_id(song, FEATURE_SCHEMA)}.npz", song_features)


def cached_recipe(song: Path, recipe: Recipe, folder: Path) -> MusicFeatures:
    """What a recipe hears in a song file, kept beside its features; raises as `Recipe.of_song`."""
    kept = folder / f"music-{song_id(song, recipe.schema)}.npz"
    return _features(song, kept, recipe.of_song, recipe.schema, recipe.width)


def cached_loop_features(
    song: Path,
    folder: Path,
    long_enough: float,
    hear: Callable[[Path], MusicFeatures],
    recipe: Recipe | None = None,
) -> MusicFeatures:
    """Features of a song that `hear` repeats to `long_enough` seconds, if it is a loop.

    Args:
        recipe: by which `hear` does so; None: the 35 features.
    """
    schema, width = (FEATURE_SCHEMA, layout.WIDTH) if recipe is None else (
        recipe.schema, recipe.width
    )  # fmt: skip
    identity = song_id(song, schema, "loops", long_enough)
    return _features(song, folder / f"music-{identity}.npz", hear, schema, width)


def cached_beats(song: Path, recipe: str, start: float, folder: Path) -> Beats:
    """`beats_by_recipe` from second `start` on, kept as `<folder>/beats-<id>.json`."""
    kept = folder / f"beats-{song_id(song, recipe, RECIPE_VERSION, start)}.json"
    try:
        return np.array(read_json(kept), dtype=np.float64).reshape(-1)
    except (OSError, ValueError, TypeError):
        beats = beats_by_recipe(song, recipe, start)
    write_json(kept, [float(beat) for beat in beats])
    return beats


def _features(
    song: Path,
    kept: Path,
    hear: Callable[[Path], MusicFeatures],
    schema: str = FEATURE_SCHEMA,
    width: int = layout.WIDTH,
) -> MusicFeatures:
    if kept.is_file():
        try:
            return load_features(kept, schema, width)
        except UnsuitableInput:
            kept.unlink()
    features = hear(song)
    save_features(features, kept)
    return features
