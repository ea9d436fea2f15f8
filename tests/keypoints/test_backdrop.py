"""Plain backgrounds: smooth fields of colour are plain, pictures are not, figures stand out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.keypoints.backdrop import Backdrop, plain_backdrop, standing_out

HEIGHT, WIDTH = 160, 120


def gradient(start=(240, 240, 235), end=(180, 200, 220)) -> np.ndarray:
    """A background that changes smoothly from the top to the bottom."""
    share = np.linspace(0, 1, HEIGHT)[:, None, None]
    field = np.array(start) * (1 - share) + np.array(end) * share
    return np.broadcast_to(field, (HEIGHT, WIDTH, 3)).round().astype(np.uint8).copy()


def disc(picture: np.ndarray, centre=(60, 80), radius=30, colour=(200, 40, 40), thickness=-1):
    cv2.circle(picture, centre, radius, colour, thickness)
    return picture


def inside(centre=(60, 80), radius=30) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 <= radius**2


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (30, 90, 200), (128, 128, 128)])
def test_one_colour_is_plain(colour):
    backdrop = plain_backdrop(np.full((HEIGHT, WIDTH, 3), colour, np.uint8))
    assert backdrop is not None
    assert backdrop.noise < 0.5 and backdrop.difference.max() < 1
    assert not standing_out(backdrop).any()


@settings(max_examples=15, deadline=None)
@given(
    st.tuples(*[st.integers(60, 255)] * 3),
    st.tuples(*[st.integers(60, 255)] * 3),
)
def test_a_gradient_is_plain_and_nothing_stands_out_of_it(start, end):
    backdrop = plain_backdrop(gradient(start, end))
    assert backdrop is not None
    assert not standing_out(backdrop).any()


def test_a_figure_stands_out_by_its_own_shape():
    backdrop = plain_backdrop(disc(gradient()))
    assert backdrop is not None
    assert overlap(standing_out(backdrop), inside()) > 0.95
    assert backdrop.difference[80, 60] > 3 * backdrop.threshold


def test_a_drawn_outline_is_the_figure_that_it_encloses():
    outlined = disc(gradient(), colour=(20, 20, 20), thickness=2)
    backdrop = plain_backdrop(outlined)
    assert backdrop is not None
    assert overlap(standing_out(backdrop), inside()) > 0.9


def test_a_gap_in_the_outline_is_closed():
    outlined = disc(gradient(), colour=(20, 20, 20), thickness=2)
    outlined[79:81, 85:95] = gradient()[79:81, 85:95]
    backdrop = plain_backdrop(outlined)
    assert backdrop is not None
    assert overlap(standing_out(backdrop), inside()) > 0.9


def test_of_two_figures_the_larger_one_counts():
    picture = disc(disc(gradient(), (40, 50), 12), (75, 110), 28)
    backdrop = plain_backdrop(picture)
    assert backdrop is not None
    figure = standing_out(backdrop)
    assert overlap(figure, inside((75, 110), 28)) > 0.95
    assert not figure[50, 40]


def test_a_figure_that_the_edge_cuts_off_is_not_filled_round_the_picture():
    """Arms that leave the picture left and right must not enclose what is above them."""
    picture = gradient()
    picture[100:112] = (200, 40, 40)
    backdrop = plain_backdrop(picture)
    assert backdrop is not None
    figure = standing_out(backdrop)
    assert figure[106].all()
    assert not figure[:95].any() and not figure[118:].any()


@pytest.mark.parametrize("amount", [2, 8])
def test_noise_is_measured_and_does_not_stand_out(amount):
    random = np.random.default_rng(0)
    noisy = gradient().astype(float) + random.normal(0, amount, (HEIGHT, WIDTH, 3))
    backdrop = plain_backdrop(disc(noisy.clip(0, 255).astype(np.uint8)))
    if amount == 8:
        assert backdrop is None or backdrop.noise > 2
        return
    assert backdrop is not None
    assert 0.3 < backdrop.noise < 2.5
    assert overlap(standing_out(backdrop), inside()) > 0.9


def test_a_photograph_of_a_room_is_not_plain():
    random = np.random.default_rng(1)
    rough = random.uniform(0, 255, (9, 7, 3)).astype(np.float32)
    room = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    assert plain_backdrop(room) is None


def test_half_of_the_edge_in_another_colour_is_not_plain():
    picture = gradient()
    picture[:, 60:] = (20, 90, 20)
    picture[::7, 60:] = (200, 90, 20)
    assert plain_backdrop(picture) is None


def test_a_figure_that_touches_the_edge_a_little_leaves_the_background_plain():
    picture = gradient()
    picture[60:, 50:62] = (200, 40, 40)  # legs that leave the picture below
    backdrop = plain_backdrop(picture)
    assert backdrop is not None
    figure = standing_out(backdrop)
    assert figure[100:150, 53:59].all() and not figure[100:150, 75:].any()


def test_the_threshold_is_nine_units_or_four_deviations():
    difference = np.zeros((2, 2), np.float32)
    assert Backdrop(difference, 0.0).threshold == 9.0
    assert Backdrop(difference, 2.0).threshold == 9.0
    assert Backdrop(difference, 3.0).threshold == 12.0
