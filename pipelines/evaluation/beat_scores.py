"""Beat alignment of one clip by a profile's rule, with what chance would score."""

from __future__ import annotations

import numpy as np

from pipelines.evaluation.clip import CHANCE_SHIFTS
from pipelines.evaluation.profiles import BeatRule
from pipelines.metrics.beat_alignment import beat_alignment, motion_beats, motion_beats_published
from pipelines.metrics.joints import Array, Float


def dance_beats(joints_TJ3: Array, fps: float, rule: BeatRule) -> Float:
    """Seconds (B,) at which the body rests, by the rule."""
    if rule.published_timing:
        return motion_beats_published(joints_TJ3, fps, rule.smoothing_frames, rule.order)
    return motion_beats(joints_TJ3, fps, rule.smoothing_frames / fps)


def beat_score(
    music_beats: Array, motion_beats: Array, seconds: float, fps: float, rule: BeatRule
) -> tuple[float, Float]:
    """The score, and (S,) what it is with the music shifted circularly.

    Beats of the music after the clip's end do not count. NaN where the rule gives no score.
    """
    music = np.asarray(music_beats, dtype=np.float64)
    music = music[(music >= 0) & (music < seconds)]
    if len(music) == 0:
        return _given(rule.without_music_beats), np.zeros(0)
    if len(motion_beats) == 0:
        value = _given(rule.without_beats)
        return value, np.full(CHANCE_SHIFTS, value)
    sigma = rule.sigma_frames / fps
    score = beat_alignment(music, motion_beats, sigma, rule.direction)
    shifts = seconds * (np.arange(CHANCE_SHIFTS) + 1) / (CHANCE_SHIFTS + 1)
    shifted = (music + shifts[:, None]) % seconds
    # All shifts at once: the distances of every pair of beats (shifts, music, dance).
    apart = np.abs(shifted[:, :, None] - np.asarray(motion_beats)).min(
        axis=2 if rule.direction == "music" else 1
    )
    chance: Float = np.exp(-(apart**2) / (2 * sigma**2)).mean(axis=1)
    return score, chance


def _given(value: float | None) -> float:
    return float("nan") if value is None else value
