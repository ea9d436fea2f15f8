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
