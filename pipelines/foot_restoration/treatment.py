"""What `--feet` does to a dance: to one that was just generated, and to one that was given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.drift import in_place
from pipelines.motion.foot_lock import clean_up, lock_feet
from pipelines.motion.grounding import on_floor
from pipelines.motion.motion import Motion

LOCK, RESTORE, NONE = "lock", "restore", "none"


def tidied(motion: Motion, feet: str, contacts: NDArray[np.floating[Any]] | None = None) -> Motion:
    """A network's dance, fit to be seen; with `NONE` as it came.

    Args:
        motion: the dance.
        feet: `LOCK`, which cleans up the whole dance (`motion.foot_lock.clean_up`), `RESTORE` or
            `NONE`.
        contacts: (T, 4) contact probabilities as the model gives them, or None; for `LOCK`.
    """
    if feet == RESTORE:
        # Restored last: planted feet slide a little when a wandering dancer is kept in frame.
        return _restored(in_place(motion))
    return clean_up(motion, contacts) if feet == LOCK else motion


def treated(motion: Motion, feet: str) -> Motion:
    """A given dance with its feet locked or restored on the floor z = 0; all else stays."""
    if feet == RESTORE:
        return _restored(motion)
    return lock_feet(on_floor(motion)) if feet == LOCK else motion


def _restored(motion: Motion) -> Motion:
    # The network comes with torch, which commands that leave feet alone need not load.
    from pipelines.foot_restoration.restoring import restored

    return restored(motion)
