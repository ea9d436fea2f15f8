"""Somebody else who is dressed otherwise is noticed; a back, an arm and a new light are not."""

import numpy as np
import pytest
from made_landmarks import known_dance, landmarks_of

from pipelines.capture.clothes import other_clothes, trunk_colour

FOUND = landmarks_of(known_dance(120))
BLUE, GREY = np.array([-0.3, 0.0, 0.4]), np.array([-0.1, -0.1, -0.1])


def colours(*spans):
    return np.concatenate([np.tile(colour, (count, 1)) for colour, count in spans])


def test_other_clothes_are_another_person():
    assert other_clothes(FOUND.image, colours((BLUE, 50), (GREY, 70)), 30.0) == [50]
    twice = colours((BLUE, 40), (GREY, 40), (BLUE, 40))
    assert other_clothes(FOUND.image, twice, 30.0) == [40, 80]


@pytest.mark.parametrize("count", [0, 10])
def test_nothing_or_an_arm_before_the_chest_is_no_change(count):
    colour = colours((BLUE, 50), (GREY, count), (BLUE, 70 - count))
    assert other_clothes(FOUND.image, colour, 30.0) == []


def test_a_back_may_look_different():
    image = FOUND.image.copy()
    image[50:90] = image[50:90, :, :] * [-1, 1]  # mirrored: the other side of the body
    assert other_clothes(image, colours((BLUE, 50), (GREY, 40), (BLUE, 30)), 30.0) == []


def test_frames_in_which_nobody_is_seen_do_not_count():
    colour = colours((BLUE, 60), (GREY, 60))
    colour[55:65] = np.nan
    image = FOUND.image.copy()
    image[55:65] = np.nan
    assert other_clothes(image, colour, 30.0) == [65]
    assert other_clothes(image, np.full((120, 3), np.nan), 30.0) == []


def test_the_colour_is_that_of_the_trunk_against_the_picture():
    frame = np.full((100, 80, 3), 100, np.uint8)
    frame[30:60, 30:50] = [200, 100, 0]
    person = np.full((33, 2), 0.1)
    person[[11, 12, 23, 24]] = [[0.62, 0.3], [0.38, 0.3], [0.58, 0.6], [0.42, 0.6]]
    wanted = np.array([100, 0, -100]) / 255
    np.testing.assert_allclose(trunk_colour(frame, person), wanted)
    np.testing.assert_allclose(trunk_colour(np.minimum(frame + 40, 255), person), wanted, atol=0.01)
    person[24] = np.nan
    assert np.isnan(trunk_colour(frame, person)).all()
    person[[11, 12, 23, 24]] = 1.4
    assert np.isnan(trunk_colour(frame, person)).all()
