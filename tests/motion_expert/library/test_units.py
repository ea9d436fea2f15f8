"""Bars of recorded dance as units: what goes on from what, mirrors, ways, and what is too calm."""

from __future__ import annotations

from dataclasses import replace

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
    for same in (
        units.rhythm,
        units.energy,
        units.variety,
        units.tempo_bias,
        units.start,
        units.row,
    ):
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


BPM = 112.0


def everything(take) -> bool:
    return True


@pytest.fixture(scope="module")
def many(library: Library) -> Units:
    counted = counted_takes(library, BPM, everything, (0.7, 1.3))
    found = build_units(library, counted, 4, BPM, upright=False)
    assert found is not None
    return found


def test_every_unit_has_a_mirror_image_that_has_it_back(many):
    half = len(many) // 2
    assert len(many) == 2 * half > 100
    np.testing.assert_array_equal(many.mirror[many.mirror], np.arange(len(many)))
    assert not many.mirrored[:half].any() and many.mirrored[half:].all()
    for name in ("row", "start", "genre", "choreography", "passage", "tempo_bias", "rhythm"):
        values = getattr(many, name)
        np.testing.assert_array_equal(values[many.mirror], values)


def test_mirror_images_turn_and_travel_the_other_way(many):
    for name in ("turn", "facing", "way"):
        values = getattr(many, name)
        np.testing.assert_allclose(values[many.mirror], values.conj())


def test_a_unit_goes_on_a_bar_later_in_the_same_take_on_the_same_side(many):
    going = np.flatnonzero(many.following >= 0)
    assert len(going) > len(many) / 3
    onward = many.following[going]
    np.testing.assert_array_equal(many.row[onward], many.row[going])
    np.testing.assert_array_equal(many.start[onward], many.start[going] + 4)
    np.testing.assert_array_equal(many.mirrored[onward], many.mirrored[going])


def test_where_it_goes_on_the_body_is_the_same(many):
    going = np.flatnonzero(many.following >= 0)
    np.testing.assert_allclose(many.tail[going], many.head[many.following[going]], atol=1e-5)


def test_headings_are_unit_numbers_and_turns_add_up(many):
    np.testing.assert_allclose(np.abs(many.turn), 1)
    assert (np.abs(many.facing) <= 1 + 1e-9).all()


def test_numbers_lie_in_their_ranges(many):
    assert many.energy.min() == 0 and many.energy.max() == 1
    assert (np.abs(many.rhythm) <= 1.36).all()
    np.testing.assert_allclose(many.pattern.mean(1), 0, atol=1e-9)
    assert (np.linalg.norm(many.pattern, axis=1) <= 1 + 1e-9).all()
    assert (many.tempo_spread >= 0).all()


def test_tempo_bias_is_the_song_over_the_take(many, library):
    for number in (0, len(many) // 3):
        times = many.counted[many.row[number]].times
        own = 60 / np.diff(times[many.start[number] : many.start[number] + 5])
        assert many.tempo_bias[number] == pytest.approx(np.log(BPM / own).mean())


def test_takes_of_steady_steps_keep_the_beat(many):
    assert np.median(many.rhythm) > 0.3 or np.median(many.rhythm) < -0.3
    assert many.rhythm.std() < 0.6


def test_names_of_styles_and_passages(many, library):
    assert set(many.genres) <= {"house", "lock", "krump", "salsa"}
    for number in range(0, len(many), 37):
        entry = library.takes[many.counted[many.row[number]].number]
        assert many.genres[many.genre[number]] == entry.genre
    same = (many.row[:-1] == many.row[1:]) & (many.start[:-1] // 8 == many.start[1:] // 8)
    neighbours = many.mirrored[:-1] == many.mirrored[1:]
    np.testing.assert_array_equal(
        (many.passage[:-1] == many.passage[1:])[neighbours], same[neighbours]
    )


@pytest.mark.parametrize("per_bar", [3, 4])
def test_a_bar_has_as_many_pulses_as_the_song_counts(library, per_bar):
    counted = counted_takes(library, BPM, everything, (0.7, 1.3))
    found = build_units(library, counted, per_bar, BPM, upright=False)
    assert found.pattern.shape[1] == per_bar
    last = [len(found.counted[row].times) - per_bar for row in found.row]
    assert (found.start < last).all()


def test_who_crouches_is_left_out_where_upright_dance_is_asked_for(library):
    counted = counted_takes(library, BPM, everything, (0.7, 1.3))
    low = library.curves.copy()
    entry = library.takes[1]
    low[entry.first : entry.first + entry.frames, 2] = 0.4
    crouching = replace(library, curves=low)
    every = build_units(crouching, counted, 4, BPM, upright=False)
    upright = build_units(crouching, counted, 4, BPM, upright=True)
    assert 1 in {every.counted[row].number for row in every.row}
    assert 1 not in {upright.counted[row].number for row in upright.row}


def test_units_that_stand_about_are_left_out(library):
    counted = counted_takes(library, BPM, everything, (0.7, 1.3))
    calm = library.curves.copy()
    entry = library.takes[1]
    calm[entry.first : entry.first + 120, :2] = 0.0
    found = build_units(replace(library, curves=calm), counted, 4, BPM, upright=False)
    first = [s for s, row in zip(found.start, found.row, strict=True)
             if found.counted[row].number == 1]  # fmt: skip
    assert min(first) * 60 / BPM > 2.5


def test_nothing_to_dance_is_none(library):
    assert build_units(library, [], 4, BPM, upright=False) is None
    counted = counted_takes(library, BPM, everything, (0.7, 1.3))
    still = replace(library, curves=np.zeros_like(library.curves))
    found = build_units(still, counted, 4, BPM, upright=True)
    assert found is None


def test_variety_is_beside_the_style_s_median(many):
    for genre in range(len(many.genres)):
        assert np.median(many.variety[many.genre == genre]) == pytest.approx(0, abs=0.05)
    assert np.ptp(many.variety) > 0.05
