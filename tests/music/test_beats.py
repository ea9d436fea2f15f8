from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.music import layout
from pipelines.music.beats import (
    TRACKER_LAG_SECONDS,
    beat_grid,
    beat_times,
    nearest_beat_distance,
    onset_times,
    tempo_of_beats,
    tempo_stability,
)
from pipelines.music.features import MusicFeatures


def with_beats(seconds: np.ndarray, frames: int = 900) -> MusicFeatures:
    values = np.zeros((frames, 35), dtype="f4")
    values[np.round(seconds * 30).astype(int), layout.beats] = 1
    values[::10, layout.peaks] = 1
    return MusicFeatures(values)


def test_times_are_frames_over_fps() -> None:
    features = with_beats(np.array([0.5, 1.0, 2.0]), 90)
    np.testing.assert_allclose(beat_times(features), [0.5, 1.0, 2.0])
    np.testing.assert_allclose(onset_times(features), np.arange(9) / 3)


@given(st.floats(60, 180), st.floats(0, 0.5), st.integers(0, 6))
def test_tempo_survives_a_missed_beat(bpm: float, first: float, missed: int) -> None:
    beats = np.delete(first + np.arange(20) * 60 / bpm, missed)
    assert tempo_of_beats(beats) == pytest.approx(bpm)
    assert tempo_stability(beats) == 1.0


def test_too_few_beats_have_no_tempo() -> None:
    assert tempo_of_beats(np.array([1.0, 2.0, 3.0])) is None
    assert tempo_stability(np.array([])) == 0.0


def test_grid_removes_frame_jitter_and_lag_and_covers_the_song() -> None:
    true = 0.27 + np.arange(2, 55) * 60 / 113
    grid = beat_grid(with_beats(true + TRACKER_LAG_SECONDS))
    assert grid is not None
    assert grid[0] < 60 / 113 and grid[-1] > 30 - 60 / 113
    np.testing.assert_allclose(np.diff(grid), 60 / 113, atol=1e-3)
    assert nearest_beat_distance(true, grid).max() < 0.012


def test_a_drifting_song_keeps_its_own_beats_and_noise_has_none() -> None:
    steps = 0.5 + 0.05 * np.sin(np.arange(50) / 8)
    drifting = 0.5 + np.cumsum(steps)
    grid = beat_grid(with_beats(drifting))
    assert grid is not None and nearest_beat_distance(drifting, grid).max() < 0.07
    rng = np.random.default_rng(0)
    assert beat_grid(with_beats(np.sort(rng.uniform(0, 29, 40)))) is None
    assert beat_grid(with_beats(np.array([]))) is None


def test_nearest_beat_distance() -> None:
    np.testing.assert_allclose(
        nearest_beat_distance(np.array([0.0, 1.2, 9.0]), np.array([1.0, 2.0])), [1.0, 0.2, 7.0]
    )
    np.testing.assert_allclose(nearest_beat_distance(np.array([1.5]), np.array([1.0])), [0.5])
    assert np.isinf(nearest_beat_distance(np.array([1.0]), np.array([]))).all()
