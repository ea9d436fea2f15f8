"""Confidence intervals by resampling whole motions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.metrics.joints import Array, Float


def bootstrap_interval(
    statistic: Callable[[Float], float],
    samples_N: Array,
    confidence: float = 0.95,
    seed: int = 0,
    repeats: int = 1000,
) -> tuple[float, float]:
    """Percentile interval of a statistic over (N, ...) samples drawn with replacement.

    NaN samples are left out; (NaN, NaN) if none remain. Not for Frechet distances, which repeated
    vectors bias: give those a split-half floor instead.
    """
    samples = np.asarray(samples_N, dtype=np.float64)
    finite = np.isfinite(samples.reshape(len(samples), -1)).all(axis=1)
    samples = samples[finite]
    if len(samples) == 0:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(samples), size=(repeats, len(samples)))
    values = [statistic(samples[rows]) for rows in drawn]
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def crossed_interval(
    values_N: Array,
    raters_N: Array,
    clips_N: Array,
    confidence: float = 0.95,
    seed: int = 0,
    repeats: int = 2000,
) -> tuple[float, float]:
    """Percentile interval of a mean of judgements, of which each is one person's of one clip.

    People and clips are both drawn with replacement, and a judgement counts as often as its person
    times its clip were drawn: an interval over judgements alone would take those of one person, or
    of one clip, for independent (docs/reference/metrics.md#agreement-between-raters). (NaN, NaN)
    without judgements.

    Args:
        values_N: the judgements. raters_N, clips_N: whole numbers that tell people, and clips.
    """
    values = np.asarray(values_N, dtype=np.float64)
    if len(values) == 0:
        return float("nan"), float("nan")
    rater, clip = (np.unique(labels, return_inverse=True)[1] for labels in (raters_N, clips_N))
    shape = (rater.max() + 1, clip.max() + 1)
    sums_RC, counts_RC = np.zeros(shape), np.zeros(shape)
    np.add.at(sums_RC, (rater, clip), values)
    np.add.at(counts_RC, (rater, clip), 1)
    random = np.random.default_rng(seed)
    raters_BR, clips_BC = (
        random.multinomial(count, np.full(count, 1 / count), repeats) for count in shape
    )
    totals = (raters_BR @ counts_RC * clips_BC).sum(axis=1)
    sums = (raters_BR @ sums_RC * clips_BC).sum(axis=1)
    # Where few people saw few clips, a draw may hold nothing at all.
    means = sums[totals > 0] / totals[totals > 0]
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
