import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.metrics.phase_locking import (
    foreign_control,
    phase_locking,
    resultant_interval,
    shifted_control,
)

FPS = 30.0


def beats(bpm, seconds=20.0, start=0.0):
    return np.arange(start, seconds, 60 / bpm)


def swing(bpm, peak_phase, depth=0.8, seconds=20.0, start=0.0):
    t = np.arange(int(seconds * FPS)) / FPS
    return 1 + depth * np.cos(2 * np.pi * (t - start) * bpm / 60 - peak_phase)


def slow_locking(speed, beat_times):
    cs = []
    for a, b in itertools.pairwise(beat_times):
        if b > (len(speed) - 1) / FPS:
            continue
        c = 0
        for k in range(32):
            at = (a + (b - a) * k / 32) * FPS
            low = min(int(at), len(speed) - 2)
            value = speed[low] + (at - low) * (speed[low + 1] - speed[low])
            c += 2 * value * np.exp(2j * np.pi * k / 32) / 32
        cs.append(c)
    return abs(sum(cs)) / sum(abs(c) for c in cs)


@pytest.mark.parametrize("peak", [-2.5, 0.0, 1.0, np.pi])
def test_a_pure_swing_is_locked_at_its_peak(peak):
    locking = phase_locking(swing(110, peak), beats(110), FPS)
    assert locking.resultant > 0.999
    assert np.cos(locking.phase - peak) > 0.999
    assert locking.depth == pytest.approx(0.8, rel=0.03)


def test_equals_the_loop():
    speed = np.abs(np.random.default_rng(0).normal(size=600).cumsum())
    locking = phase_locking(speed, beats(120), FPS)
    assert locking.resultant == pytest.approx(slow_locking(speed, beats(120)), rel=1e-9)


def test_resting_on_the_beat_is_the_preferred_phase():
    resting = phase_locking(swing(120, np.pi), beats(120), FPS)
    assert resting.alignment() > 0.99
    control = shifted_control(swing(120, np.pi), beats(120), FPS)
    assert control.resultant > 0.99
    assert control.alignment() < -0.99


def test_other_tempi_do_not_lock():
    speed = swing(120, np.pi, seconds=30)
    others = [beats(bpm, 30) for bpm in (84, 93, 101, 109, 134, 143, 151, 160)]
    control = foreign_control(speed, beats(120, 30), others, FPS)
    assert control.resultants.max() < 0.35
    assert control.p_value == pytest.approx(1 / 9)


def test_chance_is_the_random_walk():
    random = np.random.default_rng(1)
    values = [
        phase_locking(np.abs(random.normal(size=900)), beats(120, 30), FPS).resultant
        for _ in range(200)
    ]
    cycles = phase_locking(np.ones(900), beats(120, 30), FPS).cycles
    assert np.mean(values) == pytest.approx(1 / np.sqrt(cycles), rel=0.1)


def test_what_happens_on_every_other_beat_needs_the_longer_cycle():
    every_other = swing(60, np.pi)
    assert phase_locking(every_other, beats(120), FPS, beats_per_cycle=2).resultant > 0.99
    assert phase_locking(every_other, beats(120), FPS).resultant < 0.3


def test_a_changing_tempo_is_followed():
    marks = np.cumsum(np.linspace(0.4, 0.7, 30))
    t = np.arange(int(marks[-1] * FPS)) / FPS
    phase = 2 * np.pi * np.interp(t, marks, np.arange(30))
    assert phase_locking(1 - 0.5 * np.cos(phase), marks, FPS).alignment() > 0.98


@pytest.mark.parametrize("speed", [np.zeros(300), np.full(300, 2.0)])
def test_no_swing_is_no_locking(speed):
    locking = phase_locking(speed, beats(120), FPS)
    assert (locking.resultant, locking.alignment()) == (0, 0)
    assert resultant_interval(speed, beats(120), FPS) == (0, 0) or speed.any()


@pytest.mark.parametrize("times", [[], [1.0], [50.0, 60.0]])
def test_too_few_beats_is_no_locking(times):
    assert phase_locking(swing(120, 0), np.array(times), FPS).cycles == 0
    assert shifted_control(swing(120, 0), np.array(times), FPS).resultant == 0
    assert resultant_interval(swing(120, 0), np.array(times), FPS) == (0, 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(60, 180), st.floats(0.1, 50))
def test_in_the_unit_interval_and_blind_to_scale(seed, bpm, scale):
    speed = np.abs(np.random.default_rng(seed).normal(size=400)) + 0.1
    locking = phase_locking(speed, beats(bpm), FPS)
    assert 0 <= locking.resultant <= 1 + 1e-12
    scaled = phase_locking(scale * speed, beats(bpm), FPS)
    assert scaled.resultant == pytest.approx(locking.resultant)
    assert scaled.depth == pytest.approx(locking.depth)


def test_interval_holds_the_value_and_narrows_with_evidence():
    random = np.random.default_rng(2)

    def noisy(seconds):
        return np.abs(swing(120, np.pi, 0.5, seconds) + random.normal(0, 0.6, int(seconds * FPS)))

    short, long = noisy(10), noisy(120)
    low, high = resultant_interval(short, beats(120, 10), FPS)
    assert low < phase_locking(short, beats(120, 10), FPS).resultant < high
    low_2, high_2 = resultant_interval(long, beats(120, 120), FPS)
    assert high_2 - low_2 < high - low
