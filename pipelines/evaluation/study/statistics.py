"""What people said, with intervals over people and clips, and how far they agree."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.evaluation.study.answers import Rater
from pipelines.evaluation.study.design import CATCH, Design
from pipelines.metrics.agreement import krippendorff_alpha, pairwise_agreement
from pipelines.metrics.joints import Float
from pipelines.metrics.resampling import crossed_interval

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Judgements:
    """Values (N,) with the number of the person and of the clip's name of each."""

    values: Float
    raters: Float
    clips: Float

    def estimate(self, seed: int) -> Numbers:
        """Mean, 95 % interval and count; None where there is nothing."""
        if len(self.values) == 0:
            return {"value": None, "low": None, "high": None, "n": 0}
        low, high = crossed_interval(self.values, self.raters, self.clips, seed=seed)
        return {"value": float(self.values.mean()), "low": low, "high": high,
                "n": len(self.values)}  # fmt: skip


def win_rates(raters: Sequence[Rater], design: Design, seed: int) -> dict[str, dict[str, Numbers]]:
    """For each system against each other, the share of pairs in which it was preferred."""
    wins: dict[str, dict[str, Numbers]] = {system: {} for system in design.systems}
    for one, other in itertools.permutations(design.systems, 2):
        rows = [
            (float(design.clips[answer.chosen].system == one), number, name)
            for number, answer, name in _asked(raters, design)
            if {design.clips[clip].system for clip in (answer.chosen, answer.other)} == {one, other}
        ]
        if rows:
            wins[one][other] = _judgements(rows).estimate(seed)
    return wins


def mean_ratings(
    raters: Sequence[Rater], design: Design, criteria: Sequence[str], seed: int
) -> dict[str, dict[str, Numbers]]:
    """For each system its mean rating by each criterion, from 1 to 5."""
    means: dict[str, dict[str, Numbers]] = {system: {} for system in design.systems}
    for system, criterion in itertools.product(design.systems, criteria):
        rows = [
            (float(grades[criterion]), number, name)
            for number, answer, name in _asked(raters, design)
            for clip, grades in answer.ratings.items()
            if design.clips[clip].system == system and criterion in grades
        ]
        means[system][criterion] = _judgements(rows).estimate(seed)
    return means


def agreement(
    raters: Sequence[Rater], design: Design, criteria: Sequence[str]
) -> dict[str, Numbers]:
    """Of the choice and of each criterion: Krippendorff's alpha, and the share of equal pairs.

    The choice is nominal, of the first or the second system of a pair; ratings are ordinal.
    """
    pairs = [name for name, pair in design.pairs.items() if pair.group != CATCH]
    chosen = np.full((len(raters), len(pairs)), np.nan)
    graded = {key: np.full((len(raters), len(pairs), 2), np.nan) for key in criteria}
    place = {name: number for number, name in enumerate(pairs)}
    order = {system: number for number, system in enumerate(design.systems)}
    for number, answer, _ in _asked(raters, design):
        column, pair = place[answer.pair], design.pairs[answer.pair]
        clips = sorted((pair.one, pair.other), key=lambda clip: order[design.clips[clip].system])
        chosen[number, column] = clips.index(answer.chosen)
        for side, clip in enumerate(clips):
            for key in graded.keys() & answer.ratings[clip].keys():
                graded[key][number, column, side] = answer.ratings[clip][key]
    found = {"choice": _agreed(chosen, "nominal")}
    for key, values in graded.items():
        found[key] = _agreed(values.reshape(len(raters), -1), "ordinal")
    return found


def _agreed(values_RU: Float, level: Any) -> Numbers:
    alpha, share = krippendorff_alpha(values_RU, level), pairwise_agreement(values_RU)
    return {
        "alpha": None if np.isnan(alpha) else alpha,
        "equal": None if np.isnan(share) else share,
    }


def _asked(raters: Sequence[Rater], design: Design) -> list[tuple[int, Any, str]]:
    """The answers that count: number of the person, answer, and the name of its clips."""
    return [
        (number, answer, design.clips[answer.chosen].name)
        for number, rater in enumerate(raters)
        for answer in rater.answers
        if design.pairs[answer.pair].group != CATCH
    ]


def _judgements(rows: Sequence[tuple[float, int, str]]) -> Judgements:
    values, raters, names = zip(*rows, strict=True) if rows else ((), (), ())
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    clips = np.array([number[name] for name in names], dtype=np.float64)
    return Judgements(np.array(values, dtype=np.float64), np.array(raters, dtype=np.float64), clips)
