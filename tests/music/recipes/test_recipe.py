"""A recipe brings sound to its own rate and holds what it computes to what it promises."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.music.recipes.recipe import Recipe
from pipelines.support.errors import BadUsage, UnsuitableInput


def loudness(signal):
    """Two numbers for every 100 samples."""
    whole = signal[: len(signal) // 100 * 100].reshape(-1, 100)
    return np.stack([whole.mean(1), np.abs(whole).max(1)], axis=1)


ROW = Recipe("loud", "loud2-10fps", 2, 10.0, 1000, loudness)


def test_samples_of_another_rate_are_resampled_first():
    time = np.arange(8000) / 4000
    heard = ROW.of_samples(np.sin(2 * np.pi * 50 * time), 4000)
    assert heard.values.shape == (20, 2) and heard.values.dtype == np.float32
    assert (heard.fps, heard.schema) == (10.0, "loud2-10fps")
    np.testing.assert_allclose(heard.values[2:-2, 1], 1.0, atol=0.05)


def test_a_song_is_read_at_the_recipes_rate(tmp_path: Path):
    write_wav(tmp_path / "a.wav", np.full(48_000, 0.25), 16_000)
    heard = ROW.of_song(tmp_path / "a.wav", start=0.5)
    assert heard.values.shape == (25, 2)
    np.testing.assert_allclose(heard.values[3:-3], 0.25, atol=0.01)
    with pytest.raises(BadUsage, match="--start"):
        ROW.of_song(tmp_path / "a.wav", start=-1.0)


def test_no_samples_and_another_width_are_refused():
    with pytest.raises(UnsuitableInput, match="no samples"):
        ROW.of_samples(np.zeros(0), 1000)
    broken = Recipe("loud", "loud3", 3, 10.0, 1000, loudness)
    with pytest.raises(UnsuitableInput, match="gives 2 numbers a frame, not 3"):
        broken.of_samples(np.ones(500), 1000)
