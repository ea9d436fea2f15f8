"""Filling holes by push-pull: average down a pyramid, then fill from coarse to fine."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_EPSILON = 1e-4


def push_pull(
    colour_HWC: NDArray[np.float32], weight_HW: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Keep the colour where the weight is 1 and fill smoothly from there where it is 0.

    Gortler et al., The Lumigraph (1996). Shape: (H, W, C) in, (H, W, C) out; weights in [0, 1].
    """
    height, width = weight_HW.shape
    if height <= 2 or width <= 2:
        total = float(weight_HW.sum())
        if total < _EPSILON:
            return colour_HWC.copy()
        mean = (colour_HWC * weight_HW[..., None]).sum((0, 1)) / total
        blend = weight_HW[..., None]
        return np.asarray(colour_HWC * blend + mean * (1 - blend), dtype=np.float32)
    size = ((width + 1) // 2, (height + 1) // 2)
    small_weight = cv2.resize(weight_HW, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(colour_HWC * weight_HW[..., None], size, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_weight, _EPSILON)[..., None]
    coarse = push_pull(small, np.minimum(1, small_weight * 4).astype(np.float32))
    filled = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    blend = weight_HW[..., None]
    return np.asarray(colour_HWC * blend + filled * (1 - blend), dtype=np.float32)
