"""Jumps of AIST++ takes: how far the lowest foot was off the floor, from the pelvis' height.

The BVH files keep the lowest foot on the floor, so that a leap looks like a squat too quick for
anybody. The JSON files that they were made from (`<take>.t2.json`, 60 fps) hold the pelvis' height;
where it does not follow a squat that is quicker than falling, both feet were in the air.

Shapes: T frames at 30 fps.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, label, percentile_filter

from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

SUFFIX = ".t2.json"
_FPS = 30
_AROUND = 91
"""Frames over which standing height is taken: the 30th percentile of what lies around."""
_LEAST, _HIGHEST = 0.06, 0.45
"""Metres: less is the difference of two skeletons, more nobody jumps."""
_LONGEST = 21
"""Frames: nobody stays in the air for longer than .7 s."""
_FREE_FALL = -11.0
"""m/s^2: a body that went down faster than it can fall did not go down; its feet came up."""
_EASE = 1.0


def pelvis_heights(path: Path) -> NDArray[np.float64]:
    """(T,) height of the pelvis in metres at 30 fps, of the source's own body.

    Raises:
        UnsuitableInput: not such a file.
    """
    content = read_json(path)
    try:
        heights = np.array(content["hips"], dtype=np.float64).reshape(-1, 3)[:, 1]
        every = round(float(content["fps"]) / _FPS)
    except (KeyError, TypeError, ValueError) as error:
        raise UnsuitableInput(f"{path}: no pelvis heights in it ({error})") from error
    return heights[:: max(1, every)]


def flights(pelvis_T: NDArray[np.float64], grounded_T: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) metres that the whole body was in the air.

    Args:
        pelvis_T: its true height. grounded_T: its height with the lowest foot on the floor; they
            may differ by a constant, by some frames of length, and slowly.
    """
    count = min(len(pelvis_T), len(grounded_T))
    lift = np.zeros(len(grounded_T))
    above = pelvis_T[:count] - grounded_T[:count]
    above -= percentile_filter(above, 30, size=_AROUND, mode="nearest")
    calm = gaussian_filter1d(np.asarray(grounded_T, dtype=np.float64), _EASE, mode="nearest")
    fall_T = np.gradient(np.gradient(calm)) * _FPS**2
    spans, number = label(above > _LEAST)
    for span in range(1, number + 1):
        inside = np.flatnonzero(spans == span)
        begins, ends = inside[0] == 0, inside[-1] == count - 1
        fell = fall_T[max(0, inside[0] - 4) : inside[-1] + 1].min() < _FREE_FALL
        if len(inside) > _LONGEST or begins or ends or not fell:
            above[inside] = 0
    known = gaussian_filter1d(np.clip(above, 0, _HIGHEST) * (spans > 0), _EASE)
    lift[:count] = known
    return lift
