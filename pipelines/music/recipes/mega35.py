"""The 35 features of MEGADance's published code, which are not the 35 of the others.

docs/reference/music.md#mega35. Shapes: N samples at 15 360 Hz, T = 1 + floor(N / 512) frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.music.features import SAMPLE_RATE
from pipelines.music.recipes.parts import parts_of
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.warm_up import import_librosa
from pipelines.support.conventions import MOTION_FPS

Array = NDArray[np.float32]
_OCTAVES = 4


def _columns(signal: Array) -> Array:
    parts = parts_of(signal, _OCTAVES)
    peaks = np.zeros_like(parts.beats)
    found = import_librosa().util.peak_pick(
        parts.onsets, pre_max=3, post_max=3, pre_avg=3, post_avg=5, delta=0.5, wait=10
    )
    peaks[found] = 1.0
    rows = [parts.mfcc, parts.chroma, parts.onsets[None], parts.beats[None], peaks[None]]
    columns: Array = np.concatenate(rows).T.astype(np.float32)
    return columns


MEGA35 = Recipe(
    "mega35", "mega35-30fps: mfcc 20, chroma_cqt 12, onsets, beats, onset peaks",
    35, MOTION_FPS, SAMPLE_RATE, _columns,
)  # fmt: skip
