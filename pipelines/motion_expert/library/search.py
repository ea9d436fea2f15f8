"""Which unit is danced in which bar: a beam search over sequences of units.

Shapes: U units, K bars, W sequences in the beam. Costs are added up
(docs/reference/dance-library.md#costs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion_expert.library.genres import Style, liking_of, style_of
from pipelines.motion_expert.library.song_plan import SongPlan
from pipelines.motion_expert.library.units import Units

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_NEVER = 1e6
_WIDE_ENOUGH = 0.2


@dataclass(frozen=True)
class SearchConfig:
    """Weights of the costs and the width of the search.

    Attributes:
        width, children, fan: sequences kept, how many may share a parent, and jumps looked at.
        shortlist: units that are compared with every sequence, by what they cost on their own.
        rhythm, tempo, tempo_spread, energy, accent: how a unit suits its bar.
        calmest: the least energy that a bar asks for: a song's quiet bars are danced, too.
        variety: reward for poses that lie apart, beside others of the style.
        jump, pose: for leaving a take, and per metre of joints apart.
        repeat, fading: for a choreography danced before, gone after so many bars.
        passage, passage_fading: for the same eight pulses of a take, or their mirror image, danced
            before; as much again at once, gone after so many bars.
        facing, back, beyond, radius: turned from the camera; metres from the middle.
        asked_facing: how much more that counts where it is asked for.
        style_change, wrong_style: between neighbours, and against what was asked for.
        structure: reward for dancing a repeated bar as the rule says.
        noise, style_noise: deviation of what a seed adds to a take's passage of eight pulses, and
            to a style where none is asked for.
        unbroken, unbroken_seconds: bars of one take in a row, and how long they may last.
    """

    width: int = 120
    children: int = 3
    fan: int = 30
    shortlist: int = 1500
    rhythm: float = 1.2
    tempo: float = 6.0
    tempo_spread: float = 3.0
    energy: float = 2.0
    calmest: float = 0.25
    accent: float = 0.3
    variety: float = 1.5
    jump: float = 0.25
    pose: float = 10.0
    repeat: float = 1.5
    fading: float = 24.0
    passage: float = 2.5
    passage_fading: float = 8.0
    facing: float = 0.5
    back: float = 1.5
    asked_facing: float = 6.0
    beyond: float = 1.5
    radius: float = 0.7
    style_change: float = 0.5
    wrong_style: float = 8.0
    structure: float = 1.2
    noise: float = 0.4
    style_noise: float = 0.6
    unbroken: int = 2
    unbroken_seconds: float = 5.8


@dataclass
class _Beam:
    """W sequences: units so far, total cost, heading and place at their ends, bars unbroken, and
    the bar in which each choreography and each passage was last danced, or -inf."""

    path: Whole
    cost: Floats
    heading: NDArray[np.complex128]
    place: NDArray[np.complex128]
    unbroken: Whole
    last: Floats
    shown: Floats


def best_sequence(
    units: Units, plan: SongPlan, bar_styles: list[int | None],
    energy: float | Sequence[float | None] | None, seed: int,
    config: SearchConfig, on_step: Callable[[], None] = lambda: None,
) -> Whole:  # fmt: skip
    """(K,) the unit of each bar.

    Args:
        bar_styles: per bar the number of the style asked for, or None.
        energy: 0 to 1 for calmer or wilder dance, of all bars or of each; None follows the song
            alone.
        seed: chooses other material.
    """
    found = good_sequences(units, plan, bar_styles, energy, seed, config, on_step=on_step)
    return np.asarray(found[0][0])


def good_sequences(
    units: Units, plan: SongPlan, bar_styles: list[int | None],
    energy: float | Sequence[float | None] | None, seed: int,
    config: SearchConfig, also_KU: Floats | None = None, on_step: Callable[[], None] = lambda: None,
    facing_K: NDArray[np.complex128] | None = None, begins: complex | None = None,
) -> tuple[Whole, Floats]:  # fmt: skip
    """(W, K) sequences of units, the best one first, and what each costs (W,).

    Args:
        also_KU: what each unit costs in each bar beyond the rest; None: nothing.
        facing_K: (K,) where to face in each bar, 1 the camera; None: the camera.
        begins: where the first unit faces when it begins; None: such that its bar faces well.
        bar_styles, energy, seed: as `best_sequence`.
    """
    noise = _noise(units, seed, config)
    energies = energy if isinstance(energy, Sequence) else [energy] * plan.bars
    alone = [_alone(units, plan, bar, bar_styles[bar], energies[bar], noise, config)
             for bar in range(plan.bars)]  # fmt: skip
    if also_KU is not None:
        alone = [cost + more for cost, more in zip(alone, also_KU, strict=True)]
    beam = _first(units, alone[0], None if facing_K is None else facing_K[0], begins, config)
    on_step()
    for bar in range(1, plan.bars):
        beam = _extended(units, plan, beam, bar, alone[bar], config, facing_K)
        on_step()
    order = np.argsort(beam.cost, kind="stable")
    return beam.path[order], beam.cost[order]


def _noise(units: Units, seed: int, config: SearchConfig) -> Floats:
    """(U,) drawn per passage, nearly alike for a unit and its mirror image."""
    random = np.random.default_rng(seed)
    drawn = random.standard_normal(int(units.passage.max()) + 1)
    sides = random.standard_normal(len(units)) * 0.1
    styles = config.style_noise * random.standard_normal(len(units.genres))
    return np.asarray(config.noise * (drawn[units.passage] + sides) + styles[units.genre])


def _alone(
    units: Units, plan: SongPlan, bar: int, style: int | None, energy: float | None,
    noise: Floats, config: SearchConfig,
) -> Floats:  # fmt: skip
    """(U,) what each unit costs in a bar, whatever is danced before it."""
    wanted = config.calmest + (1 - config.calmest) * plan.energy[bar]
    if energy is not None:
        wanted = np.clip(energy + 0.5 * (wanted - 0.5), 0, 1)
    period = np.diff(plan.pulses[bar * plan.per_bar : (bar + 1) * plan.per_bar + 1])
    local = np.log(60.0 / period / plan.bpm)
    ratio = units.tempo_bias + local.mean()
    # A style's own weight is for choosing among its bars, not for choosing among styles.
    asked = Style() if style is None else style_of(units.genres[style])
    cost = (
        config.rhythm * asked.rhythm * (1 - units.rhythm)
        + config.tempo * ratio**2
        + config.tempo_spread * (units.tempo_spread + local.var())
        + config.energy * asked.energy * (units.energy - wanted) ** 2
        - config.accent * units.pattern @ plan.accents[bar]
        - config.variety * np.minimum(units.variety, _WIDE_ENOUGH)
        + asked.wide * units.wide
        + noise
    )
    if style is None:
        return np.asarray(cost + likings(units, config))
    return np.asarray(cost + config.wrong_style * (units.genre != style))


def likings(units: Units, config: SearchConfig) -> Floats:
    """(U,) what each unit's style costs where none is asked for."""
    known = [liking_of(name) for name in units.genres]
    costs = np.array([config.wrong_style if cost is None else cost for cost in known])
    return np.asarray(costs[units.genre])


