"""Colours of skin and cloth: those of the outfit, blushed and shaded where they should be."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body import outfit
from pipelines.body.outfit import Outfit
from pipelines.body.paint import painted

LOOK = Outfit()
ELSEWHERE = [0.03, 0.2, 0.0]
"""A place at rest that neither blushes nor lies in a shadow."""


def colour(kind: int, place=ELSEWHERE, look: Outfit = LOOK) -> np.ndarray:
    return painted(np.array([place], float), np.array([kind]), look)[0]


@pytest.mark.parametrize(
    ("kind", "part"),
    [(outfit.SKIN, "skin"), (outfit.SHIRT, "shirt"), (outfit.STRIPE, "stripe"),
     (outfit.IRIS, "eyes")],
)  # fmt: skip
def test_regions_wear_the_outfits_colours(kind, part):
    np.testing.assert_allclose(colour(kind), getattr(LOOK, part), atol=0.5)


def test_trousers_wear_theirs_below_the_shirts_shadow():
    np.testing.assert_allclose(colour(outfit.TROUSERS, [0.1, -0.3, 0]), LOOK.trousers)
    shaded = colour(outfit.TROUSERS, [0.1, 0.05, 0])
    np.testing.assert_allclose(shaded, np.array(LOOK.trousers) * 0.65)


def test_lips_are_redder_than_the_skin_and_brows_as_dark_as_the_hair():
    skin, lips, brows = colour(outfit.SKIN), colour(outfit.LIPS), colour(outfit.BROWS)
    assert lips[0] / lips[1] > skin[0] / skin[1] * 1.2
    assert np.abs(brows - np.array(LOOK.hair) * 0.8).max() < 0.13 * max(LOOK.skin)


def test_pupils_are_dark_in_light_eyes():
    assert colour(outfit.PUPIL).max() < 25 and colour(outfit.EYES).min() > 240


@pytest.mark.parametrize("side", [-1, 1])
def test_cheeks_and_nose_blush_and_the_forehead_does_not(side):
    def redness(place) -> float:
        red, green, _ = colour(outfit.SKIN, place)
        return float(red / green)

    plain = redness([0.0, 0.70, 0.1])
    assert redness([0.045 * side, 0.660, 0.1]) > 1.08 * plain
    assert redness([0.0, 0.660, 0.15]) > 1.04 * plain
    assert redness([0.045 * side, 0.660, 0.0]) < 1.01 * plain, "not at the back of the head"


def test_only_skin_blushes():
    np.testing.assert_allclose(colour(outfit.SHIRT, [0.045, 0.660, 0.1]), LOOK.shirt)


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("below the chin", [0.0, 0.57, 0.05]),
        ("below the fringe", [0.0, 0.75, 0.12]),
        ("in the sleeve", [0.31, 0.45, 0.0]),
        ("above the shoe", [0.1, -0.74, 0.0]),
    ],
)
def test_light_does_not_reach_everywhere(where, place):
    darkened = colour(outfit.SKIN, place).sum() / sum(LOOK.skin)
    assert 0.6 < darkened < 0.85, where


def test_the_shadow_of_a_sleeve_fades_along_the_arm():
    arms = [colour(outfit.SKIN, [x, 0.45, 0.0])[0] for x in (0.31, 0.325, 0.34, 0.36)]
    assert (np.diff(arms) > 0).all()
    assert arms[-1] == pytest.approx(LOOK.skin[0])


def test_left_and_right_are_painted_alike():
    random = np.random.default_rng(0)
    places = random.uniform(-0.4, 0.8, (200, 3))
    kinds = random.integers(0, 4, 200)
    np.testing.assert_allclose(
        painted(places, kinds, LOOK), painted(places * [-1, 1, 1], kinds, LOOK)
    )


def test_every_colour_stays_in_range():
    random = np.random.default_rng(1)
    places, kinds = random.uniform(-1, 1, (500, 3)), random.integers(0, 11, 500)
    white = Outfit(*[(255.0, 255.0, 255.0)] * 8)
    colours = painted(places, kinds, white)
    assert colours.min() >= 0 and colours.max() <= 255


def test_a_blush_takes_away_a_quarter_of_green_and_blue_where_it_is_strongest():
    skin = np.array(LOOK.skin)
    for place, share in (([0.045, 0.660, 0.06], 0.5), ([0.0, 0.660, 0.15], 0.25)):
        cheek = np.exp(-(((place[0] - 0.045) / 0.018) ** 2)) * 0.5
        nose = np.exp(-((place[0] / 0.015) ** 2)) * 0.25 * (place[2] > 0.1)
        expected = skin * (1 - (cheek + nose) * np.array([0, 0.26, 0.28]))
        np.testing.assert_allclose(colour(outfit.SKIN, place), expected, atol=0.5)
        assert cheek + nose == pytest.approx(share, abs=0.01)


def test_the_shadow_below_the_chin_deepens_upwards_and_ends_at_the_jaw():
    column = [colour(outfit.SKIN, [0.0, y, 0.05])[0] for y in (0.50, 0.53, 0.56, 0.58, 0.61)]
    assert column[0] == pytest.approx(LOOK.skin[0]) and column[4] == pytest.approx(LOOK.skin[0])
    assert column[0] > column[1] > column[2] > column[3]
    assert column[3] == pytest.approx(0.7 * LOOK.skin[0], rel=0.01)
    for outside in ([0.08, 0.57, 0.05], [0.0, 0.57, 0.09]):
        assert colour(outfit.SKIN, outside)[0] == pytest.approx(LOOK.skin[0])
