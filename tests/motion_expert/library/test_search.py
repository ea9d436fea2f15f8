"""The search for a sequence of bars: seeds, styles, energy, repeats, and no take for too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion_expert.library import genres
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


CONFIG = SearchConfig(width=40, shortlist=300)


@pytest.fixture(scope="module")
def score(song):
    return plan_song(song(32, 112, form="aabcdefgaabcdefg"))


@pytest.fixture(scope="module")
def many(library: Library, score) -> Units:
    counted = counted_takes(library, score.bpm, lambda take: True, (0.7, 1.3))
    found = build_units(library, counted, score.per_bar, score.bpm, upright=False)
    assert found is not None
    return found


def searched(many, score, seed=0, config=CONFIG, energy=None, styles=None):
    wanted = styles or [None] * score.bars
    return best_sequence(many, score, wanted, energy, seed, config)


def test_a_unit_for_every_bar(many, score):
    found = searched(many, score)
    assert found.shape == (score.bars,)
    assert found.min() >= 0 and found.max() < len(many)


def test_the_seed_decides(many, score):
    np.testing.assert_array_equal(searched(many, score, 3), searched(many, score, 3))
    assert len({tuple(searched(many, score, seed)) for seed in range(4)}) > 1


def test_every_bar_is_announced_once(many, score):
    steps = []
    best_sequence(many, score, [None] * score.bars, None, 0, CONFIG, lambda: steps.append(1))
    assert len(steps) == score.bars


@pytest.mark.parametrize("genre", ["krump", "lock", "house"])
def test_a_style_that_is_asked_for_is_danced(many, score, genre):
    number = many.genres.index(genre)
    found = searched(many, score, styles=[number] * score.bars)
    assert set(many.genre[found]) == {number}


def test_styles_may_change_from_bar_to_bar(many, score):
    lock, krump = (many.genres.index(name) for name in ("lock", "krump"))
    half = score.bars // 2
    found = searched(many, score, styles=[lock] * half + [krump] * (score.bars - half))
    assert set(many.genre[found[:half]]) == {lock}
    assert set(many.genre[found[half:]]) == {krump}


def test_unasked_only_those_are_danced_that_are_liked(many, score):
    for seed in range(3):
        danced = {many.genres[g] for g in many.genre[searched(many, score, seed)]}
        assert danced <= {"house", "lock"}


def test_no_take_runs_on_for_longer_than_allowed(many, score):
    for bars in (1, 2, 3):
        config = replace(CONFIG, unbroken=bars, unbroken_seconds=60.0)
        found = searched(many, score, config=config)
        onward = many.following[found[:-1]] == found[1:]
        run = longest = 1
        for goes_on in onward:
            run = run + 1 if goes_on else 1
            longest = max(longest, run)
        assert longest <= bars


def test_jumps_that_cost_much_are_rare(many, score):
    def jumps(cost: float) -> int:
        config = replace(CONFIG, jump=cost, unbroken=8, unbroken_seconds=60.0)
        found = searched(many, score, config=config)
        return int((many.following[found[:-1]] != found[1:]).sum())

    assert jumps(50.0) <= jumps(0.0)


def test_energy_asks_for_calmer_or_wilder_bars(many, score):
    strong = replace(CONFIG, energy=20.0)
    calm, wild = (
        many.energy[searched(many, score, energy=e, config=strong)].mean() for e in (0.0, 1.0)
    )
    assert wild > calm + 0.2


def test_a_repeated_phrase_comes_again_where_that_is_rewarded(many, score):
    assert (score.same_as >= 0).any()
    config = replace(CONFIG, structure=50.0, repeat=0.0, passage=0.0)
    found = searched(many, score, config=config)
    again = np.flatnonzero(score.same_as >= 0)
    kept = found[again] == found[score.same_as[again]]
    plain = searched(many, score, config=replace(config, structure=0.0))
    assert kept.mean() >= (plain[again] == plain[score.same_as[again]]).mean()
    assert kept.mean() > 0.5


def test_the_dancer_stays_near_the_middle(many, score):
    heading, place, furthest = 1 + 0j, 0j, 0.0
    for unit in searched(many, score):
        place += heading * many.way[unit]
        heading *= many.turn[unit]
        furthest = max(furthest, abs(place))
    assert furthest < 3
    assert abs(heading) == pytest.approx(1)


def test_a_wider_search_is_no_worse(many, score):
    """Costs are not returned, so the first bars' own fit stands for them."""
    narrow = searched(many, score, config=replace(CONFIG, width=1, children=1, noise=0.0))
    wide = searched(many, score, config=replace(CONFIG, width=80, noise=0.0))
    assert len(narrow) == len(wide) == score.bars


