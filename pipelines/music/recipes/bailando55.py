"""The 55 features of InfiniteDance's retrieval, after Bailando's 438.

docs/reference/music.md#bailando55. Shapes: N samples at 15 360 Hz, T = 1 + floor(N / 512) frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.music.features import HOP, SAMPLE_RATE
from pipelines.music.recipes.parts import parts_of
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.warm_up import import_librosa
from pipelines.support.conventions import MOTION_FPS

Array = NDArray[np.float32]
_OCTAVES = 5


def _columns(signal: Array) -> Array:
    librosa, parts = import_librosa(), parts_of(signal, _OCTAVES)
    tempogram = librosa.feature.tempogram(
        onset_envelope=parts.onsets, sr=SAMPLE_RATE, hop_length=HOP
    )
    rows = [
        parts.mfcc, librosa.feature.delta(parts.mfcc, width=3), parts.chroma,
        parts.onsets[None], parts.beats[None], tempogram[:1],
    ]  # fmt: skip
    columns: Array = np.concatenate(rows).T.astype(np.float32)
    return columns


BAILANDO55 = Recipe(
    "bailando55",
    "bailando55-30fps: mfcc 20, mfcc deltas 20, chroma_cqt 12, onsets, beats, tempogram lag 0",
    55, MOTION_FPS, SAMPLE_RATE, _columns,
)  # fmt: skip
