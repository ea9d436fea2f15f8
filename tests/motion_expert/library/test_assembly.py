"""Units put together: one clock, one floor, one body; joins that keep a standing foot in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library import assembly
from pipelines.motion_expert.library.assembly import (
    _planar_fit,
    _rotated,
    assemble,
    laid,
    stretches_of,
    wound_back,
)
from pipelines.motion_expert.library.counting import counted_takes
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.motion_expert.library.storage import FPS, Library
from pipelines.motion_expert.library.units import Units, build_units

Features = Callable[..., np.ndarray]


def test_a_planar_fit_finds_turn_and_shift() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(5, 6, 2))
    moved = _rotated(points, 0.7) + np.array([0.3, -1.2])
    turn, shift = _planar_fit(moved, points, random.uniform(0.1, 1, (5, 6)))
    assert turn == pytest.approx(0.7)
    assert shift == pytest.approx([0.3, -1.2])


def test_a_foot_that_stands_in_both_keeps_its_place_when_laid_down() -> None:
    random = np.random.default_rng(1)
    ours = random.normal(size=(12, 24, 3))
    theirs = ours + random.normal(size=(12, 24, 3)) * 0.05
    left = [FOOT_JOINTS[0], FOOT_JOINTS[2]]
    for joint in left:
        ours[:, joint], theirs[:, joint] = ours[0, joint], ours[0, joint] + [0.4, -0.2, 0]
    stands = np.tile(np.float32([1, 0, 1, 0]), (12, 1))
    turn, shift, apart = laid(ours, theirs, stands, stands)
    moved = _rotated(theirs[..., :2], turn) + shift
    assert np.abs(moved[:, left] - ours[:, left, :2]).max() < 0.03
    assert apart[0] < 0.03 < apart[1]


def test_a_slow_turn_is_wound_back_with_the_way() -> None:
    """A walk round a circle, wound back, is a walk straight on."""
    angle = np.linspace(0, 2 * np.pi, 400)
    trans = np.stack([np.sin(angle), 1 - np.cos(angle), 0 * angle], 1).astype(np.float32)
    motion = Motion(np.zeros((400, 24, 3), np.float32), trans, 30.0)
    straight = wound_back(motion, -angle)
    assert straight.trans[-1, 0] == pytest.approx(2 * np.pi, rel=1e-3)
    assert np.abs(straight.trans[:, 1]).max() < 1e-3


def test_one_take_played_through_is_the_take(library: Library, song: Features) -> None:
    """Whole bars in a row, at the take's own tempo, come back as they were recorded."""
    take = next(t for t in library.takes if t.name == "l1")
    plan = plan_song(song(4.0, 110, delay=0.05))
    counted = counted_takes(library, 110.0, lambda t: t.name == "l1", (0.9, 1.1))
    units = build_units(library, counted, plan.per_bar, 110.0, False)
    assert units is not None
    chains = [_chain(units, number, plan.bars) for number in np.flatnonzero(~units.mirrored)]
    chosen = next(chain for chain in chains if min(chain) >= 0)
    stretches = stretches_of(units, np.array(chosen), plan.per_bar)
    assert len(stretches) == 1 and stretches[0].bars == plan.bars
    motion, contacts, joins = assemble(library, units, plan, stretches, 120)
    assert joins == [] and len(contacts) == 120
    shift = round(float(plan.pulses[0] - counted[0].times[units.start[chosen[0]]]) * 30)
    recorded = library.poses(np.arange(take.first, take.first + take.frames))
    upper = [3, 6, 9, 12, 16, 17, 18, 19]
    ours = motion.poses[10:90, upper]
    assert np.abs(ours - recorded[10 - shift : 90 - shift, upper]).max() < 0.12


def _chain(units: Units, first: int, count: int) -> list[int]:
    """A unit and what follows it in its take; -1 beyond its end."""
    chain = [int(first)]
    while len(chain) < count:
        chain.append(int(units.following[chain[-1]]) if chain[-1] >= 0 else -1)
    return chain


