"""How takes are counted to a song: the reading that needs the least change of speed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion_expert.library.counting import (
    FASTEST_SPEED,
    SLOWEST_SPEED,
    counted_takes,
)
from pipelines.motion_expert.library.storage import FPS, Library, Reading

SPEEDS = (SLOWEST_SPEED, FASTEST_SPEED)


def test_takes_are_counted_at_the_song_s_tempo_or_left_out(library: Library) -> None:
    found = counted_takes(library, 104.0, lambda take: True, SPEEDS)
    names = {library.takes[c.number].name: c for c in found}
    assert {"h0", "l0", "k0"} <= set(names) and "s0" not in names
    assert np.diff(names["l0"].times) == pytest.approx(0.6, abs=1e-4)
    for counted in found:
        last = (library.takes[counted.number].frames - 1) / 30
        assert counted.times[0] >= 0 and counted.times[-1] <= last


def test_a_slow_dance_goes_half_time_over_a_fast_song(library: Library) -> None:
    (found,) = counted_takes(library, 168.0, lambda take: take.name == "k0", SPEEDS)
    assert np.diff(found.times) == pytest.approx(60 / 96 / 2, abs=1e-3)


def test_only_what_is_wanted(library: Library) -> None:
    found = counted_takes(library, 110.0, lambda take: take.genre == "lock", SPEEDS)
    assert {library.takes[c.number].genre for c in found} == {"lock"}


def everything(take) -> bool:
    return True


def bpm_of(counted) -> float:
    return float(60 / np.median(np.diff(counted.times)))


@pytest.fixture
def one(library: Library):
    """A library of the first take, of 16 s at 112 beats, with readings of one's own."""

    def make(*readings: tuple[float, float, bool]) -> Library:
        pulses, rows = [], []
        for bpm, confidence, known in readings:
            times = np.arange(0, 16, 60 / bpm)
            rows.append(Reading(sum(map(len, pulses)), len(times), confidence, known))
            pulses.append(times)
        entry = replace(library.takes[0], readings=tuple(rows))
        return replace(library, takes=(entry,), pulses=np.concatenate(pulses))

    return make


@pytest.mark.parametrize("bpm", [100.0, 112.0, 130.0])
def test_a_take_is_counted_at_its_own_rate_within_the_speeds(one, bpm):
    (found,) = counted_takes(one((112.0, 0.6, False)), bpm, everything, SPEEDS)
    assert bpm_of(found) == pytest.approx(112.0) and not found.known


@pytest.mark.parametrize("bpm", [112 * SLOWEST_SPEED - 1, 112 * FASTEST_SPEED + 1])
def test_a_take_that_would_be_too_slow_or_too_fast_is_left_out(one, bpm):
    assert counted_takes(one((112.0, 0.6, False)), bpm, everything, SPEEDS) == []


def test_of_two_readings_the_nearer_tempo_wins_unless_it_is_doubted(one):
    library = one((100.0, 0.6, False), (125.0, 0.6, False))
    (found,) = counted_takes(library, 122.0, everything, SPEEDS)
    assert bpm_of(found) == pytest.approx(125.0)
    doubted = one((100.0, 0.9, False), (125.0, 0.1, False))
    (found,) = counted_takes(doubted, 122.0, everything, SPEEDS)
    assert bpm_of(found) == pytest.approx(100.0)


def test_a_known_grid_may_be_counted_in_halves_and_a_tracked_one_not(one):
    (found,) = counted_takes(one((56.0, 0.6, True)), 112.0, everything, SPEEDS)
    assert bpm_of(found) == pytest.approx(112.0) and found.known
    assert counted_takes(one((56.0, 0.6, False)), 112.0, everything, SPEEDS) == []


def test_pulses_lie_within_the_take(one):
    library = one((112.0, 0.6, False))
    early = replace(library, pulses=library.pulses - 0.3)
    (found,) = counted_takes(early, 112.0, everything, SPEEDS)
    last = (library.takes[0].frames - 1) / FPS
    assert found.times.min() >= 0 and found.times.max() <= last
    assert (np.diff(found.times) > 0).all()


def test_a_take_with_less_than_three_pulses_cannot_be_counted(one):
    library = one((112.0, 0.6, False))
    short = replace(library, takes=(replace(library.takes[0], frames=25),))
    assert counted_takes(short, 112.0, everything, SPEEDS) == []


def test_wider_speeds_take_in_more(library: Library):
    few = counted_takes(library, 112.0, everything, (0.95, 1.05))
    many = counted_takes(library, 112.0, everything, (0.5, 2.0))
    assert {one.number for one in few} < {one.number for one in many}
