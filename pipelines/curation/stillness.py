"""How much a person moves: optical flow inside their box, without the camera's own motion.

Other ways to measure it: docs/reference/curation.md#motion.
"""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FLOW_SIDE = 320
"""Pixels of the longer side at which flow is estimated."""

_LEAST_BACKGROUND = 0.05
"""Share of the picture; with less outside the box, the camera is judged by the whole picture."""

Grey = NDArray[np.uint8]
Box = NDArray[np.floating[Any]]


def body_heights_per_second(before: Grey, after: Grey, box: Box | None, seconds: float) -> float:
    """Mean speed of what is inside the box, in heights of the box per second.

    Args:
        before, after: (H, W) grey pictures.
        box: left, top, right, bottom of the person as shares of the picture; None: nobody.
        seconds: from one picture to the other.

    Returns:
        NaN where there is nobody, or nothing left of them inside the picture.
    """
    if box is None:
        return float("nan")
    height, width = before.shape
    left, right = np.clip(np.round(np.asarray(box[[0, 2]]) * width), 0, width).astype(int)
    top, bottom = np.clip(np.round(np.asarray(box[[1, 3]]) * height), 0, height).astype(int)
    if right - left < 2 or bottom - top < 2:
        return float("nan")
    flow = _estimator().calc(before, after, None)
    outside = np.ones((height, width), bool)
    outside[top:bottom, left:right] = False
    background = flow[outside] if outside.mean() > _LEAST_BACKGROUND else flow.reshape(-1, 2)
    inside = flow[top:bottom, left:right] - np.median(background, axis=0)
    return float(np.linalg.norm(inside, axis=-1).mean() / (bottom - top) / seconds)


@functools.lru_cache(maxsize=1)
def _estimator() -> Any:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
