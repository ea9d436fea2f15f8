from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion_expert.library.counting import counted_takes
from pipelines.motion_expert.library.storage import Library
from pipelines.motion_expert.library.units import Units, build_units


@pytest.fixture(scope="module")
def units(library: Library) -> Units:
    found = build_units(
        library, counted_takes(library, 110.0, lambda take: True, (0.72, 1.28)), 4, 110.0, True
    )
    assert found is not None
    return found


def test_every_unit_has_a_mirror_image_of_equal_worth(units: Units) -> None:
    mirror = units.mirror
    assert (mirror[mirror] == np.arange(len(units))).all()
    assert (units.mirrored[mirror] != units.mirrored).all()
    for same in (units.rhythm, units.energy, units.tempo_bias, units.start, units.row):
        assert same[mirror] == pytest.approx(same, abs=1e-12)
    assert units.turn[mirror] == pytest.approx(units.turn.conj())
    assert units.way[mirror] == pytest.approx(units.way.conj())


def test_a_unit_goes_on_where_it_ends(units: Units) -> None:
    first = np.flatnonzero(units.following >= 0)
    after = units.following[first]
    assert len(first) and (units.start[after] == units.start[first] + 4).all()
    assert (units.row[after] == units.row[first]).all()
    assert (units.mirrored[after] == units.mirrored[first]).all()
    apart = np.linalg.norm(units.tail[first] - units.head[after], axis=1)
    assert apart.max() < 1e-3


def test_distances_between_shapes_are_metres_a_joint(units: Units) -> None:
    some = np.linalg.norm(units.head[:1] - units.head, axis=1)
    assert some[0] == 0 and 0.02 < np.median(some[1:]) < 0.5


def test_dancers_who_step_on_their_beat_hold_it(units: Units) -> None:
    assert np.abs(units.rhythm).max() <= 1 + 1e-9
    assert units.tempo_spread.max() < 1e-3
    assert np.ptp(units.energy) == pytest.approx(1)


def test_floor_work_is_left_out_when_asked(library: Library) -> None:
    low = library.curves.copy()
    low[:, 2] = 0.4  # a pelvis near the floor throughout
    kneeling = Library(library.takes, library.steps, library.contacts, low, library.pulses)
    counted = counted_takes(kneeling, 110.0, lambda take: True, (0.72, 1.28))
    assert build_units(kneeling, counted, 4, 110.0, True) is None
    assert build_units(kneeling, counted, 4, 110.0, False) is not None
