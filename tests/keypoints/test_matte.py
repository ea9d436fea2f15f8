"""Mattes: from alpha, refined to the picture's edges, guessed from a pose."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipelines.keypoints.matte import (
    guess_matte,
    keep_main,
    matte_from_alpha,
    matte_of_figure,
    refine_matte,
)
from pipelines.keypoints.person import POINT


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


@pytest.mark.parametrize(("share", "taken"), [(0.005, False), (0.02, True), (0.9, True)])
def test_specks_are_no_figure(share: float, taken: bool) -> None:
    rgba = np.zeros((200, 200, 4), np.uint8)
    side = round(200 * share**0.5)
    start = (200 - side) // 2
    rgba[start : start + side, start : start + side, 3] = 255
    assert (matte_from_alpha(rgba) is not None) is taken


def test_alpha_is_scaled_to_one_and_otherwise_untouched() -> None:
    rgba = np.zeros((60, 60, 4), np.uint8)
    rgba[10:50, 10:50, 3] = 255
    rgba[10, 10:50, 3] = 51
    matte = matte_from_alpha(rgba)
    assert matte is not None and matte.dtype == np.float32
    np.testing.assert_allclose(matte * 255, rgba[..., 3], atol=1e-4)


def test_the_picture_s_lower_edge_may_cut_the_figure_off() -> None:
    rgba = np.zeros((100, 100, 4), np.uint8)
    rgba[20:, 2:98, 3] = 255
    assert matte_from_alpha(rgba) is not None
    rgba[20:, :, 3] = 255
    assert matte_from_alpha(rgba) is None, "both sides are cut: a card, not a figure"


def test_a_clean_cut_out_gets_an_edge_of_two_pixels() -> None:
    figure = np.zeros((40, 60), bool)
    figure[:, 30:] = True
    row = matte_of_figure(figure)[20]
    assert ((row > 0.05) & (row < 0.95)).sum() == 2
    assert row[29] + row[30] == pytest.approx(1, abs=1e-5), "the edge stays where it was"


def test_capsules_are_as_wide_as_their_bone_in_shoulder_widths() -> None:
    """Shoulders 100 pixels apart: an upper arm is 2 * 0.2 * 100 pixels thick, a shin 38."""
    xy, seen = np.zeros((29, 2)), np.zeros(29, bool)
    for name, place in {
        "left_shoulder": (350, 200), "right_shoulder": (250, 200), "neck": (300, 190),
        "pelvis": (300, 330), "left_hip": (330, 330), "right_hip": (270, 330),
        "left_elbow": (500, 200), "left_knee": (330, 450), "left_ankle": (330, 560),
    }.items():  # fmt: skip
        xy[POINT[name]], seen[POINT[name]] = place, True
    matte = guess_matte(np.zeros((640, 640, 3), np.uint8), xy, seen)
    assert (matte[:, 450] > 0.5).sum() == pytest.approx(40, abs=2)
    assert (matte[520] > 0.5).sum() == pytest.approx(38, abs=2)
    assert (matte[260] > 0.5).sum() >= 84, "the torso"
    assert matte[:, 150].max() == 0, "no right arm is known"
    assert matte[:120].max() == 0, "nor a head"
    seen[POINT["left_knee"]] = False
    assert guess_matte(np.zeros((640, 640, 3), np.uint8), xy, seen)[520].max() == 0


def test_a_component_in_two_halves_counts_with_the_overlap_of_the_hint() -> None:
    matte = np.zeros((60, 100), np.float32)
    matte[10:50, 10:30] = 0.8
    matte[10:50, 60:95] = 1
    hint = np.zeros_like(matte)
    hint[10:50, 10:66] = 1
    kept = keep_main(matte, hint)
    assert kept[30, 20] == np.float32(0.8) and kept[30, 80] == 0
    empty = np.zeros_like(matte)
    assert keep_main(empty) is empty
