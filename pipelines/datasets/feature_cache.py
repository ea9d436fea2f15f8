"""Music features, computed once per content of a sound file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.music.features import (
    FEATURE_SCHEMA,
    MusicFeatures,
    bpm_of_aist_name,
    load_features,
    save_features,
    song_features,
)
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file, sha256_json


def cached_features(song: Path, cache: Path) -> MusicFeatures:
    """Features of a song file, from `<cache>/music-<id>.npz` where its content was met before.

    The id covers the file's bytes, the recipe, and the tempo that an AIST name spells: a changed
    song or recipe is computed anew. A damaged cache file is replaced.

    Raises:
        UnsuitableInput: the song is missing, empty or not sound.
    """
    if not song.is_file():
        raise UnsuitableInput(f"{song}: no such song")
    identity = sha256_json([sha256_file(song), FEATURE_SCHEMA, bpm_of_aist_name(song.name)])
    path = cache / f"music-{identity[:16]}.npz"
    if path.is_file():
        try:
            return load_features(path)
        except UnsuitableInput:
            path.unlink()
    features = song_features(song)
    save_features(features, path)
    return features


def ready_made_features(path: Path) -> MusicFeatures:
    """Features that came with the data: our .npz, or the bare (T, 35) .npy of FineDance and EDGE.

    A bare array names no schema. It must look like our column order: an envelope that is never
    negative first, peaks and beats that are 0 or 1 last.

    Raises:
        UnsuitableInput: of another schema, which is named as far as it can be told.
    """
    if path.suffix == ".npz":
        return load_features(path)
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnsuitableInput(f"{path}: not a readable feature array ({error})") from error
    if values.ndim != 2 or values.shape[1] != 35 or not len(values):
        known = {438: " (Bailando's)", 4800: " (EDGE's Jukebox)", 1024: " (MuQ)", 55: " (55-d)"}
        name = known.get(values.shape[-1], "") if values.ndim else ""
        raise UnsuitableInput(f"{path}: features are {values.shape}{name}, expected (T, 35)")
    if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise UnsuitableInput(f"{path}: the features hold NaN or infinity")
    if not np.isin(values[:, 33:], (0, 1)).all() or values[:, 0].min() < 0:
        raise UnsuitableInput(
            f'{path}: not in the order "{FEATURE_SCHEMA}", perhaps in MEGADance\'s',
            "give the sound files instead",
        )
    return MusicFeatures(values.astype(np.float32))
