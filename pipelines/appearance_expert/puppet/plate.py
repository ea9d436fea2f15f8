"""The still background: the picture without the person, laid out on the canvas."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance

_QUARTER = 4
_PLAIN_ERROR = 6.0


def build_plate(person: ReferencePerson, dance: StagedDance) -> NDArray[np.float32]:
    """Canvas-sized background (height, width, 3) float32 in 0..255 with the person removed."""
    picture = person.image.astype(np.float32)
    hole = _hole(person.matte)
    filled = _inpainted(picture, hole)
    fit = dance.reference_to_canvas
    size = (dance.width, dance.height)
    way = cv2.INTER_AREA if fit[0, 0] < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(
        filled, None, fx=float(fit[0, 0]), fy=float(fit[1, 1]), interpolation=way
    )
    shift = np.float32([[1, 0, fit[0, 2]], [0, 1, fit[1, 2]]])
    plate = cv2.warpAffine(
        scaled, shift, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.clip(plate, 0, 255).astype(np.float32)


def _hole(matte: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The person and a rim for hair, blur and the shadow at the feet."""
    rim = max(3, round(0.014 * max(matte.shape)))
    solid = (matte > 0.05).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    grown = cv2.dilate(solid, disc)
    down = np.zeros((2 * rim + 1, 1), np.uint8)
    down[: rim + 1] = 1
    hole: NDArray[np.uint8] = cv2.dilate(grown, down).astype(np.uint8)
    return hole


def _inpainted(picture: NDArray[np.float32], hole: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = hole.shape
    factor = max(1.0, max(height, width) / 240)
    size = (max(2, round(width / factor)), max(2, round(height / factor)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small_hole = (cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.01)
    painted = cv2.inpaint(
        np.rint(small).astype(np.uint8), small_hole.astype(np.uint8), 5, cv2.INPAINT_TELEA
    )
    painted = cv2.GaussianBlur(painted.astype(np.float32), (0, 0), 1.0)
    large = cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(1.0, 0.004 * max(hole.shape)))
    soft = np.maximum(np.clip(soft * 2, 0, 1), hole)[..., None]
    return np.asarray(picture * (1 - soft) + large * soft, dtype=np.float32)