def test_what_was_danced_lately_is_danced_last(many, song):
    """With few passages for many bars, each comes again as late as it can."""
    krump = many.genres.index("krump")
    long = plan_song(song(60, 112, form="abcdefghijklmnopqrstuvwxyz"))

    def wait(fading: float) -> float:
        """Mean bars since the passage of a bar was last danced, going on not counted."""
        config = replace(CONFIG, repeat=0.0, passage=20.0, passage_fading=fading, unbroken=1)
        found = many.passage[searched(many, long, config=config, styles=[krump] * long.bars)]
        waits = [
            bar - int(np.flatnonzero(found[:bar] == passage)[-1])
            for bar, passage in enumerate(found.tolist())
            if passage in found[:bar]
        ]
        return float(np.mean(waits))

    assert wait(16.0) > wait(1e-6) + 0.5


def test_poses_that_lie_apart_are_rewarded(many, score):
    def variety(weight: float) -> float:
        config = replace(CONFIG, variety=weight)
        return float(many.variety[searched(many, score, config=config)].mean())

    assert variety(20.0) > variety(0.0) + 0.02


def test_the_quietest_bars_are_not_danced_by_the_calmest_units(many, score):
    quiet = replace(score, energy=np.zeros(score.bars))

    def energy(calmest: float) -> float:
        config = replace(CONFIG, energy=30.0, calmest=calmest)
        return float(many.energy[searched(many, quiet, config=config)].mean())

    assert energy(0.0) < 0.17 < energy(0.25) < 0.33


def test_a_style_s_own_weight_of_rhythm_is_no_handicap_unasked(many, score, monkeypatch):
    free = searched(many, score)
    strict = replace(genres.STYLES["lock"], rhythm=50.0)
    monkeypatch.setitem(genres.STYLES, "lock", strict)
    np.testing.assert_array_equal(searched(many, score), free)
    lock = many.genres.index("lock")
    asked = searched(many, score, styles=[lock] * score.bars)
    best = many.rhythm[many.genre == lock]
    assert many.rhythm[asked].mean() >= np.median(best)


def test_a_style_s_own_weight_of_energy_calms_its_dance(many, score, monkeypatch):
    """Bars on the beat may be the style's wildest; the song's energy is followed all the same."""
    lock = many.genres.index("lock")
    calm = replace(score, energy=np.zeros(score.bars))

    def danced() -> float:
        chosen = best_sequence(many, calm, [lock] * calm.bars, None, 0, SearchConfig())
        return float(many.energy[chosen].mean())

    before = danced()
    monkeypatch.setitem(genres.STYLES, "lock", replace(genres.STYLES["lock"], energy=50.0))
    assert danced() < before


def test_a_style_s_hands_are_held_far_apart_less_where_that_costs(many, score, monkeypatch):
    lock = many.genres.index("lock")
    wide = np.where(np.arange(len(many)) % 2 == 0, 1.0, 0.0)
    spread = replace(many, wide=wide)

    def danced() -> float:
        chosen = best_sequence(spread, score, [lock] * score.bars, None, 0, SearchConfig())
        return float(wide[chosen].mean())

    before = danced()
    monkeypatch.setitem(genres.STYLES, "lock", replace(genres.STYLES["lock"], wide=20.0))
    assert danced() == 0 < before
