"""Beats of a song as each published evaluation finds them.

The recipes: docs/reference/music.md#beats-of-other-recipes.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media.audio import AudioInfo, load_audio, probe_audio
from pipelines.music.beats import TRACKER_LAG_SECONDS
from pipelines.music.features import (
    HOP,
    SAMPLE_RATE,
    TEMPO_SAMPLE_RATE,
    bpm_of_aist_name,
    estimate_start_bpm,
)
from pipelines.music.warm_up import import_librosa

RECIPES = ("strict", "mace", "aist", "lodge", "megadance", "mace-2d")
RECIPE_VERSION = 1

_MACE_2D_RATE, _MACE_2D_FPS = 8320, 16
_AIST_RATE = 60 * HOP

Samples = NDArray[np.float32]
Beats = NDArray[np.float64]


def beats_by_recipe(
    path: Path, recipe: str, start: float = 0.0, duration: float | None = None
) -> Beats:
    """Seconds (B,) of the beats, counted from `start`; empty for silence.

    Args:
        path: any file with sound; a video gives its sound track.
        recipe: "mace": beats of the 35-d features at 30 per second; "strict": those, freed of the
            tracker's known lag; "aist": the same at 60 per second; "lodge": at 30 per second with
            the tempo estimated at the wrong sample rate; "megadance": from the percussive part;
            "mace-2d": at 8320 Hz, cut to sixteenths of a second.

    Raises:
        UnsuitableInput: no sound, or unreadable.
    """
    librosa = import_librosa()
    info = probe_audio(path)
    with warnings.catch_warnings():
        # librosa remarks on silence and on songs shorter than its longest window.
        warnings.simplefilter("ignore", UserWarning)
        if recipe == "mace-2d":
            samples = load_audio(path, _MACE_2D_RATE, start, duration, info)
            if not samples.any():
                return np.zeros(0)
            _, frames = librosa.beat.beat_track(y=samples, sr=_MACE_2D_RATE)
            times = librosa.frames_to_time(frames, sr=_MACE_2D_RATE)
            sixteenths = np.unique((np.asarray(times) * _MACE_2D_FPS).astype(np.int64))
            return np.asarray(sixteenths / _MACE_2D_FPS, dtype=np.float64)
        rate = _AIST_RATE if recipe == "aist" else SAMPLE_RATE
        samples = load_audio(path, rate, start, duration, info)
        envelope = _envelope(librosa, samples, rate, recipe)
        if not envelope.any():
            return np.zeros(0)
        options = _start(path, samples, recipe, start, duration, info)
        _, frames = librosa.beat.beat_track(
            onset_envelope=envelope, sr=rate, hop_length=HOP, tightness=100, **options
        )
    times = np.asarray(frames) * HOP / rate
    if recipe != "strict":
        return times
    corrected = times - TRACKER_LAG_SECONDS
    return corrected[corrected >= 0]


def _envelope(librosa: Any, samples: Samples, rate: int, recipe: str) -> Samples:
    if recipe == "megadance" and samples.any():
        percussive = librosa.effects.hpss(samples)[1]
        found: Samples = librosa.onset.onset_strength(y=percussive, sr=rate, aggregate=np.median)
    else:
        found = librosa.onset.onset_strength(y=samples, sr=rate)
    return found


def _start(
    path: Path,
    samples: Samples,
    recipe: str,
    start: float,
    duration: float | None,
    info: AudioInfo,
) -> dict[str, float]:
    """Where the tracker begins to look for the tempo; librosa's default for MEGADance."""
    if recipe == "megadance":
        return {}
    named = bpm_of_aist_name(path.name)
    if named is not None:
        return {"start_bpm": named}
    if recipe != "lodge":
        samples = load_audio(path, TEMPO_SAMPLE_RATE, start, duration, info)
    return {"start_bpm": estimate_start_bpm(samples)}
