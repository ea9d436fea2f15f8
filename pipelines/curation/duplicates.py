"""Clips that show what another clip shows already: re-uploads, re-encodings, repeated intros."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from pipelines.curation.picture import hash_distances

Hashes = NDArray[np.uint64]

LEAST_OVERLAP = 0.5
"""Share of the shorter clip's looks that must have a partner at the same offset."""

_BANDS = (0, 16, 32, 48)
_LEAST_VOTES = 3
_CROWD = 200
"""Clips with one 16-bit band in common; such a band (a black picture) says nothing."""


def sequence_distance(some: Hashes, others: Hashes) -> float:
    """Mean number of differing bits, of 64, at the offset in time where it is smallest."""
    table = hash_distances(some, others)
    least = max(1, int(np.ceil(LEAST_OVERLAP * min(table.shape))))
    means = [
        float(np.diagonal(table, offset).mean())
        for offset in range(-len(some) + least, len(others) - least + 1)
        if len(np.diagonal(table, offset)) >= least
    ]
    return min(means, default=64.0)


class Catalogue:
    """Clips that were kept so far, found by their fingerprints."""

    def __init__(self) -> None:
        self._clips: dict[str, tuple[str, Hashes]] = {}
        self._places: dict[tuple[int, int], set[str]] = defaultdict(set)

    def nearest(self, shot: str, hashes: Hashes) -> tuple[str, float] | None:
        """The most similar clip of any other shot, and their distance; None if none is near."""
        votes: Counter[str] = Counter()
        for key in _keys(hashes):
            sharing = self._places.get(key, set())
            if len(sharing) <= _CROWD:
                votes.update(clip for clip in sharing if self._clips[clip][0] != shot)
        found = [
            (sequence_distance(hashes, self._clips[clip][1]), clip)
            for clip, count in votes.items()
            if count >= _LEAST_VOTES
        ]
        if not found:
            return None
        distance, clip = min(found)
        return clip, distance

    def add(self, clip: str, shot: str, hashes: Hashes) -> None:
        """Note a clip that is kept; clips of one `shot` overlap and are not compared."""
        self._clips[clip] = (shot, hashes)
        for key in _keys(hashes):
            self._places[key].add(clip)


def _keys(hashes: Hashes) -> set[tuple[int, int]]:
    return {(band, (int(value) >> band) & 0xFFFF) for value in hashes for band in _BANDS}