def _first(
    units: Units, alone: Floats, asked: complex | None, begins: complex | None,
    config: SearchConfig,
) -> _Beam:  # fmt: skip
    if begins is not None:
        alone = alone + _turned_away(units, begins * units.facing, units.genre, asked, config)
    chosen = np.argsort(alone, kind="stable")[: config.width]
    # Begun such that the bar on the whole faces where it should.
    mean = units.facing[chosen]
    start = np.conj(mean) / np.maximum(np.abs(mean), 1e-9) * (1.0 if asked is None else asked)
    if begins is not None:
        start = np.full(len(chosen), begins)
    everyone = np.arange(len(chosen))
    beam = _Beam(
        chosen[:, None], alone[chosen], start * units.turn[chosen], start * units.way[chosen],
        np.ones(len(chosen), np.int64),
        np.full((len(chosen), int(units.choreography.max()) + 1), -np.inf),
        np.full((len(chosen), int(units.passage.max()) + 1), -np.inf),
    )  # fmt: skip
    beam.last[everyone, units.choreography[chosen]] = 0
    beam.shown[everyone, units.passage[chosen]] = 0
    return beam


def _extended(
    units: Units, plan: SongPlan, beam: _Beam, bar: int, alone: Floats, config: SearchConfig,
    facing_K: NDArray[np.complex128] | None,
) -> _Beam:  # fmt: skip
    """The beam one bar on."""
    ends = beam.path[:, -1]
    short = np.argpartition(alone, min(config.shortlist, len(alone) - 1))[: config.shortlist]
    jumps = alone[short] + _jump_costs(units, beam, ends, short, bar, config)
    fan = min(config.fan, jumps.shape[1])
    nearest = np.argpartition(jumps, fan - 1, axis=1)[:, :fan]
    parents = np.repeat(np.arange(len(ends)), fan)
    options = [(parents, short[nearest].ravel(), np.take_along_axis(jumps, nearest, 1).ravel())]
    onward = units.following[ends]
    going = np.flatnonzero((onward >= 0) & (beam.unbroken < _longest(plan, config)))
    options.append((going, onward[going], alone[onward[going]]))
    options.append(_as_before(units, plan, beam, bar, alone, config))
    parent, unit, cost = (np.concatenate(column) for column in zip(*options, strict=True))
    facing = None if facing_K is None else complex(facing_K[bar])
    cost = cost + beam.cost[parent] + _where_it_leads(units, beam, parent, unit, facing, config)
    order = np.lexsort((unit, parent, cost))
    kept = _few_per_parent(parent[order], unit[order], beam.path, config)
    return _grown(units, beam, parent[order][kept], unit[order][kept], cost[order][kept], bar)


