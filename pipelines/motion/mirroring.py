"""Mirror images of encoded motion: left and right swapped, x negated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import MIRROR

Array = NDArray[np.float32]


def _table() -> tuple[NDArray[np.int64], Array]:
    """Columns and signs that turn an encoded frame into its mirror image."""
    columns = [1, 0, 3, 2, 4, 5, 6]
    signs = [1.0, 1, 1, 1, -1, 1, 1]
    for joint in MIRROR:
        columns += [7 + 6 * joint + k for k in range(6)]
        signs += [1, -1, -1, -1, 1, 1]
    return np.array(columns), np.array(signs, dtype=np.float32)


COLUMNS, SIGNS = _table()
"""(151,): the mirror image's column k is column COLUMNS[k] times SIGNS[k]."""


def mirror(x: Array) -> Array:
    """The mirror image of encoded motion (..., 151), equal to encoding `motion.mirrored()`.

    The first columns, up to the pelvis's last, may come alone: they are mirrored onto themselves.
    """
    width = x.shape[-1]
    mirrored: Array = np.take(x, COLUMNS[:width], axis=-1)
    mirrored *= SIGNS[:width]
    return mirrored
