"""How sure a row's FID is, and how far it lies from another row's, over the songs danced to.

Whole songs are drawn with replacement, with all their dances, and rows that danced to the same
songs share each draw. A song that is drawn twice brings the same vectors twice, which makes a
Gaussian fit tighter than it is: draws lie above the distance that was measured, on average. Their
interval is moved back by that much. Differences of two rows need no such thing: it cancels.

Real dance, which rows are held against, stays as it is: intervals are about songs alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from quality.clips import Float
from quality.measures import FeatureSet, distances

KINDS = ("fid_k", "fid_l", "fid_g")


@dataclass(frozen=True)
class Interval:
    """What was measured, and 95 % of what other songs might have given."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.0f} [{self.low:.0f}, {self.high:.0f}]"


@dataclass(frozen=True)
class RowIntervals:
    """Of one row, by the names of `KINDS`: its own, and its difference to the row `beside`."""

    own: dict[str, Interval]
    beside: dict[str, Interval]


def fid_intervals(
    rows: Mapping[str, FeatureSet], reference: FeatureSet, beside: str, repeats: int = 500,
    seed: int = 0,
) -> dict[str, RowIntervals]:  # fmt: skip
    """Intervals of every row's FIDs.

    Args:
        rows: features of dances whose groups are their songs, the same songs in each row.
        reference: real dance. beside: the row that the others are compared with.
        repeats: draws. seed: of the draws.

    Raises ValueError where rows danced to different songs.
    """
    songs = sorted(set(rows[beside].groups))
    for name, row in rows.items():
        if sorted(set(row.groups)) != songs:
            raise ValueError(f"{name} danced to other songs than {beside}")
    whole = {name: _distances(row, reference) for name, row in rows.items()}
    draws_RS = np.random.default_rng(seed).integers(len(songs), size=(repeats, len(songs)))
    drawn = {
        name: np.array([_distances(_of_songs(row, songs, draw), reference) for draw in draws_RS])
        for name, row in rows.items()
    }
    return {
        name: RowIntervals(
            _intervals(whole[name], drawn[name]),
            _intervals(whole[name] - whole[beside], drawn[name] - drawn[beside]),
        )
        for name in rows
    }


def _intervals(measured_D: Float, drawn_RD: Float) -> dict[str, Interval]:
    low, high = np.quantile(drawn_RD, [0.025, 0.975], axis=0) - drawn_RD.mean(axis=0) + measured_D
    parts = zip(measured_D, low, high, strict=True)
    return {
        kind: Interval(*(float(x) for x in part))
        for kind, part in zip(KINDS, parts, strict=True)
    }  # fmt: skip


def _of_songs(row: FeatureSet, songs: list[str], draw_S: np.ndarray) -> FeatureSet:
    groups = np.array(row.groups)
    return row.rows(np.concatenate([np.flatnonzero(groups == songs[n]) for n in draw_S]).tolist())


def _distances(row: FeatureSet, reference: FeatureSet) -> Float:
    found = distances(row, reference)
    return np.array([found[kind] for kind in KINDS])