def _longest(plan: SongPlan, config: SearchConfig) -> int:
    """Bars of one take that may follow each other."""
    bar_seconds = plan.per_bar * 60 / plan.bpm
    return min(config.unbroken, max(1, int(config.unbroken_seconds / bar_seconds)))


def _jump_costs(
    units: Units, beam: _Beam, ends: Whole, to: Whole, bar: int, config: SearchConfig
) -> Floats:
    """(W, S) for leaving the take that a sequence ends in and going on with another unit."""
    tail, head = units.tail[ends], units.head[to]
    square = (tail**2).sum(1)[:, None] + (head**2).sum(1) - 2 * tail @ head.T
    apart = np.sqrt(np.maximum(square.astype(np.float64), 0))
    age = bar - beam.last[:, units.choreography[to]]
    repeat = config.repeat * np.clip(1 - age / config.fading, 0, None)
    since = bar - beam.shown[:, units.passage[to]]
    lately = np.clip(1 - since / config.passage_fading, 0, None)
    repeat += config.passage * (np.isfinite(since) + lately)
    change = config.style_change * (units.genre[ends][:, None] != units.genre[to])
    cost = config.jump + config.pose * apart + repeat + change
    # Going on is no jump, and would get round the limit of bars unbroken.
    cost[units.following[ends][:, None] == to] = _NEVER
    return np.asarray(cost)


def _as_before(
    units: Units, plan: SongPlan, beam: _Beam, bar: int, alone: Floats, config: SearchConfig
) -> tuple[Whole, Whole, Floats]:
    """Each sequence's own unit of the bar that this one repeats, mirrored or as it was."""
    everyone = np.arange(len(beam.cost))
    if plan.mirror_of[bar] >= 0:
        unit = units.mirror[beam.path[:, plan.mirror_of[bar]]]
    elif plan.same_as[bar] >= 0:
        unit = beam.path[:, plan.same_as[bar]]
    else:
        return everyone[:0], everyone[:0], np.zeros(0)
    tail, head = units.tail[beam.path[:, -1]], units.head[unit]
    apart = np.linalg.norm((tail - head).astype(np.float64), axis=1)
    onward = units.following[beam.path[:, -1]] == unit
    join = np.where(onward, 0.0, config.jump + config.pose * apart)
    allowed = ~onward | (beam.unbroken < _longest(plan, config))
    cost = alone[unit] + join - config.structure
    return everyone[allowed], unit[allowed], cost[allowed]


def _where_it_leads(
    units: Units, beam: _Beam, parent: Whole, unit: Whole, asked: complex | None,
    config: SearchConfig,
) -> Floats:  # fmt: skip
    """Cost of facing and place during a unit, as it would be danced after its parent."""
    looks = beam.heading[parent] * units.facing[unit]
    place = beam.place[parent] + beam.heading[parent] * units.way[unit]
    beyond = np.maximum(np.abs(place) - config.radius, 0)
    away = _turned_away(units, looks, units.genre[unit], asked, config)
    return np.asarray(away + config.beyond * beyond**2)


def _turned_away(
    units: Units, looks: NDArray[np.complex128], genre: Whole, asked: complex | None,
    config: SearchConfig,
) -> Floats:  # fmt: skip
    """Cost of facing there during a bar of that style."""
    facing = looks.real if asked is None else (looks * np.conj(asked)).real
    strictness = np.array([style_of(name).facing for name in units.genres])[genre]
    away = config.facing * (1 - facing) + config.back * np.maximum(-facing, 0)
    return np.asarray(strictness * away * (1.0 if asked is None else config.asked_facing))


def _few_per_parent(
    parent: Whole, unit: Whole, path: Whole, config: SearchConfig
) -> NDArray[np.int64]:
    """The cheapest options, at most `children` of each parent, no two alike at their ends."""
    kept: list[int] = []
    born = np.zeros(len(path), np.int64)
    seen: set[tuple[int, int]] = set()
    for number, (p, u) in enumerate(zip(parent.tolist(), unit.tolist(), strict=True)):
        ending = (int(path[p, -1]), u)
        if born[p] >= config.children or ending in seen:
            continue
        born[p] += 1
        seen.add(ending)
        kept.append(number)
        if len(kept) == config.width:
            break
    return np.array(kept)


def _grown(units: Units, beam: _Beam, parent: Whole, unit: Whole, cost: Floats, bar: int) -> _Beam:
    heading = beam.heading[parent]
    onward = units.following[beam.path[parent, -1]] == unit
    last = beam.last[parent].copy()
    last[np.arange(len(unit)), units.choreography[unit]] = bar
    shown = beam.shown[parent].copy()
    shown[np.arange(len(unit)), units.passage[unit]] = bar
    return _Beam(
        np.concatenate([beam.path[parent], unit[:, None]], axis=1),
        cost,
        heading * units.turn[unit],
        beam.place[parent] + heading * units.way[unit],
        np.where(onward, beam.unbroken[parent] + 1, 1),
        last,
        shown,
    )
