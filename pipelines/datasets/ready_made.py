"""Music features that came with a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures, load_features
from pipelines.support.archives import read_npy
from pipelines.support.errors import UnsuitableInput


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
        values = read_npy(path)
    except UnsuitableInput as error:
        raise UnsuitableInput(f"{path}: not a readable feature array") from error
    if values is None:
        raise UnsuitableInput(f"{path}: not a readable feature array, it holds Python objects")
    if values.ndim != 2 or values.shape[1] != layout.WIDTH or not len(values):
        known = {438: " (Bailando's)", 4800: " (EDGE's Jukebox)", 1024: " (MuQ)", 55: " (55-d)"}
        name = known.get(values.shape[-1], "") if values.ndim else ""
        raise UnsuitableInput(f"{path}: features are {values.shape}{name}, expected (T, 35)")
    if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise UnsuitableInput(f"{path}: the features hold NaN or infinity")
    if (
        not np.isin(values[:, layout.peaks.start :], (0, 1)).all()
        or values[:, layout.envelope].min() < 0
    ):
        raise UnsuitableInput(
            f'{path}: not in the order "{FEATURE_SCHEMA}", perhaps in MEGADance\'s',
            "give the sound files instead",
        )
    return MusicFeatures(values.astype(np.float32))
