"""Skin goes with the hand, cloth stays."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEFT_ARM, NOBODY, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.hands import with_whole_hands

SKIN, CLOTH = (225, 180, 150), (40, 60, 160)


@pytest.fixture
def before_cloth(figure, with_points):
    """A hand (y 72..88, x 66..100) before a shirt; the labels give it a border 6 pixels short."""
    figure = with_points(figure, nose=(80, 20))
    image = np.full_like(figure.image, CLOTH)
    image[5:35, 65:95] = SKIN
    image[72:88, 66:130] = SKIN
    labels = np.full((200, 160), NOBODY, np.uint8)
    labels[5:35, 65:95] = HEAD
    labels[40:112, 60:100] = TORSO
    labels[72:88, 72:130] = LEFT_ARM
    hand = Capsule(LEFT_ARM, 2, np.array([100.0, 80.0]), np.array([74.0, 80.0]), 8.0)
    return replace(figure, image=image), labels, [hand]


def test_fingers_that_were_taken_for_cloth_come_back(before_cloth):
    figure, labels, hand = before_cloth
    parts = with_whole_hands(labels, figure, hand)
    assert (parts[74:86, 67:72] == LEFT_ARM).all()
    assert (parts[95:105, 65:95] == TORSO).all()
    assert (labels[74:86, 67:72] == TORSO).all()  # what was given is left as it was


def test_cloth_that_was_taken_for_the_hand_goes_back(before_cloth):
    figure, labels, hand = before_cloth
    labels[64:72, 72:96] = LEFT_ARM
    parts = with_whole_hands(labels, figure, hand)
    assert (parts[66:70, 76:90] == TORSO).all()


@pytest.mark.parametrize(
    "unlike", [(30, 30, 30), CLOTH], ids=["a black glove", "a sleeve over the hand"]
)
def test_a_hand_that_does_not_look_like_the_face_keeps_its_border(before_cloth, unlike):
    figure, labels, hand = before_cloth
    image = figure.image.copy()
    image[72:88, 66:130] = unlike
    parts = with_whole_hands(labels, replace(figure, image=image), hand)
    assert (parts == labels).all()


def test_before_bare_skin_colour_does_not_tell(before_cloth):
    figure, labels, hand = before_cloth
    image = np.full_like(figure.image, SKIN)
    assert (with_whole_hands(labels, replace(figure, image=image), hand) == labels).all()
