"""Does a dancer's speed rise and fall with the beat?

For every cycle between beats the first harmonic of the speed over the cycle's phase is a complex
number c_k: its length says how strongly the speed swings, its angle when it peaks (0 on the beat,
pi half-way between). The resultant length

    R = |sum c_k| / sum |c_k|

is 1 if all cycles swing alike and about 1 / sqrt(K) by accident over K cycles. R alone cannot
tell a dance to this song from a dance to any song of the same tempo, hence the controls: beats
shifted by half a cycle keep R and turn the phase by pi; foreign songs lose R. `alignment` is R
projected on the phase that dances have.

Takes are bent to songs by another measure, of all frames at once: `rhythm.beat_coupling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.joints import Array, Float

PLANTED_ON_BEAT = np.pi
"""Mean phase of a body that rests on the beats and moves between them."""

_PHASES = 32

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class PhaseLocking:
    """How a speed curve follows a beat.

    Attributes:
        resultant: R in [0, 1].
        phase: radians in (-pi, pi], where in the cycle the speed peaks.
        depth: mean swing of the speed as a share of its mean; a beat-wise standstill has about 1.
        cycles: number of whole cycles K.
    """

    resultant: float
    phase: float
    depth: float
    cycles: int

    def alignment(self, preferred_phase: float = PLANTED_ON_BEAT) -> float:
        """R projected on a phase, in [-1, 1]; shifting the song by half a cycle turns its sign."""
        return float(self.resultant * np.cos(self.phase - preferred_phase))


def phase_locking(
    speed_T: Array, beat_times: Array, fps: float, beats_per_cycle: int = 1
) -> PhaseLocking:
    """Phase locking of a speed curve to a song.

    Args:
        speed_T: (T,) non-negative, frame i at i / fps seconds.
        beat_times: increasing seconds; beats outside the motion are left out.
        fps: of the speed curve.
        beats_per_cycle: 2 for what happens on every other beat, as each foot of a walk.
    """
    harmonics, mean_speed = cycle_harmonics(speed_T, beat_times, fps, beats_per_cycle)
    size = float(np.abs(harmonics).sum())
    # Interpolating a constant curve leaves rounding noise, whose phase means nothing.
    if size <= 1e-9 * max(mean_speed, 1e-300) * max(len(harmonics), 1):
        return PhaseLocking(0.0, 0.0, 0.0, len(harmonics))
    total = complex(harmonics.sum())
    depth = size / len(harmonics) / mean_speed
    return PhaseLocking(abs(total) / size, float(np.angle(total)), depth, len(harmonics))


def cycle_harmonics(
    speed_T: Array, beat_times: Array, fps: float, beats_per_cycle: int = 1
) -> tuple[Complex, float]:
    """First harmonics (K,) of the speed over each whole cycle, and the mean speed there."""
    speed = np.asarray(speed_T, dtype=np.float64)
    beats = np.asarray(beat_times, dtype=np.float64)
    inside = beats[(beats >= 0) & (beats <= (len(speed) - 1) / fps)]
    marks = inside[::beats_per_cycle]
    if len(marks) < 2:
        return np.zeros(0, dtype=np.complex128), 0.0
    phase = np.arange(_PHASES) / _PHASES
    times = marks[:-1, None] + np.diff(marks)[:, None] * phase
    sampled = np.interp(times, np.arange(len(speed)) / fps, speed)
    # Speed c (1 + d cos(phase - p)) has the harmonic c d exp(i p).
    harmonics: Complex = 2 * (sampled * np.exp(2j * np.pi * phase)).mean(axis=1)
    return harmonics, float(sampled.mean())


def shifted_control(
    speed_T: Array, beat_times: Array, fps: float, beats_per_cycle: int = 1
) -> PhaseLocking:
    """The same dance to the same song shifted by half a cycle."""
    beats = np.asarray(beat_times, dtype=np.float64)
    if len(beats) < 2:
        return phase_locking(speed_T, beats, fps, beats_per_cycle)
    shift = 0.5 * beats_per_cycle * float(np.median(np.diff(beats)))
    return phase_locking(speed_T, beats + shift, fps, beats_per_cycle)


@dataclass(frozen=True)
class ForeignControl:
    """Locking to other songs.

    Attributes:
        resultants: (S,) one per foreign song.
        p_value: how often a foreign song locks at least as well, (1 + count) / (1 + S).
    """

    resultants: Float
    p_value: float


def foreign_control(
    speed_T: Array,
    beat_times: Array,
    foreign_beat_times: Sequence[Array],
    fps: float,
    beats_per_cycle: int = 1,
) -> ForeignControl:
    """The same dance against the beats of songs that it was not danced to.

    Songs of nearly the same tempo lock as well, rightly: choose foreign songs of other tempi.
    """
    own = phase_locking(speed_T, beat_times, fps, beats_per_cycle).resultant
    others = np.array([
        phase_locking(speed_T, beats, fps, beats_per_cycle).resultant
        for beats in foreign_beat_times
    ])  # fmt: skip
    return ForeignControl(others, float((1 + (others >= own).sum()) / (1 + len(others))))


def resultant_interval(
    speed_T: Array,
    beat_times: Array,
    fps: float,
    beats_per_cycle: int = 1,
    confidence: float = 0.95,
    seed: int = 0,
    repeats: int = 1000,
) -> tuple[float, float]:
    """Bootstrap interval of R, resampling cycles; (0, 0) where there are none."""
    harmonics, _ = cycle_harmonics(speed_T, beat_times, fps, beats_per_cycle)
    if np.abs(harmonics).sum() == 0:
        return 0.0, 0.0
    drawn = np.random.default_rng(seed).integers(len(harmonics), size=(repeats, len(harmonics)))
    sample = harmonics[drawn]
    lengths = np.abs(sample.sum(axis=1)) / np.maximum(np.abs(sample).sum(axis=1), 1e-300)
    low, high = np.quantile(lengths, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
