from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion_expert.library.counting import counted_takes
from pipelines.motion_expert.library.search import SearchConfig, best_sequence
from pipelines.motion_expert.library.song_plan import SongPlan, plan_song
from pipelines.motion_expert.library.storage import Library
from pipelines.motion_expert.library.units import Units, build_units

Features = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def units(library: Library) -> Units:
    counted = counted_takes(library, 112.0, lambda take: True, (0.72, 1.28))
    found = build_units(library, counted, 4, 112.0, True)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def plan(song: Features) -> SongPlan:
    return plan_song(song(26, 112, form="abcdefghijklmnop", delay=0.05))


def search(units: Units, plan: SongPlan, config: SearchConfig, seed: int = 0) -> np.ndarray:
    return best_sequence(units, plan, [None] * plan.bars, None, seed, config)


def test_repeated_bars_are_danced_mirrored_and_phrases_again(units: Units, plan: SongPlan) -> None:
    mirror_of = np.full(plan.bars, -1)
    same_as = np.full(plan.bars, -1)
    mirror_of[1], same_as[8:12] = 0, np.arange(4)
    ruled = replace(plan, mirror_of=mirror_of, same_as=same_as)
    chosen = search(units, ruled, SearchConfig(structure=20))
    assert chosen[1] == units.mirror[chosen[0]]
    assert chosen[8:12].tolist() == chosen[:4].tolist()


def test_nothing_is_danced_twice_where_the_song_does_not_ask_for_it(
    units: Units, plan: SongPlan
) -> None:
    chosen = search(units, plan, SearchConfig(passage=50))
    passages = units.passage[chosen]
    new = np.flatnonzero(units.following[chosen[:-1]] != chosen[1:]) + 1
    begun = passages[np.concatenate([[0], new])]
    assert len(set(begun.tolist())) == len(begun)


def test_takes_are_left_after_two_bars_and_sooner_at_slow_tempi(
    units: Units, plan: SongPlan
) -> None:
    goes_on = search(units, plan, SearchConfig(jump=20))
    onward = units.following[goes_on[:-1]] == goes_on[1:]
    assert onward.any() and not (onward[1:] & onward[:-1]).any()
    short = search(units, plan, SearchConfig(jump=20, unbroken_seconds=3.0))
    assert not (units.following[short[:-1]] == short[1:]).any()


def test_poses_at_joins_matter(units: Units, plan: SongPlan) -> None:
    def apart(chosen: np.ndarray) -> float:
        return float(
            np.linalg.norm(units.tail[chosen[:-1]] - units.head[chosen[1:]], axis=1).mean()
        )

    near = np.mean([apart(search(units, plan, SearchConfig(pose=30), s)) for s in range(3)])
    blind = np.mean([apart(search(units, plan, SearchConfig(pose=0), s)) for s in range(3)])
    assert near < 0.8 * blind


def test_wilder_dance_is_chosen_for_louder_bars(units: Units, plan: SongPlan) -> None:
    rising = replace(plan, energy=np.linspace(0, 1, plan.bars))
    chosen = search(units, rising, SearchConfig(energy=20, unbroken=1))
    half = plan.bars // 2
    assert units.energy[chosen[half:]].mean() > units.energy[chosen[:half]].mean() + 0.1
