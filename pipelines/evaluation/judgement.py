"""What it takes to judge a number: intervals, floors, chance levels, paired significance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.clip import Clip, feature_rows, score_column
from pipelines.evaluation.profiles import SetRule
from pipelines.metrics.distributions import normalised, split_half_distance
from pipelines.metrics.joints import Float
from pipelines.metrics.resampling import bootstrap_interval
from pipelines.support.errors import UnsuitableInput

_CONSTANT = 1e-6
_NORMAL_95 = 1.959964
_BLOCKS = 60
_FLIPS = 10_000
_SWAPS = 200

SetStatistic = Callable[[Sequence[Clip]], float]


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval (NaN where there is none) and the clips behind it."""

    value: float
    low: float = float("nan")
    high: float = float("nan")
    n: int = 0


@dataclass(frozen=True)
class Difference:
    """How two systems differ on the same clips: a - b, its interval, two-sided p-value, clips."""

    value: float
    low: float
    high: float
    p_value: float
    n: int


class FeatureSpace:
    """One feature space as a truth and a rule normalise it.

    Args:
        truth: the clips whose mean and deviation are the unit.
        space: name of the features. rule: how they are normalised; None: not at all.
        usable: (D,) columns that all clips have; None: all.
    """

    def __init__(
        self,
        truth: Sequence[Clip],
        space: str,
        rule: SetRule | None,
        usable: NDArray[np.bool_] | None = None,
    ) -> None:
        self.space, self.rule = space, rule
        rows = feature_rows(truth, space)
        kept = np.ones(rows.shape[1], dtype=bool) if usable is None else usable.copy()
        if rule is not None and rule.skip_constant:
            deviation = rows.std(axis=0)
            kept &= deviation > _CONSTANT * np.maximum(1.0, np.abs(rows.mean(axis=0)))
        self.kept = kept
        self._truth = rows[:, kept]

    @property
    def dimensions(self) -> int:
        """Number of features that count."""
        return int(self.kept.sum())

    def of(self, clips: Sequence[Clip]) -> Float:
        """Normalised features (N, D) of a set."""
        rows = feature_rows(clips, self.space)[:, self.kept]
        own = self.rule is not None and self.rule.reference == "own"
        return self._normalised(rows, rows if own else self._truth)

    @property
    def truth(self) -> Float:
        """The truth's own normalised features."""
        return self._normalised(self._truth, self._truth)

    def _normalised(self, rows: Float, reference: Float) -> Float:
        if self.rule is None:
            return rows
        return normalised(rows, reference, self.rule.epsilon, self.rule.unbiased)

    def floor(self, seed: int) -> float:
        """Mean distance between halves of the truth; NaN under four clips."""
        try:
            return split_half_distance(self.truth, seed)
        except UnsuitableInput:
            return float("nan")


def set_estimate(
    statistic: SetStatistic, clips: Sequence[Clip], seed: int, most: float = math.inf
) -> Estimate:
    """A statistic of a whole set, with a jackknife interval over blocks of clips.

    Drawing clips with replacement would repeat some, which biases Frechet distances upwards and
    diversity downwards; leaving out a block at a time does not. NaN if the set is too small.
    Intervals reach from 0 to `most`.
    """
    try:
        value = statistic(clips)
    except UnsuitableInput:
        return Estimate(float("nan"), n=len(clips))
    blocks = min(_BLOCKS, len(clips))
    if blocks < 4:
        return Estimate(value, n=len(clips))
    block_of = np.random.default_rng(seed).permutation(len(clips)) % blocks
    left = [
        statistic([clip for clip, block in zip(clips, block_of, strict=True) if block != out])
        for out in range(blocks)
    ]
    spread = _NORMAL_95 * float(np.sqrt((blocks - 1) * np.var(left)))
    return Estimate(value, max(0.0, value - spread), min(most, value + spread), len(clips))


def mean_estimate(values_N: Float, seed: int, weights_N: Float | None = None) -> Estimate:
    """Weighted mean of the finite values with a bootstrap interval over clips."""
    weights = np.ones(len(values_N)) if weights_N is None else weights_N
    finite = np.isfinite(values_N)
    samples = np.stack([values_N[finite] * weights[finite], weights[finite]], axis=1)
    if len(samples) == 0:
        return Estimate(float("nan"))
    value = _ratio(samples)
    if len(samples) < 2:
        return Estimate(value, n=1)
    low, high = bootstrap_interval(_ratio, samples, seed=seed)
    return Estimate(value, low, high, len(samples))


