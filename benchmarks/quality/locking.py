"""Does a set of dances keep time with its songs? Statistics over many dances.

c_k is the first harmonic of a dancer's speed over the k-th cycle between beats, divided by the
dance's mean speed, so that lively dances do not outweigh calm ones (pipelines.metrics.
phase_locking). Pooled over all dances, R = |sum c_k| / sum |c_k| is high only if they also agree
on the phase. Intervals resample songs, or takes, as wholes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from quality.clips import FPS, Clip, Float

from pipelines.metrics.joints import body_speed, foot_speed
from pipelines.metrics.phase_locking import cycle_harmonics

Complex = NDArray[np.complex128]
Speed = Callable[[Float, float], Float]
SPEEDS: dict[str, Speed] = {"feet": foot_speed, "body": body_speed}


@dataclass(frozen=True)
class Locking:
    """How a set of dances follows the beat.

    Attributes:
        resultant, interval: R of all cycles of all dances, with its 95 % interval.
        phase: radians; where between two beats the speed peaks (pi: half-way).
        phase_interval: 95 %, unwrapped around the phase.
        single: mean of R of one dance, which is about 1 / sqrt(cycles) by accident.
        cycles: how many in all.
    """

    resultant: float
    interval: tuple[float, float]
    phase: float
    phase_interval: tuple[float, float]
    single: float
    cycles: int


def harmonics(clip: Clip, speed: str, beats: Float | None = None) -> Complex:
    """(K,) of one dance, relative to its mean speed; empty for a motionless one."""
    found, mean = cycle_harmonics(
        SPEEDS[speed](clip.joints, FPS), clip.beats if beats is None else beats, FPS
    )
    return found / mean if mean > 1e-6 else found[:0]


def locking(
    per_clip: Sequence[Complex], groups: Sequence[str], repeats: int = 1000, seed: int = 0
) -> Locking:
    """Pool dances; `groups` says which are resampled together."""
    sums = np.array([[h.sum(), np.abs(h).sum()] for h in per_clip], dtype=np.complex128)
    names, index = np.unique(groups, return_inverse=True)
    grouped = np.zeros((len(names), 2), dtype=np.complex128)
    np.add.at(grouped, index, sums)
    drawn = np.random.default_rng(seed).integers(len(names), size=(repeats, len(names)))
    sampled = grouped[drawn].sum(axis=1)
    total = grouped.sum(axis=0)
    phase = float(np.angle(total[0]))
    turns = np.angle(sampled[:, 0] * np.exp(-1j * phase))
    single = [abs(a) / b.real for a, b in sums if b.real > 0]
    return Locking(
        float(abs(total[0]) / max(total[1].real, 1e-12)),
        _interval(np.abs(sampled[:, 0]) / np.maximum(sampled[:, 1].real, 1e-12)),
        phase,
        tuple(phase + x for x in _interval(turns)),  # type: ignore[arg-type]
        float(np.mean(single)) if single else 0.0,
        sum(len(h) for h in per_clip),
    )


def own_locking(clips: Sequence[Clip], speed: str, half_beat: bool = False) -> Locking:
    """Dances against their own songs, or against these shifted by half a beat."""

    def beats(clip: Clip) -> Float:
        return clip.beats + half_beat * 0.5 * float(np.median(np.diff(clip.beats)))

    usable = [c for c in clips if len(c.beats) > 2]
    return locking([harmonics(c, speed, beats(c)) for c in usable], [c.group for c in usable])


def foreign_locking(
    clips: Sequence[Clip], songs: dict[str, Float], speed: str, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """Dances against songs of other tempi: mean pooled R over draws, and mean R of one dance.

    Args:
        songs: name -> beat times, at least as long as the dances.
    """
    random = np.random.default_rng(seed)
    pooled, single = [], []
    choices = [_foreign(clip, songs) for clip in clips]
    usable = [(clip, names) for clip, names in zip(clips, choices, strict=True) if names]
    for _ in range(draws if usable else 0):
        found = [
            harmonics(clip, speed, songs[names[random.integers(len(names))]])
            for clip, names in usable
        ]
        numbers = locking(found, ["all"] * len(found), repeats=1)
        pooled.append(numbers.resultant)
        single.append(numbers.single)
    return float(np.mean(pooled or 0)), float(np.mean(single or 0))


def _foreign(clip: Clip, songs: dict[str, Float]) -> list[str]:
    """Songs whose tempo is no near-multiple of the clip's: at least 6 % off every octave."""
    period = float(np.median(np.diff(clip.beats)))
    names = []
    for name, beats in songs.items():
        octaves = np.log2(float(np.median(np.diff(beats))) / period)
        if abs(octaves - round(octaves)) > np.log2(1.06):
            names.append(name)
    return names


@dataclass(frozen=True)
class Response:
    """How far the dance moves when the song is moved.

    Attributes:
        delay: of the song, in beats.
        answer: delay of the dance in beats, modulo one, nearest to the song's; with its interval.
        coherence: R of the turned cycles, 1 if every dance moves alike.
        lag_correlation: correlation of foot speed with that of the undelayed dance, moved along by
            the song's delay; `still_correlation`: not moved along.
    """

    delay: float
    answer: float
    interval: tuple[float, float]
    coherence: float
    lag_correlation: float
    still_correlation: float


def response(
    before: Sequence[Clip], after: Sequence[Clip], delay_frames: Sequence[int], speed: str = "feet"
) -> Response:
    """Compare dances, pairwise, to songs and to the same songs delayed.

    Both are held against the beats of the undelayed song: a dance that ignores the song keeps its
    phase, one that follows it turns by the delay.
    """
    turns, groups, moved, still, delays = [], [], [], [], []
    for clip, later, delay in zip(before, after, delay_frames, strict=True):
        first, second = harmonics(clip, speed), harmonics(later, speed, clip.beats)
        turns.append(np.array([second.sum() * np.conj(first.sum())]))
        groups.append(clip.group)
        a, b = (SPEEDS[speed](c.joints, FPS) for c in (clip, later))
        moved.append(_correlation(a[: len(a) - delay], b[delay:]))
        still.append(_correlation(a, b))
        delays.append(delay / FPS / float(np.median(np.diff(clip.beats))))
    found = locking(turns, groups)
    delay_beats = float(np.mean(delays))
    wraps = round(delay_beats - found.phase / (2 * np.pi))
    low, high = (x / (2 * np.pi) + wraps for x in found.phase_interval)
    return Response(
        delay_beats,
        found.phase / (2 * np.pi) + wraps,
        (low, high),
        found.resultant,
        float(np.mean(moved)),
        float(np.mean(still)),
    )


def _correlation(a: Float, b: Float) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def _interval(values: NDArray[np.floating]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
