"""Bending a new dance in time so that its steps land on the song's beats.

The network learns from minutes of dance; what it knows of the beat is faint. So a dance is drawn a
little longer than the song, its own step cycle is found, and time is bent as smoothly as the
beats allow, as when takes are paired with songs for training (`warping`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.rhythm.warping import WarpedTake, warp_to_beats
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

_MARGIN_SECONDS = 4.0
_FEWEST_BEATS = 4


def with_reserve(features_TF: NDArray[np.float32], max_tempo_change: float) -> NDArray[np.float32]:
    """The song's features played on from its beginning, long enough for a dance to be bent."""
    frames = len(features_TF)
    if max_tempo_change == 0:
        return features_TF
    wanted = int(np.ceil(frames * (1 + max_tempo_change) + 2 * _MARGIN_SECONDS * MOTION_FPS))
    reserve: NDArray[np.float32] = features_TF[np.arange(wanted) % frames]
    return reserve


def on_beat(
    motion: Motion, beats_B: NDArray[np.float64], frames: int, max_tempo_change: float
) -> tuple[Motion, WarpedTake | None]:
    """Cut a dance with reserve to the song, its steps on the beats where its tempo allows.

    Args:
        motion: at 30 fps, drawn from features `with_reserve`.
        beats_B: seconds of the song's beats.
        frames: length of the song at 30 fps.
        max_tempo_change: 0.2 lets the dance go 20 % slower or faster; 0 leaves it alone.

    Returns:
        The dance of `frames` frames, and how it was bent; None if it was not, for want of beats or
        because no tempo of the dance comes near the song's.
    """
    plain = motion.sliced(0, frames)
    if max_tempo_change == 0 or len(beats_B) < _FEWEST_BEATS:
        return plain, None
    try:
        warped = warp_to_beats(motion, _prolonged(beats_B, frames / MOTION_FPS), max_tempo_change)
    except UnsuitableInput:
        return plain, None
    start = round(_MARGIN_SECONDS * MOTION_FPS) - warped.first_frame
    if start < 0 or start + frames > warped.motion.frames:
        return plain, None
    return warped.motion.sliced(start, start + frames), warped


def _prolonged(beats_B: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Beats from before the song to after it, in seconds from `_MARGIN_SECONDS` before it."""
    period = float(np.median(np.diff(beats_B)))
    before = np.arange(beats_B[0] - period, -_MARGIN_SECONDS, -period)[::-1]
    after = np.arange(beats_B[-1] + period, seconds + _MARGIN_SECONDS, period)
    prolonged: NDArray[np.float64] = np.concatenate([before, beats_B, after])
    return prolonged + _MARGIN_SECONDS
