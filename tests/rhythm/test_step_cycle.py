from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.motion.motion import Motion
from pipelines.rhythm.step_cycle import (
    estimate_step_cycle,
    foot_speeds,
    smooth_sequence,
    step_cycles,
)
from pipelines.support.errors import UnsuitableInput

Stepping = Callable[..., Motion]


@pytest.mark.parametrize("bpm", [75.0, 100.0, 140.0])
@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_finds_tempo_and_phase(stepping: Stepping, bpm: float, fps: float) -> None:
    cycle = estimate_step_cycle(stepping(bpm, fps=fps))
    assert cycle.bpm == pytest.approx(bpm, rel=0.02)
    assert cycle.confidence > 0.95
    phase = np.exp(2j * np.pi * cycle.times * bpm / 60).mean()
    # The foot brakes in the second half of its swing, shortly before the beat.
    assert abs(phase) > 0.95 and -0.25 < np.angle(phase) / (2 * np.pi) < 0.02


def test_follows_a_dancer_who_drifts(stepping: Stepping) -> None:
    motion = stepping(100, drift=0.08)
    cycle = estimate_step_cycle(motion)
    assert cycle.confidence > 0.95
    rates = 60 / np.diff(cycle.times)
    assert rates.min() < 96 and rates.max() > 104


def test_noise_is_not_convincing(stepping: Stepping) -> None:
    rng = np.random.default_rng(0)
    noise = np.cumsum(rng.standard_normal((600, 24, 3)), axis=0) * 0.02
    noise -= np.linspace(0, 1, 600)[:, None, None] * noise[-1]
    still = stepping(100, 20)
    wandering = Motion(still.poses + noise.astype("f4"), still.trans, 30.0)
    wandering.poses[:, [1, 2, 4, 5]] = noise[:, [1, 2, 4, 5]].astype("f4")
    assert estimate_step_cycle(wandering).confidence < 0.75


def test_refuses_short_and_still_takes(stepping: Stepping) -> None:
    with pytest.raises(UnsuitableInput, match="too short"):
        estimate_step_cycle(stepping(100, 2.0))
    motion = stepping(100)
    motion.poses[:] = motion.poses[0]
    with pytest.raises(UnsuitableInput, match="do not move"):
        step_cycles(motion)


def test_cycles_cover_the_tempo_range(stepping: Stepping) -> None:
    rates = [cycle.bpm for cycle in step_cycles(stepping(100), 60, 190)]
    assert min(rates) < 75 and max(rates) > 170


def test_foot_speed_of_a_sliding_body(stepping: Stepping) -> None:
    motion = stepping(100)
    motion.poses[:] = motion.poses[0]
    motion.trans[:, 0] = np.arange(motion.frames) / 30 * 1.5
    np.testing.assert_allclose(foot_speeds(motion)[5:-5], 1.5, rtol=1e-3)


@given(st.integers(3, 40), st.floats(0.2, 1.0), st.floats(0, 1000))
def test_smoothing_keeps_straight_lines(count: int, slope: float, stiffness: float) -> None:
    line = 0.3 + slope * np.arange(count)
    np.testing.assert_allclose(smooth_sequence(line, stiffness), line, atol=1e-6)


def test_smoothing_removes_a_zigzag() -> None:
    zigzag = np.arange(30) + 0.1 * (-1.0) ** np.arange(30)
    smooth = smooth_sequence(zigzag, 5.0)
    assert np.abs(np.diff(smooth, 2))[2:-2].max() < 0.02
