from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.assembly import (
    _handed_over,
    _laid,
    _planar_fit,
    _rotated,
    _wound_back,
    assemble,
    stretches_of,
)
from pipelines.motion_expert.library.counting import counted_takes
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.motion_expert.library.storage import Library
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
    turn, shift, apart = _laid(ours, theirs, stands, stands)
    moved = _rotated(theirs[..., :2], turn) + shift
    assert np.abs(moved[:, left] - ours[:, left, :2]).max() < 0.03
    assert apart[0] < 0.03 < apart[1]


def test_the_other_foot_steps_and_the_one_in_place_stands() -> None:
    stands = np.ones((12, 4), np.float32)
    contacts = _handed_over(stands, stands, np.array([0.01, 0.3]))
    assert (contacts[:, [0, 2]] == 1).all()
    assert (contacts[4:8, [1, 3]] == 0).all() and (contacts[[0, -1]] == 1).all()
    both = _handed_over(stands, stands, np.array([0.2, 0.3]))
    assert (both[:, [0, 2]] == 1).all()


def test_a_slow_turn_is_wound_back_with_the_way() -> None:
    """A walk round a circle, wound back, is a walk straight on."""
    angle = np.linspace(0, 2 * np.pi, 400)
    trans = np.stack([np.sin(angle), 1 - np.cos(angle), 0 * angle], 1).astype(np.float32)
    motion = Motion(np.zeros((400, 24, 3), np.float32), trans, 30.0)
    straight = _wound_back(motion, -angle)
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
