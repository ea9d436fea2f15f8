"""Mattes: from alpha, refined to the picture's edges, guessed from a pose."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.keypoints.matte import guess_matte, keep_main, matte_from_alpha, refine_matte


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A red figure on noisy green, and its true matte."""
    truth = np.zeros((480, 360), np.uint8)
    cv2.circle(truth, (180, 90), 50, 1, -1)
    cv2.rectangle(truth, (120, 130), (240, 320), 1, -1)
    for x in (145, 215):
        cv2.rectangle(truth, (x - 14, 320), (x + 14, 450), 1, -1)
    random = np.random.default_rng(0)
    rgb = np.where(truth[..., None] > 0, (200, 60, 50), (60, 140, 70)).astype(float)
    rgb = cv2.GaussianBlur(rgb + random.normal(0, 10, rgb.shape), (0, 0), 0.8)
    return np.clip(rgb, 0, 255).astype(np.uint8), truth > 0


def overlap(matte: np.ndarray, truth: np.ndarray) -> float:
    solid = matte > 0.5
    return float((solid & truth).sum() / (solid | truth).sum())


def test_refining_finds_the_true_edge() -> None:
    rgb, truth = scene()
    coarse = cv2.GaussianBlur(cv2.dilate(truth.astype(np.float32), np.ones((9, 9))), (0, 0), 6)
    matte = refine_matte(rgb, coarse)
    assert matte.dtype == np.float32 and matte.min() >= 0 and matte.max() <= 1
    assert overlap(matte, truth) > 0.955 > overlap(coarse, truth) + 0.02
    assert 0.002 < ((matte > 0.05) & (matte < 0.95)).mean() < 0.06, "a soft, thin edge"


def test_refining_is_repeatable_and_bears_extremes() -> None:
    rgb, truth = scene()
    coarse = truth.astype(np.float32)
    assert (refine_matte(rgb, coarse) == refine_matte(rgb, coarse)).all()
    for flat in (np.zeros_like(coarse), np.ones_like(coarse)):
        assert np.isfinite(refine_matte(rgb, flat)).all()


def test_only_the_main_figure_is_kept() -> None:
    matte = np.zeros((100, 100), np.float32)
    matte[10:50, 10:50] = 1
    matte[70:80, 70:80] = 1
    assert keep_main(matte)[75, 75] == 0 and keep_main(matte)[30, 30] == 1
    hint = np.zeros_like(matte)
    hint[72:78, 72:78] = 1
    assert keep_main(matte, hint)[30, 30] == 0


def test_alpha_is_a_matte_only_where_it_cuts_a_figure_out() -> None:
    rgba = np.full((100, 100, 4), 255, np.uint8)
    assert matte_from_alpha(rgba) is None
    rgba[..., 3] = 0
    rgba[20:90, 30:70, 3] = 255
    matte = matte_from_alpha(rgba)
    assert matte is not None and matte[50, 50] == 1 and matte[5, 5] == 0
    rgba[..., 3] = 255
    rgba[:3, :3, 3] = 0  # rounded corners of a card
    assert matte_from_alpha(rgba) is None


def test_a_guess_covers_the_body_and_little_else(make_person) -> None:
    person = make_person()
    guess = guess_matte(person.image, person.xy, person.confidence > 0)
    body = person.matte > 0.5
    assert (guess[body] > 0.5).mean() > 0.9
    assert (guess > 0.5).sum() < 4 * body.sum()
    assert guess[:100].max() == 0
