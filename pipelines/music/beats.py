"""Beats and tempo read from the features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.music import layout
from pipelines.music.features import MusicFeatures


def beat_times(features: MusicFeatures) -> NDArray[np.float64]:
    """Seconds of the beats. Shape: (B,); empty for silence."""
    return np.flatnonzero(features.values[:, layout.BEATS] > 0.5) / features.fps


def onset_times(features: MusicFeatures) -> NDArray[np.float64]:
    """Seconds of the onset peaks. Shape: (P,)."""
    return np.flatnonzero(features.values[:, layout.PEAKS] > 0.5) / features.fps


def tempo_of_beats(beats: NDArray[np.floating]) -> float | None:
    """Beats per minute from the least-squares slope of the beat times, or None under 4 beats."""
    if len(beats) < 4:
        return None
    steps = np.diff(beats)
    # A missed beat counts as two: the slope would otherwise read a slower tempo.
    number = np.concatenate([[0], np.cumsum(np.maximum(1, np.round(steps / np.median(steps))))])
    return float(60.0 / np.polyfit(number, beats, 1)[0])


def tempo_stability(beats: NDArray[np.floating]) -> float:
    """Share of beats within 70 ms of an even grid fitted to them; 1 is steady, 0 has no grid."""
    if len(beats) < 4:
        return 0.0
    steps = np.diff(beats)
    number = np.concatenate([[0], np.cumsum(np.maximum(1, np.round(steps / np.median(steps))))])
    slope, offset = np.polyfit(number, beats, 1)
    return float((np.abs(beats - (slope * number + offset)) < 0.07).mean())


def nearest_beat_distance(
    times: NDArray[np.floating], beats: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Seconds from each time to the closest beat; infinite where there are no beats."""
    if len(beats) == 0:
        return np.full(len(times), np.inf)
    right = np.clip(np.searchsorted(beats, times), 1, max(1, len(beats) - 1))
    before = np.abs(times - beats[np.clip(right - 1, 0, len(beats) - 1)])
    after = np.abs(times - beats[np.clip(right, 0, len(beats) - 1)])
    return np.minimum(before, after)
