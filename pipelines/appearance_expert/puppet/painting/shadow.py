"""Soft shadows on the ground: under each foot, and a fainter one under the body.

The rules: docs/reference/puppet.md#shadows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

Array = NDArray[np.float64]

_FOOT_SIZE = (0.17, 0.034)
_BODY_SIZE = (0.42, 0.075)
_FOOT_DARKNESS = 0.42
_BODY_DARKNESS = 0.16
_FADE_HEIGHT = 0.22


class Shadow:
    """Darkens the plate under the dancer; half-body pictures have none."""

    def __init__(self, dance: StagedDance) -> None:
        """Read the feet's places and heights off the dance."""
        self._scale = dance.pixels_per_metre
        self._feet: list[tuple[Array, Array, Array]] = []
        for foot, side in enumerate(("left", "right")):
            ankle, toe = POINT[f"{side}_ankle"], POINT[f"{side}_foot"]
            place = 0.45 * dance.xy[:, ankle] + 0.55 * dance.xy[:, toe]
            bottom = np.maximum(dance.xy[:, toe, 1], dance.xy[:, ankle, 1])
            ground = _ground_under(bottom, dance.contact[:, foot], dance.ground_y)
            height = np.maximum((ground - bottom) / self._scale, 0)
            self._feet.append((place[:, 0], np.minimum(ground, dance.height - 1.0), height))
        self._body = dance.xy[:, POINT["pelvis"], 0]
        self._ground = 0.5 * (self._feet[0][1] + self._feet[1][1])
        self._body_height = np.maximum(
            (self._ground - dance.xy[:, POINT["pelvis"], 1]) / self._scale, 0
        )
        self._shown = dance.coverage == "full"

    def cast(self, plate: NDArray[np.float32], frame: int) -> NDArray[np.float32]:
        """The plate with this frame's shadow; the plate itself is left as it is."""
        if not self._shown:
            return plate
        spots = [(
            float(self._body[frame]), float(self._ground[frame]), _BODY_SIZE,
            _BODY_DARKNESS * float(np.clip(1.6 - self._body_height[frame], 0.25, 1)),
        )]  # fmt: skip
        for place, ground, height in self._feet:
            fade = float(np.exp(-((height[frame] / _FADE_HEIGHT) ** 2)))
            grow = 1 + 0.8 * (1 - fade)
            size = (_FOOT_SIZE[0] * grow, _FOOT_SIZE[1] * grow)
            spots.append(
                (float(place[frame]), float(ground[frame]), size, _FOOT_DARKNESS * fade / grow)
            )
        result = plate
        for x, y, size, darkness in spots:
            if darkness > 0.01:
                result = _darken(result, plate is result, x, y, size, darkness, self._scale)
        return result


def _ground_under(bottom: Array, contact: NDArray[np.bool_], ground_y: float) -> Array:
    """(T,) canvas row of the ground under a foot: where it last stood and will next stand.

    Nearer to the camera the ground is lower in the picture, so one line does not do.
    """
    standing = np.flatnonzero(contact)
    if not len(standing):
        return np.full(len(bottom), ground_y)
    ground = np.interp(np.arange(len(bottom)), standing, bottom[standing])
    return np.asarray(gaussian_filter1d(ground, 2.0, mode="nearest"))


def _darken(
    plate: NDArray[np.float32],
    copy: bool,
    x: float,
    y: float,
    size: tuple[float, float],
    darkness: float,
    scale: float,
) -> NDArray[np.float32]:
    wide, tall = size[0] * scale, size[1] * scale
    height, width = plate.shape[:2]
    x0, x1 = max(0, int(x - 2 * wide)), min(width, int(x + 2 * wide) + 2)
    y0, y1 = max(0, int(y - 2 * tall)), min(height, int(y + 2 * tall) + 2)
    if x0 >= x1 or y0 >= y1:
        return plate
    result = plate.copy() if copy else plate
    across = (np.arange(x0, x1) + 0.5 - x) / wide
    down = (np.arange(y0, y1) + 0.5 - y) / tall
    distance = down[:, None] ** 2 + across[None] ** 2
    keep = (1 - darkness * np.exp(-1.6 * distance) * np.clip(4 - distance, 0, 1)).astype(np.float32)
    result[y0:y1, x0:x1] *= keep[..., None]
    return result