@pytest.fixture(scope="module")
def plan(song):
    return plan_song(song(16, 112))


@pytest.fixture(scope="module")
def units(library: Library, plan):
    counted = counted_takes(library, plan.bpm, lambda take: take.genre == "lock", (0.8, 1.25))
    found = build_units(library, counted, plan.per_bar, plan.bpm, upright=False)
    assert found is not None
    return found


def unit(units, row: int, start: int, mirrored: bool = False) -> int:
    chosen = (units.row == row) & (units.start == start) & (units.mirrored == mirrored)
    return int(np.flatnonzero(chosen)[0])


def dance(library, units, plan, chosen):
    stretches = stretches_of(units, np.array(chosen), plan.per_bar)
    return assemble(library, units, plan, stretches, round(plan.seconds * FPS))


@pytest.fixture(scope="module")
def changing(units, plan) -> list[int]:
    """Another take in every second bar."""
    starts = [(bar // 2 % len(units.counted), 4 * (bar % 2)) for bar in range(plan.bars)]
    return [unit(units, row, start) for row, start in starts]


def test_units_that_go_on_from_each_other_are_one_stretch(units, plan):
    chosen = [unit(units, 0, 0), unit(units, 0, 4), unit(units, 1, 4), unit(units, 1, 4)]
    found = stretches_of(units, np.array(chosen), 4)
    assert [(s.counted, s.first_pulse, s.pulses, s.first_bar, s.bars) for s in found] == [
        (0, 0, 8, 0, 2), (1, 4, 4, 2, 1), (1, 4, 4, 3, 1),
    ]  # fmt: skip


def test_a_mirror_image_does_not_go_on_from_its_original(units, plan):
    chosen = np.array([unit(units, 0, 0), unit(units, 0, 4, mirrored=True)])
    found = stretches_of(units, chosen, 4)
    assert [one.mirrored for one in found] == [False, True]


def test_every_frame_is_danced_and_finite(library, units, plan, changing):
    motion, contacts, joins = dance(library, units, plan, changing)
    frames = round(plan.seconds * FPS)
    assert motion.frames == len(contacts) == frames
    motion.validate()
    assert len(joins) == sum(units.following[a] != b for a, b in pairwise(changing))
    assert all(0 < join < frames for join in joins) and joins == sorted(joins)


def test_joins_are_as_calm_as_the_dance(library, units, plan, changing):
    motion, _, joins = dance(library, units, plan, changing)
    steps = np.linalg.norm(np.diff(motion.joints(), axis=0), axis=-1).max(1)
    near = np.zeros(len(steps), bool)
    for join in joins:
        near[max(0, join - 7) : join + 7] = True
    assert steps[near].max() < 2.5 * steps[~near].max()


def test_a_take_without_a_join_is_danced_as_recorded(library, units, plan):
    first = unit(units, 0, 0)
    chosen = [first]
    while len(chosen) < plan.bars and units.following[chosen[-1]] >= 0:
        chosen.append(int(units.following[chosen[-1]]))
    chosen += [chosen[-1]] * (plan.bars - len(chosen))
    motion, _, joins = dance(library, units, plan, chosen)
    until = min(joins, default=motion.frames) - 12
    entry = library.takes[units.counted[0].number]
    recorded = library.poses(np.arange(entry.first, entry.first + entry.frames))
    # Arms are danced as recorded, at the song's speed: the same range, only at other moments.
    ours = motion.poses[:until, 16]
    theirs = recorded[: int(until * 1.3), 16]
    assert ours.min() > theirs.min() - 0.05 and ours.max() < theirs.max() + 0.05


def test_a_point_that_weighs_much_is_met():
    random = np.random.default_rng(1)
    ours, theirs = random.normal(size=(2, 1, 24, 2))
    weights = np.full((1, 24), 1e-6)
    weights[0, [3, 7]] = 1
    turn, shift = assembly._planar_fit(ours, theirs, weights)
    moved = assembly._rotated(theirs, turn) + shift
    middle = (moved[0, [3, 7]].mean(0), ours[0, [3, 7]].mean(0))
    np.testing.assert_allclose(*middle, atol=1e-4)


@pytest.mark.parametrize("turn", [0.0, 1.1, -2.0])
def test_moving_a_dance_moves_its_joints(stepping, turn):
    motion = stepping(110, seconds=1)
    moved = assembly.moved(motion, turn, np.array([0.5, -0.25]))
    before = motion.joints()
    expected = before.copy()
    expected[..., :2] = assembly._rotated(before[..., :2], turn) + np.array([0.5, -0.25])
    np.testing.assert_allclose(moved.joints(), expected, atol=1e-5)


def test_the_dance_faces_the_camera_over_the_middle_of_the_floor(library, units, plan, changing):
    motion, _, _ = dance(library, units, plan, changing)
    joints = motion.joints()
    across = (joints[:, 1, :2] - joints[:, 2, :2]).mean(0)
    assert across[0] > 0.9 * np.linalg.norm(across)
    low, high = motion.trans[:, :2].min(0), motion.trans[:, :2].max(0)
    np.testing.assert_allclose(low + high, 0, atol=0.1)


def test_the_last_pulse_is_where_the_dancer_comes_to_rest(library, units, plan, changing):
    motion, _, _ = dance(library, units, plan, changing)
    speed = np.linalg.norm(np.diff(motion.joints(), axis=0), axis=-1).mean(1) * FPS
    assert speed[-3:].mean() < speed[:-30].mean()


def test_a_mirrored_unit_is_the_mirror_image(library, units, plan):
    plain = [unit(units, 0, 0)] * plan.bars
    mirrored = [unit(units, 0, 0, mirrored=True)] * plan.bars
    one, _, _ = dance(library, units, plan, plain[:1])
    other, _, _ = dance(library, units, plan, mirrored[:1])
    heights = one.joints()[:, [20, 21], 2]
    np.testing.assert_allclose(other.joints()[:, [21, 20], 2], heights, atol=0.05)


def test_where_the_music_stops_the_dancer_holds_and_goes_on_with_the_beat(library, units, plan):
    """The clock stands still for as long, and counts on from there."""
    stops = np.zeros_like(plan.stops)
    stops[1, 1:3] = True
    held = replace(plan, stops=stops)
    stretch = assembly.Stretch(0, False, 4, 8, 0, 2)
    times = units.counted[0].times
    clock = assembly._clock(held, times, stretch)
    np.testing.assert_allclose(clock(plan.pulses[:6]), times[4:10])
    np.testing.assert_allclose(clock(plan.pulses[6:9]), times[[9, 9, 10]])
    still = np.linspace(plan.pulses[5], plan.pulses[7], 20)
    assert np.ptp(clock(still)) < 1e-9


def test_a_hold_over_a_bar_line_is_held_through_by_the_stretch_before(units, plan):
    """The next unit begins when it is over, on its first pulse; a bar held whole has none."""
    chosen = np.array([unit(units, 0, 0), unit(units, 1, 4), unit(units, 0, 8)])
    stops = np.zeros((3, 4), bool)
    stops[0, 3] = stops[1, :2] = True
    found = stretches_of(units, chosen, 4, stops)
    shown = [(s.counted, s.first_pulse, s.pulses, s.begins(4)) for s in found]
    assert shown == [(0, 0, 6, 0), (1, 4, 2, 6), (0, 8, 4, 8)]
    stops[1] = True
    found = stretches_of(units, chosen, 4, stops)
    assert [(s.counted, s.pulses, s.begins(4)) for s in found] == [(0, 8, 0), (0, 4, 8)]


def test_what_would_have_followed_a_bar_that_is_held_begins_anew(units):
    chosen = np.array([unit(units, 1, 0), unit(units, 0, 0), unit(units, 0, 4)])
    stops = np.zeros((3, 4), bool)
    stops[0, 3] = stops[1] = True
    found = stretches_of(units, chosen, 4, stops)
    assert [(s.counted, s.first_pulse, s.begins(4)) for s in found] == [(1, 0, 0), (0, 4, 8)]
