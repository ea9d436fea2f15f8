"""From measured clips to a judged result: numbers, intervals, floors, chance, comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.catalogue import COLUMNS, METRICS
from pipelines.evaluation.clip import Clip, feature_rows, row_owners, score_column, weight_column
from pipelines.evaluation.judgement import (
    Difference,
    Estimate,
    FeatureSpace,
    SetChance,
    SetStatistic,
    chance_of_set,
    mean_estimate,
    score_difference,
    set_difference,
    set_estimate,
)
from pipelines.evaluation.profiles import SetRule
from pipelines.metrics.distributions import frechet_distance

TRUTH = "truth"
FVD = "fvd"


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
        rule: how features become distances; None for protocols without features.
        progress: called with 1 after each column of each system.
    """
    judged = Judged()
    if rule is not None and rule.paired and truth is not None:
        systems, truth = _paired(systems, truth, judged)
    spaces = _spaces(systems, truth, rule, judged)
    statistics = _statistics(spaces, truth)
    everyone = {**systems, **({TRUTH: truth} if truth else {})}
    for name, clips in everyone.items():
        judged.rows[name] = {}
        for metric in COLUMNS[protocol]:
            estimate = _estimate(metric, name, clips, statistics, seed)
            if estimate is not None:
                judged.rows[name][metric] = estimate
            progress(1)
        level = chance_of_set(clips)
        if level is not None:
            judged.chance[name] = level
    _floors(spaces, truth, judged, seed)
    _note_beats(judged)
    for clips in systems.values():
        _note_strangeness(clips, spaces)
    if len(systems) == 2:
        (a, first), (b, second) = systems.items()
        _compare(protocol, a, first, b, second, statistics, judged, seed)
    return judged


@dataclass(frozen=True)
class _OfSets:
    """A number that only a whole set has, and the features that it is made of."""

    space: str
    value: SetStatistic
    of_truth: bool

    def having(self, clips: Sequence[Clip]) -> list[Clip]:
        return [clip for clip in clips if self.space in clip.features]


def _statistics(spaces: dict[str, FeatureSpace], truth: list[Clip] | None) -> dict[str, _OfSets]:
    found = {}
    for space, features in spaces.items():
        found[f"fid_{space}"] = _OfSets(space, features.fid, of_truth=False)
        found[f"div_{space}"] = _OfSets(space, features.div, of_truth=True)
    real = feature_rows(truth or [], FVD)
    if len(real) >= 2:
        found[FVD] = _OfSets(
            FVD, lambda clips: frechet_distance(feature_rows(clips, FVD), real), of_truth=False
        )
    return found


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


def _spaces(
    systems: dict[str, list[Clip]],
    truth: list[Clip] | None,
    rule: SetRule | None,
    judged: Judged,
) -> dict[str, FeatureSpace]:
    if rule is None:
        return {}
    if not truth:
        judged.warnings.append(
            "no clip of the truth: no FID and DIV, which are measured in its units"
        )
        return {}
    if len(truth) < 2:
        judged.warnings.append("one clip of the truth has no deviation to measure FID and DIV in")
        return {}
    spaces = {}
    for space in ("k", "g"):
        if sum(space in clip.features for clip in truth) < 2:
            judged.warnings.append(f"FID_{space}, DIV_{space}: fewer than two clips of the truth")
            continue
        if not any(space in clip.features for clips in systems.values() for clip in clips):
            continue
        usable = _finite_columns([clip for clips in (*systems.values(), truth) for clip in clips],
                                 space)  # fmt: skip
        found = FeatureSpace(truth, space, rule, usable)
        if found.dimensions == 0:
            judged.warnings.append(
                f"FID_{space}, DIV_{space}: no feature varies over the truth, so there is no unit"
            )
            continue
        spaces[space] = found
        judged.dimensions[space] = found.dimensions
        for name, clips in {**systems, TRUTH: truth}.items():
            _note_size(name, clips, found, judged)
    return spaces


def _finite_columns(clips: Sequence[Clip], space: str) -> NDArray[np.bool_]:
    finite: NDArray[np.bool_] = np.isfinite(feature_rows(clips, space)).all(axis=0)
    return finite


def _note_size(name: str, clips: Sequence[Clip], space: FeatureSpace, judged: Judged) -> None:
    count = len(row_owners(clips, space.space))
    if count < 2:
        judged.warnings.append(f"{name}: one clip has no FID and DIV")
    elif count <= space.dimensions:
        judged.warnings.append(
            f"{name}: {count} clips for {space.dimensions} features: FID_{space.space} is far too "
            "high by accident alone; look at the floor"
        )
    rows = feature_rows(clips, space.space)
    if count > 1 and np.ptp(rows[:, space.kept], axis=0).max(initial=0.0) == 0:
        judged.warnings.append(f"{name}: all clips are the same, so its diversity is 0")


def _estimate(
    metric: str, name: str, clips: Sequence[Clip], statistics: dict[str, _OfSets], seed: int
) -> Estimate | None:
    if metric in statistics:
        statistic = statistics[metric]
        having = statistic.having(clips)
        if (name == TRUTH and not statistic.of_truth) or not having:
            return None
        return set_estimate(statistic.value, having, seed)
    values = score_column(clips, metric)
    if not np.isfinite(values).any():
        return None
    return mean_estimate(values, seed, weight_column(clips, metric))


def _floors(
    spaces: dict[str, FeatureSpace], truth: list[Clip] | None, judged: Judged, seed: int
) -> None:
    for space, found in spaces.items():
        floor = found.floor(seed)
        if math.isfinite(floor):
            judged.floor[f"fid_{space}"] = floor
        elif truth:
            count = len(feature_rows(truth, space))
            judged.warnings.append(f"FID_{space}: {count} clips of the truth give no floor")


def _note_beats(judged: Judged) -> None:
    for name, level in judged.chance.items():
        if name != TRUTH and level.p_value > 0.05:
            judged.warnings.append(
                f"{name}: its BAS is not above what the same dances score with shifted music "
                f"({level.mean:.3f}, p = {level.p_value:.2f})"
            )


def _note_strangeness(clips: Sequence[Clip], spaces: dict[str, FeatureSpace]) -> None:
    """How far each clip lies from the truth's middle, in deviations: what the report shows."""
    for space, found in spaces.items():
        owners = row_owners(clips, space)
        if not len(owners):
            continue
        far = np.sqrt((found.of(clips) ** 2).mean(axis=1))
        for number, clip in enumerate(clips):
            if (owners == number).any():
                clip.scores[f"far_{space}"] = float(far[owners == number].mean())


def _compare(
    protocol: str,
    a: str,
    first: Sequence[Clip],
    b: str,
    second: Sequence[Clip],
    statistics: dict[str, _OfSets],
    judged: Judged,
    seed: int,
) -> None:
    by_name = {clip.name: clip for clip in second}
    pairs = [(clip, by_name[clip.name]) for clip in first if clip.name in by_name]
    if not pairs:
        judged.warnings.append(f"{a} and {b} have no clip of the same name: nothing is compared")
        return
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for metric in COLUMNS[protocol]:
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


def shown(metric: str, value: float | None) -> str:
    """A value as tables print it."""
    if value is None or not math.isfinite(value):
        return "–"
    described = METRICS[metric]
    return f"{value * described.scale:.{described.digits}f}"
