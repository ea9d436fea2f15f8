"""How a take can be counted: the beats it was danced to where they are known, else its steps.

Shapes: T frames, B pulses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.rhythm.beat_coupling import beat_coupling
from pipelines.rhythm.step_cycle import StepCycle, foot_speeds, step_cycles
from pipelines.support.errors import UnsuitableInput

SALSA_HALF_COUNT = (76.0, 100.0)
"""A salsa dancer counts 152 to 200 a minute and steps with each foot on every other count."""
_MOST_READINGS = 6
_APART = 1.06


@dataclass(frozen=True)
class Pulses:
    """One reading of a take's rhythm: where a dancer would count.

    Attributes:
        times: (B,) seconds, increasing; may begin before the take and end after it.
        confidence: 0 to 1; that of a tracked cycle is high by construction, since it was fitted.
        known: whether these are the beats of the music that was danced to, not tracked.
    """

    times: NDArray[np.float64]
    confidence: float
    known: bool = False

    @property
    def bpm(self) -> float:
        """Median rate per minute."""
        return float(60.0 / np.median(np.diff(self.times)))

    def doubled(self) -> Pulses:
        """The same with a pulse half-way between every two."""
        count = 2 * len(self.times) - 1
        return Pulses(
            np.interp(np.arange(count) / 2, np.arange(len(self.times)), self.times),
            self.confidence,
            self.known,
        )


def tracked_pulses(motion: Motion) -> tuple[Pulses, ...]:
    """Up to six cycles of the steps, at least 6 % apart, the most convincing first.

    Empty for a take that is too short or whose feet do not move.
    """
    try:
        cycles = sorted(step_cycles(motion), key=lambda cycle: -cycle.confidence)
    except UnsuitableInput:
        return ()
    chosen: list[StepCycle] = []
    for cycle in cycles:
        far = all(abs(np.log(cycle.bpm / other.bpm)) > np.log(_APART) for other in chosen)
        if far and len(chosen) < _MOST_READINGS:
            chosen.append(cycle)
    return tuple(Pulses(cycle.times, cycle.confidence) for cycle in chosen)


def salsa_pulses(partners: Sequence[Motion]) -> tuple[Pulses, ...]:
    """The count of a salsa, and its half: the half-count that both partners' feet share.

    Args:
        partners: one or both dancers of a take, frame by frame together.
    """
    slowest, fastest = SALSA_HALF_COUNT
    total = np.sum([foot_speeds(motion).sum(1) for motion in partners], axis=0)
    best: tuple[float, StepCycle] | None = None
    for motion in partners:
        try:
            cycles = step_cycles(motion, slowest, fastest)
        except UnsuitableInput:
            continue
        for cycle in cycles:
            if not slowest <= cycle.bpm <= fastest:
                continue
            shared = beat_coupling(total, cycle.times, motion.fps).resultant
            if best is None or shared > best[0]:
                best = shared, cycle
    if best is None:
        return ()
    half = Pulses(best[1].times, best[0])
    return (half.doubled(), half)
