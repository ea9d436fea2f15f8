"""Which samples of a picture a triangle covers: one rule for all that is drawn here.

Sample (column, row) lies at column + 0.5, row + 0.5, and belongs to a triangle that its centre lies
in. A left or upper edge counts as in, a right or lower one as out: triangles that share an edge
leave no gap and cover nothing twice, so they can be blended as well as sorted by depth.

Both functions are compiled into their callers. Corners (3, 2) are x, y in samples, in double
precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.support.compiled import compiled


@compiled(inline="always", error_model="numpy")
def rows_covered(corners: Any) -> Any:
    """The first row that a triangle may reach, and the one after the last."""
    lowest = min(corners[0, 1], corners[1, 1], corners[2, 1])
    highest = max(corners[0, 1], corners[1, 1], corners[2, 1])
    return int(np.ceil(lowest - 0.5)), int(np.ceil(highest - 0.5))


@compiled(inline="always", error_model="numpy")
def columns_covered(corners: Any, y: Any) -> Any:
    """The first column that a triangle covers at height y, and the one after the last."""
    left, right = 1e9, -1e9
    for i in range(3):
        j = (i + 1) % 3
        lo, hi = i, j
        if corners[i, 1] > corners[j, 1]:
            lo, hi = j, i
        if corners[lo, 1] <= y and y < corners[hi, 1]:
            slope = (corners[hi, 0] - corners[lo, 0]) / (corners[hi, 1] - corners[lo, 1])
            x = corners[lo, 0] + (y - corners[lo, 1]) * slope
            left = min(left, x)
            right = max(right, x)
    return int(np.ceil(left - 0.5)), int(np.ceil(right - 0.5))
