"""The joints of the neutral SMPL-X body without shape, as public code prints them.

docs/reference/body.md#smpl-x-neutral-skeleton. Rest pose y up, facing +z, left on +x, metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import OFFSETS, PARENTS

SMPLX_NEUTRAL_REST = np.array([
    [0.003123, -0.351407, 0.012037], [0.061313, -0.444171, -0.013965],
    [-0.060144, -0.455316, -0.009214], [0.000361, -0.241517, -0.015581],
    [0.116008, -0.822924, -0.023361], [-0.104354, -0.817696, -0.026038],
    [0.009808, -0.109664, -0.021521], [0.072555, -1.225984, -0.055237],
    [-0.088937, -1.228423, -0.046230], [-0.001522, -0.057428, 0.006926],
    [0.119812, -1.283981, 0.062980], [-0.127750, -1.286752, 0.072819],
    [-0.013687, 0.107739, -0.024690], [0.044842, 0.027515, -0.000295],
    [-0.049217, 0.026910, -0.006474], [0.011097, 0.268190, -0.003952],
    [0.164081, 0.085243, -0.015756], [-0.151795, 0.080435, -0.019143],
    [0.418204, 0.013093, -0.058214], [-0.422944, 0.043942, -0.045610],
    [0.670191, 0.036314, -0.060687], [-0.672212, 0.039410, -0.060935],
])  # fmt: skip
"""(22, 3) rest joints, the origin of the model between the shoulders; the pelvis comes first."""


def smplx_offsets() -> NDArray[np.float64]:
    """Offsets (24, 3) of the neutral SMPL-X body, y up; hands where the wrists are."""
    rest = np.concatenate([SMPLX_NEUTRAL_REST, SMPLX_NEUTRAL_REST[[20, 21]]])
    offsets = np.zeros_like(OFFSETS)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            offsets[joint] = rest[joint] - rest[parent]
    return offsets
