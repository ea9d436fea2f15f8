"""Counting along: where in the bar each frame of a song lies, as a dancer counts "five, six, ...".

A beat column that is 1 at one frame in twenty says when to step, but not with which foot: over
minutes of dance, a network learns nothing from it. Counting beats from the first one gives it a
clock whose hands go round once in 1, 2 and 4 beats. No song says which beat the dancer calls
"one": in training it is found from the dance (`bar_alignment`), and of a new dance the song's first
beat is "one".

Shapes: T frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.music import layout
from pipelines.music.beats import numbered

PERIODS = (1, 2, 4)
"""Beats in which each hand of the clock goes round."""
SIZE = 2 * len(PERIODS)

Array = NDArray[np.float32]
Float = NDArray[np.float64]


def count_beats(features_TF: Array) -> Float:
    """The running count of beats at each frame, 0 at the first, fractions in between: (T,).

    Before the first and after the last beat the count goes on at the song's median tempo, and a
    gap of n beats counts as n. NaN throughout where there are fewer than two beats.
    """
    frames = np.arange(len(features_TF), dtype=np.float64)
    beats = np.flatnonzero(features_TF[:, layout.beats] > 0.5).astype(np.float64)
    if len(beats) < 2:
        return np.full(len(frames), np.nan)
    period = float(np.median(np.diff(beats)))
    count: Float = np.interp(frames, beats, numbered(beats))
    count += np.minimum(0, frames - beats[0]) / period + np.maximum(0, frames - beats[-1]) / period
    return count


def clock_hands(count: Float, one: Float | float = 0.0) -> Array:
    """Cosine and sine of the clock's hands: (...,) -> (..., 6); zeros where there is no count.

    Args:
        count: beats counted, from `count_beats`.
        one: which count the dancer calls "one".
    """
    turns = (count - one)[..., None] / np.array(PERIODS)
    angle = 2 * np.pi * turns
    hands = np.concatenate([np.cos(angle), np.sin(angle)], axis=-1)
    known: Array = np.nan_to_num(hands, nan=0.0).astype(np.float32)
    return known


def half_a_beat_later(features_TF: Array) -> Array:
    """The song's features (T, F) half a beat later.

    What it begins with is heard half a beat early instead, lest it be silent. Songs of fewer than
    two beats stay as they are.
    """
    beats = np.flatnonzero(features_TF[:, layout.beats] > 0.5)
    if len(beats) < 2:
        return features_TF
    half, frames = round(0.5 * float(np.median(np.diff(beats)))), np.arange(len(features_TF))
    there = np.where(frames < half, frames + half, frames - half)
    later: Array = features_TF[there.clip(0, frames[-1])]
    return later
