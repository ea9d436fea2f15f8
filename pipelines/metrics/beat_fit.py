"""How well one dance fits one song: what `generate --candidates N` chooses by."""

from __future__ import annotations

import numpy as np

from pipelines.metrics.beat_alignment import beat_alignment, motion_beats
from pipelines.metrics.joints import Array, body_speed, foot_speed
from pipelines.metrics.phase_locking import PhaseLocking, phase_locking

_FULL_SWING = 0.5


def score_candidate(joints_TJ3: Array, beat_times: Array, fps: float) -> float:
    """Fit of a dance to a song's beats, higher is better, in [0, 1].

    The mean of three shares, each rising with the fit:
    feet and body: phase locking projected on resting at the beat, 0 for the opposite phase, 1/2
        for none; swings shallower than half of the mean speed count in proportion, so that a
        statue that trembles in time does not win;
    beats: beat alignment in the motion's direction (does the dancer rest on beats?), which unlike
        the music's direction does not rise with jitter.

    Args:
        joints_TJ3: (T, 24, 3) metres, at any place.
        beat_times: seconds from the dance's first frame.
        fps: of the dance.

    Returns:
        The score; 1/3 for a motionless dance and where there are fewer than two beats.
    """
    beats = np.asarray(beat_times, dtype=np.float64)
    feet = phase_locking(foot_speed(joints_TJ3, fps), beats, fps)
    body = phase_locking(body_speed(joints_TJ3, fps), beats, fps)
    rests = motion_beats(joints_TJ3, fps, smoothing=1 / 15)
    alignment = beat_alignment(beats, rests, direction="motion") if len(beats) > 1 else 0.0
    return float((_share(feet) + _share(body) + alignment) / 3)


def _share(locking: PhaseLocking) -> float:
    return 0.5 + 0.5 * locking.alignment() * min(1.0, locking.depth / _FULL_SWING)
