"""What posing hands to painting: one frame's triangles, in the order in which they are painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DrawList:
    """Triangles in the order in which they are painted, the farthest first.

    Attributes:
        xy: (V, 2) float32 canvas pixels.
        uv: (V, 2) float32 atlas pixels.
        triangles: (N, 3) int32 vertex numbers.
        culled: (N,) bool; True leaves the triangle out while it is seen from behind.
        opacity: (N,) float32 in [0, 1].
    """

    xy: NDArray[np.float32]
    uv: NDArray[np.float32]
    triangles: NDArray[np.int32]
    culled: NDArray[np.bool_]
    opacity: NDArray[np.float32]
