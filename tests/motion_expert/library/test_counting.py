from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion_expert.library.counting import counted_takes
from pipelines.motion_expert.library.storage import Library

SPEEDS = (0.72, 1.28)


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
