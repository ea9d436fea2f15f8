"""A take's count is moved to its dancer's steps: a little, slowly, and only a lead or a lag."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion_expert.library.genres import style_of
from pipelines.motion_expert.library.on_the_beat import moments_of, swing, with_the_steps
from pipelines.motion_expert.library.storage import FPS, Library

BEAT = 0.5
TIMES = 1.0 + BEAT * np.arange(24)
HOUSE = style_of("house").phase


@pytest.fixture
def stepping(library: Library):
    """A library whose first take, house, has feet fastest so many radians after a pulse."""

    def make(phase: float, depth: float = 1.0) -> Library:
        entry = replace(library.takes[0], frames=480)
        assert entry.genre == "house" and len(library.steps) >= 480
        seconds = np.arange(len(library.curves)) / FPS
        curves = library.curves.copy()
        curves[:, 0] = 1 + depth * np.cos(2 * np.pi * (seconds - TIMES[0]) / BEAT - phase)
        return replace(library, takes=(entry,), curves=curves)

    return make


def moved_by(library: Library) -> np.ndarray:
    """In beats."""
    return (with_the_steps(library, library.takes[0], TIMES) - TIMES) / BEAT


def test_moments_divide_each_beat():
    found = moments_of(np.array([1.0, 2.0, 4.0]))
    assert found.shape == (2, 16)
    assert found[:, 0].tolist() == [1.0, 2.0] and found[1, 8] == 3.0


def test_the_swing_of_who_moves_with_the_style_is_real(stepping):
    library = stepping(HOUSE)
    found = swing(library, library.takes[0], TIMES)
    assert found.shape == (len(TIMES) - 1,)
    assert (np.abs(np.angle(found)) < 0.1).all() and (found.real > 5).all()


def test_who_is_on_the_beat_stays(stepping):
    assert np.abs(moved_by(stepping(HOUSE))).max() < 0.02


@pytest.mark.parametrize("late", [-1.0, -0.4, 0.4, 1.0])
def test_the_count_follows_a_lead_and_a_lag(stepping, late):
    found = moved_by(stepping(HOUSE + late))
    assert found == pytest.approx(0.2 * np.sin(late), abs=0.02)
    assert np.abs(found).max() < abs(late) / (2 * np.pi) + 0.05


def test_who_swings_against_the_beat_stays(stepping):
    assert np.abs(moved_by(stepping(HOUSE + np.pi))).max() < 0.03


def test_the_swing_is_truer_after_it(stepping):
    library = stepping(HOUSE + 0.8)
    take = library.takes[0]
    before, after = (
        np.abs(np.angle(swing(library, take, times).sum()))
        for times in (TIMES, with_the_steps(library, take, TIMES))
    )
    assert after < 0.4 * before


def test_feet_that_do_not_swing_move_nothing_far(stepping):
    random = np.random.default_rng(0)
    library = stepping(HOUSE, depth=0.0)
    curves = library.curves.copy()
    curves[:, 0] += random.normal(size=len(curves)) * 0.05
    found = with_the_steps(replace(library, curves=curves), library.takes[0], TIMES)
    assert np.abs(found - TIMES).max() <= 0.2 * BEAT + 1e-9
    assert (np.diff(found) > 0.6 * BEAT).all()


def test_pulses_stay_within_the_take_and_two_are_left_alone(stepping):
    library = stepping(HOUSE + 1.0)
    take = library.takes[0]
    early = with_the_steps(library, take, np.arange(0.0, 16, BEAT))
    assert early.min() >= 0 and early.max() <= (take.frames - 1) / FPS
    assert with_the_steps(library, take, TIMES[:2]).tolist() == TIMES[:2].tolist()
