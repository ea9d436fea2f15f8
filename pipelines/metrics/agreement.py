"""How far people agree with each other (docs/reference/metrics.md#agreement-between-raters).

Shapes: R raters, U units that they judge, C different values. NaN: not judged.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipelines.metrics.joints import Array, Float

Level = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(values_RU: Array, level: Level) -> float:
    """Krippendorff's alpha: 1 for agreement, 0 for what chance gives, below for less.

    Units that fewer than two raters judged say nothing. NaN where no unit is left, or where all
    values are equal, since chance would agree as well then.
    """
    values = np.asarray(values_RU, dtype=np.float64)
    kinds = np.unique(values[np.isfinite(values)])
    counts_UC = (values.T[:, :, None] == kinds).sum(axis=1).astype(np.float64)
    counts_UC = counts_UC[counts_UC.sum(axis=1) >= 2]
    raters_U = counts_UC.sum(axis=1)
    pairs_UCC = counts_UC[:, :, None] * counts_UC[:, None, :]
    pairs_UCC -= np.eye(len(kinds)) * counts_UC[:, :, None]
    coincident_CC = (pairs_UCC / (raters_U - 1)[:, None, None]).sum(axis=0)
    totals_C = coincident_CC.sum(axis=0)
    distances_CC = _distances(kinds, totals_C, level)
    expected = float((np.outer(totals_C, totals_C) * distances_CC).sum())
    if expected == 0:
        return float("nan")
    observed = float((coincident_CC * distances_CC).sum())
    return float(1 - (totals_C.sum() - 1) * observed / expected)


def pairwise_agreement(values_RU: Array) -> float:
    """Share of pairs of judgements of one unit that are equal; NaN where there is no pair."""
    values = np.asarray(values_RU, dtype=np.float64)
    kinds = np.unique(values[np.isfinite(values)])
    counts_UC = (values.T[:, :, None] == kinds).sum(axis=1).astype(np.float64)
    raters_U = counts_UC.sum(axis=1)
    pairs = float((raters_U * (raters_U - 1)).sum())
    equal = float((counts_UC * (counts_UC - 1)).sum())
    return equal / pairs if pairs else float("nan")


def _distances(kinds_C: Float, totals_C: Float, level: Level) -> Float:
    """(C, C) squared: how much worse one disagreement is than another."""
    if level == "nominal":
        others: Float = 1 - np.eye(len(kinds_C))
        return others
    if level == "interval":
        apart: Float = (kinds_C[:, None] - kinds_C) ** 2
        return apart
    # Ordinal: how many judgements lie between, half of those at both ends among them.
    middles = np.cumsum(totals_C, dtype=np.float64) - totals_C / 2
    between: Float = np.square(middles[:, None] - middles)
    return between
