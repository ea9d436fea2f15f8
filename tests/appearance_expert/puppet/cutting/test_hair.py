"""Hair over the shoulders goes with the head."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, NOBODY, TORSO
from pipelines.appearance_expert.puppet.cutting.hair import with_whole_hair

HAIR, SKIN, SHIRT = (70, 45, 25), (225, 180, 150), (90, 120, 220)


@pytest.fixture
def long_haired(figure, with_points):
    """A head (y 2..40), strands down to y 60 left of x 64 that were taken for trunk."""
    figure = with_points(figure, left_eye=(86, 24), right_eye=(74, 24))
    image = np.full_like(figure.image, SHIRT)
    image[2:40, 64:96] = SKIN
    image[2:22, 60:100] = HAIR
    image[2:60, 50:64] = HAIR
    labels = np.full((200, 160), NOBODY, np.uint8)
    labels[2:40, 50:100] = HEAD
    labels[40:112, 50:100] = TORSO
    return replace(figure, image=image), labels


def test_strands_that_hang_over_the_shoulder_are_the_heads(long_haired):
    figure, labels = long_haired
    parts = with_whole_hair(labels, figure, [])
    assert (parts[42:58, 50:58] == HEAD).all()
    assert (parts[60:] == labels[60:]).all()  # the shirt
    assert (parts[45:112, 70:90] == TORSO).all()  # before the trunk's own bones


def test_a_scarf_of_another_colour_stays(long_haired):
    figure, labels = long_haired
    image = figure.image.copy()
    image[40:60, 50:64] = (200, 30, 30)
    parts = with_whole_hair(labels, replace(figure, image=image), [])
    assert (parts == labels).all()


def test_a_dark_patch_that_does_not_touch_the_head_stays(long_haired):
    figure, labels = long_haired
    image = figure.image.copy()
    image[40:48, 50:64] = SHIRT
    parts = with_whole_hair(labels, replace(figure, image=image), [])
    assert (parts[52:58, 50:64] == TORSO).all()


def test_without_a_crown_there_is_no_hair_to_go_by(long_haired):
    figure, labels = long_haired
    labels[:22] = NOBODY
    assert with_whole_hair(labels, figure, []) is labels
