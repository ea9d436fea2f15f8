"""The dancer's own tempo: where the steps land, tracked as a beat tracker tracks onsets.

On the salsa takes of CMU 60 and 61 foot speed oscillates at 82 to 94 cycles a minute (half the
count of 164 to 188) and more weakly at one and a half times that. Landings, where a foot brakes
and does not rise, lock to it as well as speed maxima; they are used, as a step lands on the beat.

Shapes: T frames, B steps of the cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion
from pipelines.rhythm.beat_coupling import beat_coupling
from pipelines.support.errors import UnsuitableInput

SLOWEST_BPM, FASTEST_BPM = 60.0, 190.0
PREFERRED_BPM, PREFERENCE_OCTAVES = 110.0, 0.7
SHORTEST_SECONDS = 3.0
_TEMPO_STEP = 1.05
_TIGHTNESS = 30.0
_STIFFNESS = 0.5
_SMOOTHING_SECONDS = 0.03


@dataclass(frozen=True)
class StepCycle:
    """One reading of a take's rhythm.

    Attributes:
        times: (B,) seconds of successive steps, smoothed, increasing.
        bpm: their median rate per minute.
        confidence: resultant length in [0, 1] of the foot-speed phase over this cycle. The cycle
            is fitted to the take, so that even wrong tempi of real takes reach 0.45 to 0.55.
    """

    times: NDArray[np.float64]
    bpm: float
    confidence: float


def estimate_step_cycle(
    motion: Motion, slowest_bpm: float = SLOWEST_BPM, fastest_bpm: float = FASTEST_BPM
) -> StepCycle:
    """The most convincing cycle of a take, with a mild preference for dance tempi near 110.

    Raises:
        UnsuitableInput: the take is shorter than 3 s or its feet do not move.
    """
    return max(step_cycles(motion, slowest_bpm, fastest_bpm), key=_plausibility)


def step_cycles(
    motion: Motion, slowest_bpm: float = SLOWEST_BPM, fastest_bpm: float = FASTEST_BPM
) -> list[StepCycle]:
    """A cycle tracked at each tempo of a grid 5 % apart; see `estimate_step_cycle`."""
    if motion.seconds < SHORTEST_SECONDS:
        raise UnsuitableInput(
            f"{motion.source or 'take'}: {motion.seconds:.1f} s, too short to find its steps"
        )
    landings = foot_landings(motion)
    total = foot_speeds(motion).sum(axis=1)
    if landings.std() < 1e-4:
        raise UnsuitableInput(f"{motion.source or 'take'}: the feet do not move")
    count = max(1, round(np.log(fastest_bpm / slowest_bpm) / np.log(_TEMPO_STEP)) + 1)
    cycles = []
    for bpm in np.geomspace(slowest_bpm, fastest_bpm, count):
        steps = _track(landings, 60.0 * motion.fps / bpm)
        if len(steps) < 4:
            continue
        times = smooth_sequence(steps / motion.fps, _STIFFNESS)
        locking = beat_coupling(total, times, motion.fps)
        rate = float(60.0 / np.median(np.diff(times)))
        cycles.append(StepCycle(times, rate, locking.resultant))
    if not cycles:
        raise UnsuitableInput(f"{motion.source or 'take'}: too short to find its steps")
    return cycles


def foot_speeds(motion: Motion) -> NDArray[np.float64]:
    """Speed of the left and the right foot, m/s, mean of ankle and toes. Shape: (T, 2)."""
    return _both_feet(np.linalg.norm(_foot_velocities(motion), axis=-1))


def foot_landings(motion: Motion) -> NDArray[np.float64]:
    """How hard the feet brake, summed over both, while they do not rise. Shape: (T,).

    A foot also brakes on its way up to the top of a lift, which is no landing; a fifth of that is
    kept for dances whose accents are kicks.
    """
    velocities = _foot_velocities(motion)
    speeds = np.linalg.norm(velocities, axis=-1)
    rising = _both_feet(np.clip(velocities[..., 2] / np.maximum(speeds, 1e-3), 0.0, 1.0))
    braking = np.maximum(0.0, -np.gradient(_both_feet(speeds), axis=0))
    landings: NDArray[np.float64] = (braking * (1.0 - 0.8 * rising)).sum(axis=1)
    return landings


def _foot_velocities(motion: Motion) -> NDArray[np.float64]:
    """(T, 4, 3) m/s of ankles and toes, smoothed over a frame or two."""
    feet = motion.joints()[:, list(FOOT_JOINTS)]
    smooth = gaussian_filter1d(feet, _SMOOTHING_SECONDS * motion.fps, axis=0)
    return np.asarray(np.gradient(smooth, 1.0 / motion.fps, axis=0), dtype=np.float64)


def _both_feet(values_T4: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of ankle and toes. Shape: (T, 4) in the order of FOOT_JOINTS -> (T, 2) left, right."""
    return np.stack([values_T4[:, [0, 2]].mean(axis=1), values_T4[:, [1, 3]].mean(axis=1)], axis=1)


def smooth_sequence(times: NDArray[np.floating[Any]], stiffness: float) -> NDArray[np.float64]:
    """Even out the spacing of a sequence: least squares plus `stiffness` x squared 2nd difference.

    Shape: (B,) -> (B,); a straight line passes unchanged.
    """
    if len(times) < 3:
        return np.asarray(times, dtype=np.float64)
    bend = np.diff(np.eye(len(times)), 2, axis=0)
    result: NDArray[np.float64] = np.linalg.solve(
        np.eye(len(times)) + stiffness * bend.T @ bend, np.asarray(times, dtype=np.float64)
    )
    return result


def _plausibility(cycle: StepCycle) -> float:
    octaves = np.log2(cycle.bpm / PREFERRED_BPM) / PREFERENCE_OCTAVES
    return cycle.confidence * float(np.exp(-0.5 * octaves**2))


def _track(accents: NDArray[np.floating[Any]], period: float) -> NDArray[np.int64]:
    """Frames of an even-ish pulse through the accents: Ellis' dynamic programming (2007)."""
    strength = accents / accents.std()
    lags = np.arange(round(0.6 * period), round(1.67 * period) + 1)
    penalty = _TIGHTNESS * np.log(lags / period) ** 2
    score, previous = strength.copy(), np.full(len(strength), -1)
    for frame in range(lags[0], len(strength)):
        reachable = lags[: np.searchsorted(lags, frame, side="right")]
        gains = score[frame - reachable] - penalty[: len(reachable)]
        best = int(gains.argmax())
        if gains[best] > 0 or frame > lags[-1]:
            score[frame] += gains[best]
            previous[frame] = frame - reachable[best]
    last = len(score) - lags[-1] + int(score[-lags[-1] :].argmax())
    path = [last]
    while previous[path[-1]] >= 0:
        path.append(int(previous[path[-1]]))
    return np.array(path[::-1])
