"""Making a library: what is found out once, and what it says of takes that miss the beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.datasets.dance_take import DanceTake
from pipelines.metrics.joints import body_speed, foot_speed
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.prepare import build_library, grid_disagreements
from pipelines.motion_expert.library.storage import Library
from pipelines.rhythm.pulses import Pulses
from pipelines.support.errors import UnsuitableInput


def test_curves_are_those_of_the_takes(library: Library) -> None:
    take = library.takes[2]
    rows = np.arange(take.first, take.first + take.frames)
    motion = Motion(
        library.poses(rows).astype(np.float32), library.places(rows).astype(np.float32), 30.0
    )
    joints = motion.joints()
    curves = library.curves[rows]
    assert curves[:, 1] == pytest.approx(body_speed(joints, 30), abs=0.02)
    assert curves[:, 3] == pytest.approx(joints[:, 15, 2] - joints[:, 0, 2], abs=2e-3)


def test_readings_point_to_their_pulses(library: Library) -> None:
    for take in library.takes:
        (reading,) = take.readings
        times = library.pulses[reading.first : reading.first + reading.count]
        assert times[0] == 0 and (np.diff(times) > 0).all() and reading.known


def test_a_take_that_keeps_the_other_half_of_the_beat_is_named(library: Library) -> None:
    assert grid_disagreements(library) == []
    takes = [
        replace(t, grid=(0.6, -2.0 if t.name != "l2" else 1.1)) if t.genre == "lock" else t
        for t in library.takes
    ]
    (line,) = grid_disagreements(replace(library, takes=tuple(takes)))
    assert line.startswith("l2: R 0.60")


def test_no_takes_make_no_library() -> None:
    with pytest.raises(UnsuitableInput, match="no dance"):
        build_library([])


@pytest.fixture
def takes(stepping) -> list[DanceTake]:
    """Four house takes that keep the beat, with one known and one tracked reading."""
    found = []
    for number, bpm in enumerate((100, 110, 120, 130)):
        motion = stepping(bpm, seconds=8)
        times = np.arange(0, 8, 60 / bpm)
        readings = (Pulses(times, 0.81234, known=True), Pulses(times[::2], 0.4))
        contacts = np.ones((motion.frames, 4), np.float32)
        found.append(
            DanceTake(
                f"t{number}", motion, contacts, "house", readings, f"d{number}", f"c{number}", "g",
                "test", "CC0", root_estimated=number == 2,
            )
        )  # fmt: skip
    return found


def test_takes_lie_one_after_the_other(takes):
    library = build_library(takes, ["x: broken"])
    assert library.left_out == ("x: broken",)
    first = 0
    for entry, take in zip(library.takes, takes, strict=True):
        assert (entry.first, entry.frames) == (first, take.motion.frames)
        first += entry.frames
        rows = np.arange(entry.first, entry.first + entry.frames)
        np.testing.assert_allclose(
            library.poses(rows)[:, :10], take.motion.poses[:, :10], atol=1e-4
        )
        np.testing.assert_allclose(library.places(rows), take.motion.trans, atol=1.1e-4)
    assert len(library.steps) == len(library.contacts) == len(library.curves) == first


def test_what_is_known_of_a_take_is_kept(takes):
    entry = build_library(takes).takes[2]
    assert (entry.name, entry.genre, entry.dancer, entry.choreography) == (
        "t2",
        "house",
        "d2",
        "c2",
    )
    assert (entry.group, entry.collection, entry.licence) == ("g", "test", "CC0")
    assert entry.root_estimated and not entry.couple


def test_curves_are_speeds_and_heights(takes):
    library = build_library(takes)
    entry, take = library.takes[1], takes[1]
    curves = library.curves[entry.first : entry.first + entry.frames]
    joints = take.motion.joints()
    np.testing.assert_allclose(curves[:, 0], foot_speed(joints, 30), atol=2e-3, rtol=1e-3)
    lowest = joints[:, [7, 8, 10, 11], 2].min(1)
    np.testing.assert_allclose(curves[:, 2], joints[:, 0, 2] - lowest, atol=2e-3)
    np.testing.assert_allclose(curves[:, 3], joints[:, 15, 2] - joints[:, 0, 2], atol=2e-3)


def test_a_known_grid_is_checked_against_the_steps(takes):
    for entry in build_library(takes).takes:
        resultant, phase = entry.grid
        assert resultant > 0.5 and -np.pi <= phase <= np.pi


def test_a_take_without_a_known_grid_has_none(takes):
    tracked = [replace(take, pulses=take.pulses[1:]) for take in takes]
    library = build_library(tracked)
    assert all(entry.grid is None for entry in library.takes)
    assert grid_disagreements(library) == []


def test_takes_that_keep_the_beat_alike_do_not_disagree(takes):
    assert grid_disagreements(build_library(takes)) == []


def late(take: DanceTake, bpm: float) -> DanceTake:
    """The take counted half a beat later."""
    reading = take.pulses[0]
    return replace(take, pulses=(replace(reading, times=reading.times + 30 / bpm),))


def test_a_take_counted_on_the_wrong_half_is_named(takes):
    (line,) = grid_disagreements(build_library([*takes[:3], late(takes[3], 130)]))
    assert line.startswith("t3: R ") and "house" in line


def test_two_takes_are_too_few_to_disagree(takes):
    assert grid_disagreements(build_library([takes[0], late(takes[1], 110)])) == []


def test_the_same_takes_make_the_same_library(takes):
    one, other = build_library(takes), build_library(takes)
    assert one.takes == other.takes
    for name in ("steps", "contacts", "curves", "pulses"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert isinstance(one, Library)
