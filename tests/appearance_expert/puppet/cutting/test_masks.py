"""Closed forms for the morphology of masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM, NOBODY, TORSO
from pipelines.appearance_expert.puppet.cutting.masks import (
    closed,
    disc,
    distance_from,
    give_to_nearest,
    without_holes,
)


@pytest.mark.parametrize("radius", [1, 2, 5, 10])
def test_a_disc_reaches_its_radius_on_the_axes_only(radius):
    kernel = disc(radius)
    assert kernel.shape == (2 * radius + 1, 2 * radius + 1)
    assert kernel[radius].all() and kernel[:, radius].all()
    assert kernel[0, 0] == 0
    assert (kernel == kernel[::-1]).all() and (kernel == kernel[:, ::-1]).all()


def test_a_slot_narrower_than_the_disc_is_closed_and_a_wide_one_stays():
    mask = np.ones((40, 60), bool)
    mask[10:, 20:23] = False
    mask[10:, 40:55] = False
    result = closed(mask, 3)
    assert result[:, :40].all()
    assert not result[20:, 44:51].any()


def test_closing_goes_on_past_the_border_instead_of_eating_in_from_it():
    mask = np.zeros((20, 20), bool)
    mask[:, :9] = True
    assert (closed(mask, 4) == mask).all()


def test_holes_are_filled_and_bays_are_not():
    mask = np.zeros((30, 30), bool)
    mask[5:25, 5:25] = True
    mask[10:14, 10:14] = False
    mask[5:9, 18:20] = False  # open to the outside
    whole = without_holes(mask)
    assert whole[10:14, 10:14].all() and not whole[5:9, 18:20].any()
    assert (without_holes(whole) == whole).all()


def test_distance_is_zero_on_the_mask_and_grows_by_the_pixel():
    mask = np.zeros((9, 21), bool)
    mask[:, 0] = True
    assert distance_from(mask)[4] == pytest.approx(np.arange(21), abs=1e-3)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_each_given_pixel_gets_the_label_of_its_nearest_taker(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, (7, 9)).astype(np.uint8)
    takers = random.uniform(size=(7, 9)) < 0.2
    given_ = ~takers & (random.uniform(size=(7, 9)) < 0.5)
    before = labels.copy()
    give_to_nearest(labels, given_, takers)
    assert (labels[~given_] == before[~given_]).all()
    if not takers.any():
        assert (labels == before).all()
        return
    places = np.argwhere(takers)
    for pixel in np.argwhere(given_):
        gaps = np.linalg.norm(places - pixel, axis=1)
        # The distance transform is a chamfer one, a few per cent off Euclid's.
        nearest = {before[tuple(p)] for p in places[gaps <= 1.05 * gaps.min()]}
        assert labels[tuple(pixel)] in nearest


def test_without_takers_nothing_is_given():
    labels = np.full((4, 4), TORSO, np.uint8)
    labels[0] = LEFT_ARM
    give_to_nearest(labels, labels == LEFT_ARM, np.zeros((4, 4), bool))
    assert (labels[0] == LEFT_ARM).all() and NOBODY not in labels
