"""The music of a token: that of its eight frames, so that no beat between them is lost.

Shapes: T frames, t = ceil(T / 8) tokens, F = 35 features, H = 6 hands of the beat clock.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.motion_expert.megadance.presets import FRAMES
from pipelines.music import layout

_MARKS = slice(layout.peaks.start, layout.beats.stop)
"""Peaks and beats: 0 or 1."""

Array = NDArray[np.float32]


def music_of_tokens(music_TF: Array) -> Array:
    """(..., T, 35) features as (..., t, 35): marks if any frame has one, means of the rest.

    The published code takes every eighth frame, which loses seven beats in eight
    (docs/reference/megadance.md#departures). A last token of fewer frames is filled with the last.
    """
    short = -music_TF.shape[-2] % FRAMES
    rest = np.repeat(music_TF[..., -1:, :], short, axis=-2)
    rest[..., _MARKS] = 0
    whole = np.concatenate([music_TF, rest], axis=-2)
    grouped = whole.reshape(*whole.shape[:-2], -1, FRAMES, whole.shape[-1])
    pooled: Array = grouped.mean(-2, dtype=np.float32)
    pooled[..., _MARKS] = grouped[..., _MARKS].max(-2)
    return pooled


def first_of_tokens(music_TF: Array) -> Array:
    """(..., T, 35) features as (..., t, 35): each token's first frame, as published."""
    taken: Array = music_TF[..., ::FRAMES, :]
    return taken


def clock_of_tokens(hands_TH: Array) -> Array:
    """(..., T, 6) hands of the beat clock as (..., t, 6): those at the middle of each token.

    Beats are not whole tokens apart, so that a token in which one falls does not say when; the
    clock does. A last token of fewer frames reads it at its last one at the latest.
    """
    frames = hands_TH.shape[-2]
    middles = np.arange(FRAMES // 2, frames + FRAMES // 2, FRAMES).clip(max=frames - 1)
    read: Array = hands_TH[..., middles, :]
    return read
