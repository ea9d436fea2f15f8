"""Bending a take in time so that its steps land on a song's beats.

Shapes: T frames of the take, S frames of the result, B beats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from pipelines.motion.motion import Motion
from pipelines.rhythm.beat_coupling import BeatCoupling, beat_coupling
from pipelines.rhythm.step_cycle import StepCycle, foot_speeds, smooth_sequence, step_cycles
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import BadUsage, UnsuitableInput

MAX_TEMPO_CHANGE = 0.2
STEPS_PER_BEAT = (1.0, 0.5, 2.0)
_MOMENTARY = 1.5
_STIFFEST = 1e4
_OFF_BEAT_WEIGHT = 0.5


@dataclass(frozen=True)
class WarpedTake:
    """A take that now keeps time with a song.

    Attributes:
        motion: at 30 fps; frame i belongs to song time (first_frame + i) / 30.
        first_frame: where in the song it starts, frames at 30 per second.
        speed: mean speed of the dance against the take as recorded.
        steps_per_beat: 1, or 0.5 / 2 where only half or double time fits.
        locking: of the warped foot speed to the song's beats.
    """

    motion: Motion
    first_frame: int
    speed: float
    steps_per_beat: float
    locking: BeatCoupling


def warp_to_beats(
    motion: Motion,
    beat_times: NDArray[np.floating[Any]],
    max_tempo_change: float = MAX_TEMPO_CHANGE,
    first_beat: int = 0,
    cycles: Sequence[StepCycle] | None = None,
) -> WarpedTake:
    """Warp a take onto a song's beats; the warp is smooth (twice differentiable).

    The take as a whole changes speed by at most `max_tempo_change`, any moment of it by at most
    one and a half times that. Of all cycles of the take that fit, the most convincing is taken.

    Args:
        motion: the take, any frame rate.
        beat_times: (B,) seconds, increasing.
        max_tempo_change: 0.2 allows 20 % slower or faster.
        first_beat: the first step lands on this beat or a later one.
        cycles: `step_cycles(motion)` when several songs are tried.

    Raises:
        BadUsage: `max_tempo_change` is not between 0 and 0.5.
        UnsuitableInput: no tempo of the take fits the song, or the song has too few beats.
    """
    if not 0 < max_tempo_change <= 0.5:
        raise BadUsage(f"tempo change {max_tempo_change} is out of range", "give 0.01 to 0.5")
    if len(beat_times) - first_beat < 4:
        raise UnsuitableInput("the song has fewer than 4 beats to dance to")
    if cycles is None:
        cycles = step_cycles(motion)
    fitting = fitting_cycles(cycles, beat_times, max_tempo_change)
    if not fitting:
        raise UnsuitableInput(
            f"{motion.source or 'take'}: no step tempo within {max_tempo_change:.0%} of the song's",
            "choose a song of another tempo or a larger tempo change",
        )
    for cycle, steps_per_beat in fitting:
        grid = _subdivided(beat_times[first_beat:], steps_per_beat)
        warped = _warp(motion, cycle, grid, beat_times, max_tempo_change)
        if warped is not None:
            return replace(warped, steps_per_beat=steps_per_beat)
    raise UnsuitableInput(
        f"{motion.source or 'take'}: its steps are too uneven for this song",
        "choose a song of another tempo or a larger tempo change",
    )


def fitting_cycles(
    cycles: Sequence[StepCycle], beat_times: NDArray[np.floating[Any]], max_tempo_change: float
) -> list[tuple[StepCycle, float]]:
    """Cycles within reach of the song's tempo with their steps per beat, best first."""
    beat_bpm = 60.0 / float(np.median(np.diff(beat_times)))
    found = []
    for cycle in cycles:
        for steps_per_beat in STEPS_PER_BEAT:
            speed = beat_bpm * steps_per_beat / cycle.bpm
            if abs(speed - 1.0) > max_tempo_change:
                continue
            comfort = 1.0 - 0.3 * (abs(speed - 1.0) / max_tempo_change) ** 2
            weight = 1.0 if steps_per_beat == 1.0 else _OFF_BEAT_WEIGHT
            found.append((cycle.confidence * comfort * weight, cycle, steps_per_beat))
    found.sort(key=lambda entry: -entry[0])
    return [(cycle, steps_per_beat) for _, cycle, steps_per_beat in found]


