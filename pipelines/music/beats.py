"""Beats and tempo read from the features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from pipelines.music import layout
from pipelines.music.features import MusicFeatures

TRACKER_LAG_SECONDS = 0.05
"""How late librosa's beats come after the sound: 0.045 s on composed songs, 0.055 to 0.07 s on the
grids of 14 real ones, half of it the centred analysis window, the rest frame rounding."""

_EVEN_SHARE = 0.9
_LOCAL_SHARE, _LOCAL_TOLERANCE = 0.95, 0.12


def beat_times(features: MusicFeatures) -> NDArray[np.float64]:
    """Seconds of the beats. Shape: (B,); empty for silence."""
    return np.flatnonzero(features.values[:, layout.beats] > 0.5) / features.fps


def onset_times(features: MusicFeatures) -> NDArray[np.float64]:
    """Seconds of the onset peaks. Shape: (P,)."""
    return np.flatnonzero(features.values[:, layout.peaks] > 0.5) / features.fps


def numbered(beats: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The count (B,) of at least two beats, 0 at the first: a gap of n beats counts as n.

    A missed beat would otherwise read as a slower tempo.
    """
    steps = np.diff(beats)
    return np.concatenate([[0], np.cumsum(np.maximum(1, np.round(steps / np.median(steps))))])


def tempo_of_beats(beats: NDArray[np.floating[Any]]) -> float | None:
    """Beats per minute from the least-squares slope of the beat times, or None under 4 beats."""
    if len(beats) < 4:
        return None
    return float(60.0 / np.polyfit(numbered(beats), beats, 1)[0])


def tempo_stability(beats: NDArray[np.floating[Any]]) -> float:
    """Share of beats within 70 ms of an even grid fitted to them; 1 is steady, 0 has no grid."""
    if len(beats) < 4:
        return 0.0
    number = numbered(beats)
    slope, offset = np.polyfit(number, beats, 1)
    return float((np.abs(beats - (slope * number + offset)) < 0.07).mean())


def nearest_beat_distance(
    times: NDArray[np.floating[Any]], beats: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Seconds from each time to the closest beat; infinite where there are no beats."""
    if len(beats) == 0:
        return np.full(len(times), np.inf)
    right = np.clip(np.searchsorted(beats, times), 1, max(1, len(beats) - 1))
    before = np.abs(times - beats[np.clip(right - 1, 0, len(beats) - 1)])
    after = np.abs(times - beats[np.clip(right, 0, len(beats) - 1)])
    return np.minimum(before, after)


def beat_grid(features: MusicFeatures) -> NDArray[np.float64] | None:
    """Where the beats are heard over the whole song, freed of the tracker's frame jitter.

    A song on an even grid gives that grid from its first second to its last; a song whose tempo
    drifts gives the tracker's own beats. Both are moved earlier by the tracker's lag.

    Returns:
        (B,) seconds, or None where the tracker finds no steady beat.
    """
    beats = beat_times(features)
    bpm = tempo_of_beats(beats)
    if bpm is None:
        return None
    if tempo_stability(beats) >= _EVEN_SHARE:
        period = 60.0 / bpm
        turn = np.exp(2j * np.pi * beats / period).mean()
        offset = float(np.angle(turn)) / (2 * np.pi) * period - TRACKER_LAG_SECONDS
        first = offset % period
        return np.arange(first, features.frames / features.fps, period)
    steps = np.diff(beats)
    nearby = median_filter(steps, 9, mode="nearest")
    if (np.abs(steps / nearby - 1.0) < _LOCAL_TOLERANCE).mean() < _LOCAL_SHARE:
        return None
    return beats - TRACKER_LAG_SECONDS
