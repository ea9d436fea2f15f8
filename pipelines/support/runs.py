"""Runs of true values, such as the frames in which a foot stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def runs(mask_T: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start (inclusive) and stop (exclusive) of every run, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask_T.astype(int), [0]])))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
