from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.rhythm.pulses import Pulses, salsa_pulses, tracked_pulses

Stepping = Callable[..., Motion]


def test_doubled_pulses_hold_the_old_ones() -> None:
    pulses = Pulses(np.array([0.0, 0.6, 1.1]), 0.5)
    assert pulses.doubled().times == pytest.approx([0, 0.3, 0.6, 0.85, 1.1])
    assert pulses.doubled().bpm == pytest.approx(2 * pulses.bpm, rel=0.1)


def test_readings_are_apart_and_the_true_one_leads(stepping: Stepping) -> None:
    readings = tracked_pulses(stepping(104.0))
    assert readings[0].bpm == pytest.approx(104, rel=0.02)
    rates = np.log([r.bpm for r in readings])
    assert len(readings) <= 6
    assert all(abs(a - b) > np.log(1.05) for n, a in enumerate(rates) for b in rates[:n])
    assert tracked_pulses(stepping(104.0, seconds=1.0)) == ()


def test_salsa_is_counted_at_its_own_tempo_by_both_partners(stepping: Stepping) -> None:
    """Steps fall on every other count of 176: 88 are heard, and 176 counted."""
    count, half = salsa_pulses([stepping(88.0), stepping(88.0)])
    assert half.bpm == pytest.approx(88, rel=0.02)
    assert count.bpm == pytest.approx(176, rel=0.02)
    assert half.times == pytest.approx(count.times[::2])