def sample_smoothly(motion: Motion, seconds: NDArray[np.floating[Any]], fps: float) -> Motion:
    """The take at any times by cubic interpolation, without the corners of a linear one.

    Args:
        motion: T >= 4 frames.
        seconds: (S,) times; values outside the take hold its first or last frame.
        fps: frame rate of the result.
    """
    at = np.arange(motion.frames) / motion.fps
    wanted = np.clip(seconds, at[0], at[-1])
    flat = Rotation.from_rotvec(motion.poses.reshape(-1, 3).astype(np.float64)).as_quat()
    quaternions = flat.reshape(motion.frames, 24, 4)
    turned = (quaternions[1:] * quaternions[:-1]).sum(axis=-1) < 0
    flips = np.concatenate([np.zeros((1, 24)), np.cumsum(turned, axis=0)]) % 2
    quaternions = np.where(flips[..., None] > 0, -quaternions, quaternions)
    between = CubicSpline(at, quaternions)(wanted).reshape(-1, 4)
    poses = Rotation.from_quat(between).as_rotvec().reshape(-1, 24, 3)
    trans = CubicSpline(at, motion.trans.astype(np.float64))(wanted)
    return replace(motion, poses=poses.astype(np.float32), trans=trans.astype(np.float32), fps=fps)


def _warp(
    motion: Motion,
    cycle: StepCycle,
    grid: NDArray[np.float64],
    beat_times: NDArray[np.floating[Any]],
    max_tempo_change: float,
) -> WarpedTake | None:
    """The take on this grid, or None where not even an even warp stays within the bounds."""
    steps = cycle.times
    # Enough song before the first step to start the take from its first frame, if there is.
    lead = int(np.searchsorted(grid, grid[0] + steps[0] / (1.0 - max_tempo_change)))
    grid = grid[min(lead, max(0, len(grid) - len(steps))) :]
    count = min(len(steps), len(grid))
    if count < 4:
        return None
    steps, grid = steps[:count], grid[:count]
    mean_speed = float((steps[-1] - steps[0]) / (grid[-1] - grid[0]))
    if abs(mean_speed - 1.0) > max_tempo_change:
        return None
    clock = _bounded_clock(steps, grid, _MOMENTARY * max_tempo_change)
    if clock is None:
        return None
    before, after = float(clock(grid[0], 1)), float(clock(grid[-1], 1))
    begin = max(0.0, grid[0] - float(clock(grid[0])) / before)
    end = grid[-1] + (motion.seconds - 1 / motion.fps - float(clock(grid[-1]))) / after
    if count < len(cycle.times):
        end = grid[-1]
    first_frame = int(np.ceil(begin * MOTION_FPS - 1e-6))
    seconds = np.arange(first_frame, int(end * MOTION_FPS) + 1) / MOTION_FPS
    dance_seconds = np.where(
        seconds < grid[0],
        clock(grid[0]) + (seconds - grid[0]) * before,
        np.where(
            seconds > grid[-1], clock(grid[-1]) + (seconds - grid[-1]) * after, clock(seconds)
        ),
    )
    warped = sample_smoothly(motion, dance_seconds, MOTION_FPS)
    beats = beat_times - first_frame / MOTION_FPS
    locking = beat_coupling(foot_speeds(warped).sum(axis=1), beats, MOTION_FPS)
    return WarpedTake(warped, first_frame, mean_speed, 1.0, locking)


def _bounded_clock(
    steps: NDArray[np.float64], grid: NDArray[np.float64], allowed: float
) -> CubicSpline | None:
    """Song time to take time, as loose as the bound on its momentary speed lets it be."""
    stiffness = 0.0
    finely = np.linspace(grid[0], grid[-1], 8 * len(grid))
    while stiffness <= _STIFFEST:
        clock = CubicSpline(grid, smooth_sequence(steps, stiffness), bc_type="natural")
        if np.abs(clock(finely, 1) - 1.0).max() <= allowed:
            return clock
        stiffness = max(0.1, 2.0 * stiffness)
    return None


def _subdivided(beats: NDArray[np.floating[Any]], steps_per_beat: float) -> NDArray[np.float64]:
    if steps_per_beat == 1.0:
        return np.asarray(beats, dtype=np.float64)
    if steps_per_beat == 0.5:
        return np.asarray(beats[::2], dtype=np.float64)
    count = int((len(beats) - 1) * steps_per_beat) + 1
    at = np.arange(count) / steps_per_beat
    return np.interp(at, np.arange(len(beats)), beats)
