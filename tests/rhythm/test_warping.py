from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.rhythm.beat_coupling import beat_coupling
from pipelines.rhythm.step_cycle import estimate_step_cycle, foot_speeds, step_cycles
from pipelines.rhythm.warping import fitting_cycles, sample_smoothly, warp_to_beats
from pipelines.support.errors import BadUsage, UnsuitableInput

Stepping = Callable[..., Motion]


def grid(bpm: float, seconds: float = 60.0, first: float = 0.23) -> np.ndarray:
    return np.arange(first, seconds, 60 / bpm)


@pytest.mark.parametrize(("dance", "song"), [(100, 110), (100, 85), (120, 130), (95, 95)])
def test_steps_land_on_the_beats(stepping: Stepping, dance: float, song: float) -> None:
    warped = warp_to_beats(stepping(dance, drift=0.06), grid(song))
    assert warped.motion.fps == 30
    assert warped.speed == pytest.approx(song / dance, rel=0.05)
    assert warped.steps_per_beat == 1.0
    assert warped.locking.resultant > 0.95
    cycle = estimate_step_cycle(warped.motion)
    assert cycle.bpm == pytest.approx(song, rel=0.02)


def test_half_a_beat_turns_the_phase_by_pi_and_a_foreign_song_loses_it(stepping: Stepping) -> None:
    beats = grid(108)
    warped = warp_to_beats(stepping(100, drift=0.06), beats)
    speed, local = foot_speeds(warped.motion).sum(axis=1), beats - warped.first_frame / 30
    locked = beat_coupling(speed, local, 30)
    shifted = beat_coupling(speed, local + 30 / 108, 30)
    turned = np.angle(np.exp(1j * (shifted.mean_phase - locked.mean_phase)))
    assert abs(turned) == pytest.approx(np.pi, abs=0.05)
    assert shifted.resultant == pytest.approx(locked.resultant, abs=0.03)
    assert beat_coupling(speed, grid(91), 30).resultant < 0.3 * locked.resultant


def test_later_first_beat_gives_a_later_part_of_the_song(stepping: Stepping) -> None:
    early = warp_to_beats(stepping(100), grid(105))
    late = warp_to_beats(stepping(100), grid(105), first_beat=20)
    assert late.first_frame / 30 > 20 * 60 / 105 > early.first_frame / 30
    assert late.locking.mean_phase == pytest.approx(early.locking.mean_phase, abs=0.15)


def test_nothing_is_lost_and_a_short_song_cuts_the_take(stepping: Stepping) -> None:
    motion = stepping(100, 16.0)
    whole = warp_to_beats(motion, grid(110))
    assert whole.motion.seconds == pytest.approx(16.0 / 1.1, abs=0.5)
    short = warp_to_beats(motion, grid(110, 9.0))
    assert (short.first_frame + short.motion.frames) / 30 <= 9.0
    assert short.motion.frames > 30 * 5


def test_the_warp_makes_no_jerks(stepping: Stepping) -> None:
    motion = stepping(100, drift=0.06)
    warped = warp_to_beats(motion, grid(115)).motion
    jerk = [np.linalg.norm(np.diff(m.joints(), 3, axis=0), axis=-1) for m in (motion, warped)]
    assert np.percentile(jerk[1], 99) < 1.2**3 * 1.3 * np.percentile(jerk[0], 99)


def test_tempo_change_is_bounded(stepping: Stepping) -> None:
    motion = stepping(100)
    cycles = [c for c in step_cycles(motion) if abs(c.bpm - 100) < 1]
    assert fitting_cycles(cycles, grid(119), 0.2) and not fitting_cycles(cycles, grid(123), 0.2)
    assert not fitting_cycles(cycles, grid(117), 0.1)
    with pytest.raises(UnsuitableInput, match="no step tempo within 10%"):
        warp_to_beats(motion, grid(130), 0.1, cycles=cycles)
    for bad in (0.0, -0.1, 0.9):
        with pytest.raises(BadUsage):
            warp_to_beats(motion, grid(100), bad)


@pytest.mark.parametrize(("song", "steps"), [(55.0, 2.0), (195.0, 0.5)])
def test_half_and_double_time_where_nothing_else_fits(
    stepping: Stepping, song: float, steps: float
) -> None:
    motion = stepping(100)
    cycles = [c for c in step_cycles(motion) if abs(c.bpm - 100) < 1]
    warped = warp_to_beats(motion, grid(song, 120), cycles=cycles)
    assert warped.steps_per_beat == steps
    assert warped.speed == pytest.approx(song * steps / 100, rel=0.03)


def test_a_song_without_beats_is_refused(stepping: Stepping) -> None:
    with pytest.raises(UnsuitableInput, match="fewer than 4 beats"):
        warp_to_beats(stepping(100), np.array([0.5, 1.0]))


def test_smooth_sampling_keeps_frames_and_interpolates(stepping: Stepping) -> None:
    motion = stepping(100, 4.0)
    same = sample_smoothly(motion, np.arange(motion.frames) / 30, 30)
    np.testing.assert_allclose(same.joints(), motion.joints(), atol=1e-5)
    double = sample_smoothly(motion, np.arange(2 * motion.frames - 1) / 60, 60)
    np.testing.assert_allclose(double.joints()[::2], motion.joints(), atol=1e-5)
    np.testing.assert_allclose(
        double.joints(), motion.at_times(np.arange(239) / 60, 60).joints(), atol=0.03
    )
    held = sample_smoothly(motion, np.array([-1.0, 99.0]), 30)
    np.testing.assert_allclose(held.trans, motion.trans[[0, -1]], atol=1e-6)


def test_smooth_sampling_crosses_the_turn_of_a_rotation_vector(stepping: Stepping) -> None:
    motion = stepping(100, 4.0)
    angle = np.linspace(3.0, 3.3, motion.frames)
    wrapped = np.where(angle > np.pi, angle - 2 * np.pi, angle)
    motion.poses[:, 18] = np.array([0, 0, 1]) * wrapped[:, None]
    halves = sample_smoothly(motion, (np.arange(motion.frames - 1) + 0.5) / 30, 30)
    turned = np.abs(halves.poses[:, 18, 2])
    assert turned.min() > 2.95
