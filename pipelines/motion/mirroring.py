"""Mirror images of encoded motion: left and right swapped, x negated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import MIRROR
from pipelines.motion import layout

Array = NDArray[np.float32]


def _table() -> tuple[NDArray[np.int64], Array]:
    """Columns and signs that turn an encoded frame into its mirror image."""
    columns = np.arange(layout.WIDTH)
    signs = np.ones(layout.WIDTH, dtype=np.float32)
    columns[layout.contacts] = [1, 0, 3, 2]
    signs[layout.root_x] = -1
    for joint, other in enumerate(MIRROR):
        columns[layout.six(joint)] = np.arange(layout.WIDTH)[layout.six(other)]
        signs[layout.six(joint)] = [1, -1, -1, -1, 1, 1]
    return columns, signs


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
