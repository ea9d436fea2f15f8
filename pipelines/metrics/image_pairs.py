"""How like its original a frame is: PSNR and two conventions of SSIM.

Both conventions: docs/reference/metrics.md#pictures-against-pictures.

Frames are (H, W, 3) uint8 RGB of one size.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.joints import Float
from pipelines.support.errors import UnsuitableInput

Frame = NDArray[np.uint8]

PSNR_CAP = 100.0
_WINDOW = 7
_GAUSS_SIDE, _GAUSS_SIGMA = 11, 1.5
_K1, _K2 = 0.01, 0.03


def psnr(frame: Frame, original: Frame) -> float:
    """10 log10 (1 / mean squared error) on [0, 1], in dB; 100 for equal frames."""
    difference = _unit(frame, original) - _unit(original, frame)
    error = float((difference**2).mean())
    return PSNR_CAP if error == 0 else min(PSNR_CAP, -10 * math.log10(error))


def ssim(frame: Frame, original: Frame) -> float:
    """SSIM of grey pictures as scikit-image's default and the DisCo family: 7 x 7 uniform window.

    Grey is the 8-bit luma of BT.601, data range 255, sample covariance, the border left out.
    """
    _unit(frame, original)
    one, other = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY).astype(np.float64) for x in (frame, original))

    def mean(values: Float) -> Float:
        smooth = cv2.blur(values, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT)
        return np.asarray(smooth)

    count = _WINDOW**2
    found = _ssim_map(one, other, mean, 255.0, count / (count - 1))
    edge = _WINDOW // 2
    return float(found[edge:-edge, edge:-edge].mean())


def ssim_gauss(frame: Frame, original: Frame) -> float:
    """SSIM per channel on [0, 1] under an 11 x 11 Gaussian of deviation 1.5, valid region only."""
    one, other = _unit(frame, original), _unit(original, frame)

    def mean(values: Float) -> Float:
        return np.asarray(cv2.GaussianBlur(values, (_GAUSS_SIDE, _GAUSS_SIDE), _GAUSS_SIGMA))

    found = _ssim_map(one, other, mean, 1.0, 1.0)
    edge = _GAUSS_SIDE // 2
    return float(found[edge:-edge, edge:-edge].mean())


def _ssim_map(one: Float, other: Float, mean: Any, data_range: float, sample: float) -> Float:
    mean_1, mean_2 = mean(one), mean(other)
    variance_1 = sample * (mean(one * one) - mean_1**2)
    variance_2 = sample * (mean(other * other) - mean_2**2)
    covariance = sample * (mean(one * other) - mean_1 * mean_2)
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    found: Float = (
        (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
        / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2))
    )  # fmt: skip
    return found


def _unit(frame: Frame, other: Frame) -> Float:
    if frame.shape != other.shape:
        raise UnsuitableInput(f"frames of {frame.shape[:2]} and {other.shape[:2]} pixels")
    if min(frame.shape[:2]) < _GAUSS_SIDE:
        raise UnsuitableInput(f"frames of {frame.shape[:2]} pixels are too small to be compared")
    return frame.astype(np.float64) / 255.0