def _ratio(samples_N2: Float) -> float:
    total = samples_N2.sum(axis=0)
    return float(total[0] / total[1]) if total[1] else float("nan")


@dataclass(frozen=True)
class SetChance:
    """What a set's mean beat score would be by accident, and how often accident reaches it."""

    mean: float
    deviation: float
    p_value: float


def chance_of_set(clips: Sequence[Clip], metric: str = "bas") -> SetChance | None:
    """Chance level of a set's beat score: all songs shifted by the same share of their length.

    None where no clip has music.
    """
    heard = [clip for clip in clips if len(clip.chance) and np.isfinite(clip.chance).all()]
    if not heard:
        return None
    shifted = np.stack([clip.chance for clip in heard]).mean(axis=0)
    score = float(score_column(heard, metric).mean())
    # A motionless set scores the same whatever the music does.
    reached = int((shifted >= score - 1e-12).sum())
    return SetChance(
        float(shifted.mean()), float(shifted.std()), (1 + reached) / (1 + len(shifted))
    )


def score_difference(a_N: Float, b_N: Float, seed: int) -> Difference:
    """Mean paired difference with a bootstrap interval and a sign-flip test."""
    difference = a_N - b_N
    difference = difference[np.isfinite(difference)]
    if len(difference) < 2:
        value = float(difference.mean()) if len(difference) else float("nan")
        return Difference(value, float("nan"), float("nan"), float("nan"), len(difference))
    low, high = bootstrap_interval(lambda drawn: float(drawn.mean()), difference, seed=seed)
    random = np.random.default_rng(seed)
    value = float(difference.mean())
    if len(difference) <= 13:
        bits = np.arange(2 ** len(difference))[:, None] >> np.arange(len(difference)) & 1
        means = ((1 - 2.0 * bits) * difference).mean(axis=1)
        p_value = float((np.abs(means) >= abs(value) - 1e-15).mean())
    else:
        signs = random.choice([-1.0, 1.0], size=(_FLIPS, len(difference)))
        reached = int((np.abs((signs * difference).mean(axis=1)) >= abs(value) - 1e-15).sum())
        p_value = (1 + reached) / (1 + _FLIPS)
    return Difference(value, low, high, p_value, len(difference))


def set_difference(
    statistic: SetStatistic, a: Sequence[Clip], b: Sequence[Clip], seed: int
) -> Difference:
    """Difference of a set statistic between paired sets, by swapping clips of the same name.

    Args:
        a, b: the same names in the same order.
    """
    nothing = Difference(float("nan"), float("nan"), float("nan"), float("nan"), len(a))
    try:
        value = statistic(a) - statistic(b)
    except UnsuitableInput:
        return nothing
    random = np.random.default_rng(seed)
    swapped = []
    for _ in range(_SWAPS):
        swap = random.random(len(a)) < 0.5
        first = [y if s else x for x, y, s in zip(a, b, swap, strict=True)]
        second = [x if s else y for x, y, s in zip(a, b, swap, strict=True)]
        swapped.append(statistic(first) - statistic(second))
    reached = int((np.abs(swapped) >= abs(value) - 1e-12).sum())
    spread = _NORMAL_95 * _jackknife_deviation(statistic, a, b, seed)
    p_value = (1 + reached) / (1 + _SWAPS)
    return Difference(value, value - spread, value + spread, p_value, len(a))


def _jackknife_deviation(
    statistic: SetStatistic, a: Sequence[Clip], b: Sequence[Clip], seed: int
) -> float:
    blocks = min(_BLOCKS, len(a))
    if blocks < 4:
        return float("nan")
    block_of = np.random.default_rng(seed).permutation(len(a)) % blocks
    left = []
    for out in range(blocks):
        kept = [number for number, block in enumerate(block_of) if block != out]
        left.append(statistic([a[i] for i in kept]) - statistic([b[i] for i in kept]))
    return float(np.sqrt((blocks - 1) * np.var(left)))
