"""Which styles are danced only for those who ask for them: on the floor, or with a partner.

docs/reference/infinitedance.md#no-style-asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from pipelines.datasets.sequences import PairedSequence

_LOW_PELVIS = 0.6
"""Metres. A pelvis below is on the floor or on its way there; upright it is at 0.9."""
_MOSTLY_UPRIGHT = 0.15
"""Share of its time that an upright style may spend there."""


def only_asked(sequences: Sequence[PairedSequence]) -> tuple[str, ...]:
    """Names, sorted, of the styles danced on the floor or by couples; none where all are.

    Measured on what the generator learns from, so that it holds for a style of any name. A take
    that was paired with several songs counts once.
    """
    takes: dict[str, dict[str, PairedSequence]] = defaultdict(dict)
    for sequence in sequences:
        if sequence.genre:
            takes[sequence.genre].setdefault(sequence.take, sequence)
    found = tuple(sorted(
        genre for genre, its in takes.items()
        if any(s.couple for s in its.values()) or _time_on_floor(list(its.values()))
        > _MOSTLY_UPRIGHT
    ))  # fmt: skip
    return found if len(found) < len(takes) else ()


def _time_on_floor(sequences: Sequence[PairedSequence]) -> float:
    heights = np.concatenate([s.motion.joints()[:, 0, 2] for s in sequences])
    return float((heights < _LOW_PELVIS).mean())
