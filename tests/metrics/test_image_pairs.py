"""PSNR and SSIM: closed forms, and loops over windows."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.image_pairs import psnr, ssim, ssim_gauss
from pipelines.support.errors import UnsuitableInput


def noise(seed, size=(24, 30)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)


def test_black_against_white():
    black, white = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8)
    assert psnr(black, white) == 0
    assert ssim_gauss(black, white) == pytest.approx(9.999e-5, rel=1e-4)
    assert ssim(black, white) == pytest.approx(9.999e-5, rel=1e-4)


def test_equal_frames():
    frame = noise(0)
    assert (psnr(frame, frame), ssim(frame, frame)) == (100, pytest.approx(1))
    assert ssim_gauss(frame, frame) == pytest.approx(1)


def test_psnr_does_not_overflow_and_follows_its_formula():
    dark, light = np.full((16, 16, 3), 5, np.uint8), np.full((16, 16, 3), 250, np.uint8)
    assert psnr(dark, light) == pytest.approx(-20 * np.log10(245 / 255))
    assert psnr(light, dark) == psnr(dark, light)


def test_ssim_equals_a_loop_over_windows():
    one, other = noise(1), noise(2)
    luma = [
        np.floor((x @ [4899.0, 9617, 1868] + 8192) / 16384) for x in (one, other)
    ]  # 8-bit BT.601
    values = []
    for top in range(24 - 6):
        for left in range(30 - 6):
            a, b = (x[top : top + 7, left : left + 7].ravel() for x in luma)
            spread = np.cov(a, b)
            c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
            values.append(
                (2 * a.mean() * b.mean() + c1) * (2 * spread[0, 1] + c2)
                / ((a.mean() ** 2 + b.mean() ** 2 + c1) * (spread[0, 0] + spread[1, 1] + c2))
            )  # fmt: skip
    assert ssim(one, other) == pytest.approx(np.mean(values), abs=2e-3)


def test_gaussian_ssim_equals_a_loop_over_windows():
    one, other = noise(3, (14, 13)), noise(4, (14, 13))
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(line, line)[..., None] / line.sum() ** 2
    values = []
    for top in range(14 - 10):
        for left in range(13 - 10):
            a, b = (x[top : top + 11, left : left + 11] / 255.0 for x in (one, other))
            m1, m2 = (a * window).sum((0, 1)), (b * window).sum((0, 1))
            v1, v2 = (a * a * window).sum((0, 1)) - m1**2, (b * b * window).sum((0, 1)) - m2**2
            both = (a * b * window).sum((0, 1)) - m1 * m2
            values.append((2 * m1 * m2 + 1e-4) * (2 * both + 9e-4)
                          / ((m1**2 + m2**2 + 1e-4) * (v1 + v2 + 9e-4)))  # fmt: skip
    assert ssim_gauss(one, other) == pytest.approx(np.mean(values), abs=1e-9)


def test_frames_that_cannot_be_compared():
    for measure in (psnr, ssim, ssim_gauss):
        with pytest.raises(UnsuitableInput):
            measure(noise(0), noise(0, (24, 32)))
        with pytest.raises(UnsuitableInput, match="too small"):
            measure(noise(0, (8, 8)), noise(0, (8, 8)))
