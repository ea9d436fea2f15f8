"""Beat alignment scores (BAS), and what chance alone would score.

The definitions in use: docs/reference/metrics.md#beat-alignment.

All times are seconds, all widths given in seconds, so that a score means the same at every frame
rate. A published score is reproduced by passing its frame counts divided by its frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelextrema, find_peaks

from pipelines.metrics.joints import Array, Float, checked

Direction = Literal["music", "motion"]

SIGMA_SECONDS = 0.1
"""Three frames at 30 fps: the tolerance of Bailando, Lodge, MEGADance and MACE-3D."""

SMOOTHING_FRAMES = 5.0
"""Deviation of the Gaussian over the speed curve; 3.5 in MACE's 2D script, 0 in mint."""


def step_lengths(joints_TJ3: Array) -> Float:
    """Mean displacement of all joints from each frame to the next (T-1,)."""
    steps: Float = np.linalg.norm(np.diff(checked(joints_TJ3), axis=0), axis=-1).mean(axis=1)
    return steps


def motion_beats(joints_TJ3: Array, fps: float, smoothing: float = 1 / 6) -> Float:
    """Times (B,) at which the body comes to rest: local minima of its mean speed.

    A step is timed at its middle, and a minimum that lasts two frames counts once: with a steady
    pulse that divides the frame rate, ties are common.

    Args:
        joints_TJ3: any centring; only differences count.
        fps: of the motion.
        smoothing: deviation of the Gaussian over the speed, seconds; 0 for none.
    """
    speed = step_lengths(joints_TJ3)
    if smoothing > 0:
        speed = gaussian_filter1d(speed, smoothing * fps)
    # Rounding breaks ties and would leave ripples on a motion without any speed.
    step = 1e-9 * max(float(speed.max()), 1e-12)
    _, found = find_peaks(-np.round(speed / step), plateau_size=1)
    times: Float = ((found["left_edges"] + found["right_edges"]) / 2 + 0.5) / fps
    return times


def motion_beats_published(
    joints_TJ3: Array, fps: float, smoothing_frames: float = SMOOTHING_FRAMES, order: int = 1
) -> Float:
    """As published scripts find them: timed half a frame too soon, ties lost.

    Args:
        joints_TJ3: any centring.
        fps: of the motion.
        smoothing_frames: deviation of the Gaussian (reflecting ends, cut at 4 deviations).
        order: a minimum must undercut this many neighbours on either side; 10 in mint.
    """
    speed = step_lengths(joints_TJ3)
    if smoothing_frames > 0:
        speed = gaussian_filter1d(speed, smoothing_frames)
    times: Float = argrelextrema(speed, np.less, order=order)[0] / fps
    return times


def beat_alignment(
    music_beats: Array,
    motion_beats: Array,
    sigma: float = SIGMA_SECONDS,
    direction: Direction = "music",
) -> float:
    """How near beats of one kind lie to beats of the other, in [0, 1].

    Args:
        music_beats, motion_beats: seconds.
        sigma: deviation of the Gaussian tolerance in seconds.
        direction: "music" averages over music beats the closeness of the nearest motion beat
            (rewards jitter: many motion beats); "motion" the other way round (mint; rewards few
            motion beats).

    Returns:
        The score; 0 without motion beats; NaN without music beats, where nothing can be said.
    """
    if len(music_beats) == 0:
        return float("nan")
    if len(motion_beats) == 0:
        return 0.0
    asked, found = (
        (music_beats, motion_beats) if direction == "music" else (motion_beats, music_beats)
    )
    distance = _nearest(np.asarray(asked, np.float64), np.sort(np.asarray(found, np.float64)))
    return float(np.exp(-(distance**2) / (2 * sigma**2)).mean())


@dataclass(frozen=True)
class ChanceLevel:
    """What alignment by accident scores: mean and deviation, and how often it reaches `score`."""

    score: float
    mean: float
    deviation: float
    p_value: float


def chance_by_shifts(
    music_beats: Array,
    motion_beats: Array,
    seconds: float,
    sigma: float = SIGMA_SECONDS,
    direction: Direction = "music",
    shifts: int = 200,
) -> ChanceLevel:
    """The score of the same dance to the same song started elsewhere.

    The music's beats are shifted circularly by evenly spaced amounts, which keeps tempo and beat
    counts and destroys only the alignment.
    """
    music = np.asarray(music_beats, dtype=np.float64)
    score = beat_alignment(music, motion_beats, sigma, direction)
    shifted = np.array([
        beat_alignment((music + seconds * (k + 1) / (shifts + 1)) % seconds, motion_beats, sigma,
                       direction)
        for k in range(shifts)
    ])  # fmt: skip
    reached = int((shifted >= score).sum())
    return ChanceLevel(
        score, float(shifted.mean()), float(shifted.std()), (1 + reached) / (1 + shifts)
    )


def chance_by_simulation(
    fps: float,
    frames: int,
    bpm: float,
    smoothing_frames: float = SMOOTHING_FRAMES,
    sigma: float = SIGMA_SECONDS,
    direction: Direction = "music",
    seed: int = 0,
    repeats: int = 100,
) -> float:
    """Mean score of white-noise speed curves against a steady beat of random phase."""
    random = np.random.default_rng(seed)
    period = 60.0 / bpm
    scores = []
    for _ in range(repeats):
        speed = gaussian_filter1d(random.standard_normal(frames - 1), smoothing_frames)
        motion = argrelextrema(speed, np.less)[0] / fps
        music = np.arange(random.uniform(0, period), frames / fps, period)
        scores.append(beat_alignment(music, motion, sigma, direction))
    return float(np.mean(scores))


def _nearest(asked: Float, found_sorted: Float) -> Float:
    right = np.searchsorted(found_sorted, asked).clip(0, len(found_sorted) - 1)
    left = np.maximum(right - 1, 0)
    distance: Float = np.minimum(
        np.abs(found_sorted[right] - asked), np.abs(found_sorted[left] - asked)
    )
    return distance
