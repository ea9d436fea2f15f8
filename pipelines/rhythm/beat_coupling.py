"""How firmly a movement goes with a pulse that is being sought or has just been made.

Of all frames at once: the movement's analytic phase against that of the pulse. It judges where a
take's steps may lie (`step_cycle`) and what a warp has made of them (`warping`). The score that
dances get, `metrics.phase_locking`, goes cycle by cycle instead, needs no filter that would find an
oscillation anywhere, and comes with its controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import butter, hilbert, sosfiltfilt


@dataclass(frozen=True)
class BeatCoupling:
    """Circular statistics of foot-speed phase minus beat phase, weighted by its amplitude.

    Attributes:
        resultant: 0 none, 1 perfect.
        mean_phase: radians in (-pi, pi].
    """

    resultant: float
    mean_phase: float


def beat_coupling(
    signal: NDArray[np.floating[Any]], beats: NDArray[np.floating[Any]], fps: float
) -> BeatCoupling:
    """How firmly the oscillation of a signal keeps its place between beats.

    The signal is band-passed around the beat rate (0.6 to 1.5 times), its analytic phase compared
    with a phase that advances by 2 pi from beat to beat.

    Args:
        signal: (T,) for example the summed foot speed.
        beats: (B,) seconds, at least 3; frames outside them are left out.
        fps: frames per second.
    """
    rate = 1.0 / float(np.median(np.diff(beats)))
    band = butter(2, [0.6 * rate, min(1.5 * rate, 0.49 * fps)], "band", fs=fps, output="sos")
    padding = min(len(signal) - 1, int(3 * fps / rate))
    seconds = np.arange(len(signal)) / fps
    inside = (seconds >= beats[0]) & (seconds < beats[-1])
    if inside.sum() < 2:
        return BeatCoupling(0.0, 0.0)
    analytic = hilbert(sosfiltfilt(band, signal - np.mean(signal), padlen=padding))[inside]
    phase = 2 * np.pi * CubicSpline(beats, np.arange(len(beats)))(seconds[inside])
    weight = float(np.abs(analytic).sum())
    mean = complex((analytic * np.exp(-1j * phase)).sum() / weight) if weight > 0 else 0j
    return BeatCoupling(abs(mean), float(np.angle(mean)))
