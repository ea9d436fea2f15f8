"""How much a dancer moves at all, by the rotations of the joints."""

from __future__ import annotations

import numpy as np

from pipelines.body.rotations import matrix_to_6d
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput


def motion_magnitude(motion: Motion) -> float:
    """Mean change of the 24 joints' six numbers, per second.

    Where the body stands does not count: docs/reference/metrics.md#motion-magnitude. A dance that
    freezes does well by every physical metric, and badly by this one.

    Raises UnsuitableInput for a single frame.
    """
    if motion.frames < 2:
        raise UnsuitableInput("a single frame does not move")
    sixes = matrix_to_6d(motion.rotations())
    return float(np.abs(np.diff(sixes, axis=0)).mean() * motion.fps)
