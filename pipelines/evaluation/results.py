"""From measured clips to a judged result: numbers, intervals, floors, chance, comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from pipelines.evaluation.catalogue import columns
from pipelines.evaluation.clip import Clip, score_column, weight_column
from pipelines.evaluation.judgement import (
    Difference,
    Estimate,
    SetChance,
    chance_of_set,
    mean_estimate,
    score_difference,
    set_difference,
    set_estimate,
)
from pipelines.evaluation.profiles import SetRule
from pipelines.evaluation.set_statistics import (
    OfSets,
    feature_spaces,
    floors,
    note_strangeness,
    recognition_statistics,
    set_statistics,
)
from pipelines.evaluation.sets import TRUTH


@dataclass
class Judged:
    """A judged evaluation.

    Attributes:
        rows: per system, and for "truth", the estimate of every metric that could be computed.
        floor: distance between halves of the truth, per distance.
        chance: per system what its beat score would be by accident.
        differences: of the two compared systems, per metric.
        dimensions: how many features count, per space.
        warnings: what a reader has to know before believing a number.
    """

    rows: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    floor: dict[str, float] = field(default_factory=dict)
    chance: dict[str, SetChance] = field(default_factory=dict)
    differences: dict[str, Difference] = field(default_factory=dict)
    dimensions: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """As JSON; what could not be computed is null."""
        return {
            "rows": {
                name: {metric: _plain(asdict(estimate)) for metric, estimate in row.items()}
                for name, row in self.rows.items()
            },
            "floor": _plain(self.floor),
            "chance": {name: _plain(asdict(level)) for name, level in self.chance.items()},
            "differences": {
                metric: _plain(asdict(difference))
                for metric, difference in self.differences.items()
            },
            "dimensions": self.dimensions,
        }


def judge(
    protocol: str,
    systems: dict[str, list[Clip]],
    truth: list[Clip] | None,
    rule: SetRule | None,
    seed: int,
    progress: Callable[[float], None] = lambda amount: None,
) -> Judged:
    """Judge one system, or two of which the first is compared with the second.

    Args:
        systems: clips by system. truth: the recordings' clips, or None.
        rule: how features become distances; None: as they are.
        progress: called with 1 after each column of each system.
    """
    judged = Judged()
    if rule is not None and rule.paired and truth is not None:
        systems, truth = _paired(systems, truth, judged)
    warn = judged.warnings.append
    spaces = feature_spaces(protocol, systems, truth, rule, warn)
    if rule is not None:
        judged.dimensions = {name: space.dimensions for name, space in spaces.items()}
    statistics = set_statistics(protocol, spaces) | recognition_statistics(protocol)
    everyone = {**systems, **({TRUTH: truth} if truth else {})}
    for name, clips in everyone.items():
        judged.rows[name] = {}
        for metric in columns(protocol):
            estimate = _estimate(metric, name, clips, statistics, seed)
            if estimate is not None:
                judged.rows[name][metric] = estimate
            progress(1)
        level = chance_of_set(clips)
        if level is not None:
            judged.chance[name] = level
    judged.floor = floors(protocol, spaces, truth, seed, warn)
    _note_beats(judged)
    for clips in systems.values():
        note_strangeness(clips, spaces)
    if len(systems) == 2:
        (a, first), (b, second) = systems.items()
        _compare(protocol, a, first, b, second, statistics, judged, seed)
    return judged


def _paired(
    systems: dict[str, list[Clip]], truth: list[Clip], judged: Judged
) -> tuple[dict[str, list[Clip]], list[Clip]]:
    common = {clip.name for clip in truth}
    for clips in systems.values():
        common &= {clip.name for clip in clips}
    if len(common) < 2:
        judged.warnings.append(
            "the published script compares clips of the same name, of which there are "
            f"{len(common)}; here the whole sets are compared"
        )
        return systems, truth
    kept = {name: [c for c in clips if c.name in common] for name, clips in systems.items()}
    return kept, [clip for clip in truth if clip.name in common]


def _estimate(
    metric: str, name: str, clips: Sequence[Clip], statistics: dict[str, OfSets], seed: int
) -> Estimate | None:
    if metric in statistics:
        statistic = statistics[metric]
        having = statistic.having(clips)
        if (name == TRUTH and not statistic.of_truth) or not having:
            return None
        return set_estimate(statistic.value, having, seed, statistic.most)
    values = score_column(clips, metric)
    if not np.isfinite(values).any():
        return None
    return mean_estimate(values, seed, weight_column(clips, metric))


def _note_beats(judged: Judged) -> None:
    for name, level in judged.chance.items():
        if name != TRUTH and level.p_value > 0.05:
            judged.warnings.append(
                f"{name}: its BAS is not above what the same dances score with shifted music "
                f"({level.mean:.3f}, p = {level.p_value:.2f})"
            )


def _compare(
    protocol: str,
    a: str,
    first: Sequence[Clip],
    b: str,
    second: Sequence[Clip],
    statistics: dict[str, OfSets],
    judged: Judged,
    seed: int,
) -> None:
    by_name = {clip.name: clip for clip in second}
    pairs = [(clip, by_name[clip.name]) for clip in first if clip.name in by_name]
    if not pairs:
        judged.warnings.append(f"{a} and {b} have no clip of the same name: nothing is compared")
        return
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for metric in columns(protocol):
        if metric not in judged.rows[a] or metric not in judged.rows[b]:
            continue
        if metric in statistics:
            statistic = statistics[metric]
            both = [(x, y) for x, y in pairs if statistic.having([x]) and statistic.having([y])]
            judged.differences[metric] = set_difference(
                statistic.value, [x for x, _ in both], [y for _, y in both], seed
            )
        elif np.isfinite(score_column(ours, metric)).any():
            judged.differences[metric] = score_difference(
                score_column(ours, metric), score_column(theirs, metric), seed
            )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
