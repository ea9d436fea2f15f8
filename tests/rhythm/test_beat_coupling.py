"""How firmly a movement goes with a pulse."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rhythm.beat_coupling import beat_coupling


@given(st.floats(0.6, 3.0), st.floats(-3, 3))
def test_of_a_sine_that_keeps_time(rate: float, phase: float) -> None:
    t = np.arange(900) / 30
    beats = np.arange(int(30 * rate)) / rate
    locking = beat_coupling(np.cos(2 * np.pi * rate * t + phase), beats, 30)
    assert locking.resultant > 0.97
    assert np.cos(locking.mean_phase - phase) > 0.99
    shifted = beat_coupling(np.cos(2 * np.pi * rate * t + phase), beats + 0.5 / rate, 30)
    assert np.cos(shifted.mean_phase - phase - np.pi) > 0.99
    foreign = beat_coupling(np.cos(2 * np.pi * rate * t + phase), beats / 1.17, 30)
    assert foreign.resultant < 0.35


def test_too_few_frames_between_the_beats_couple_to_nothing():
    found = beat_coupling(np.sin(np.arange(60) / 5), np.array([5.0, 5.5, 6.0, 6.5]), 30)
    assert (found.resultant, found.mean_phase) == (0, 0)
