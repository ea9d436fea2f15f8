"""What hangs from the hips."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_LEG, NOBODY, RIGHT_LEG
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.skirts import skirt_of


@pytest.fixture
def legs():
    return [
        Capsule(part, place, np.array([x, 110.0 + 40 * place]), np.array([x, 150.0 + 40 * place]),
                7.0)
        for part, x in ((LEFT_LEG, 90.0), (RIGHT_LEG, 70.0)) for place in (0, 1)
    ]  # fmt: skip


def lower_body(half):
    """Cloth (200, 160) from x = 80 - half to 80 + half down to row 150, two shanks below."""
    labels = np.full((200, 160), NOBODY, np.uint8)
    labels[110:150, 80 - half : 80], labels[110:150, 80 : 80 + half] = RIGHT_LEG, LEFT_LEG
    labels[150:, 64:76], labels[150:, 84:96] = RIGHT_LEG, LEFT_LEG
    return labels


def test_a_skirt_belongs_to_the_trunk_and_trousers_do_not(figure, legs):
    skirt = skirt_of(figure, legs, lower_body(40))
    assert skirt[112:148, 42:118].all()
    assert not skirt[165:].any()
    assert not skirt_of(figure, legs, lower_body(18)).any()


def test_it_is_a_skirt_from_two_fifths_wider_than_the_legs_on(figure, legs):
    both = 2 * 7 * 1.15 + 20  # from the outer side of one leg to that of the other
    assert not skirt_of(figure, legs, lower_body(int(1.35 * both / 2))).any()
    assert skirt_of(figure, legs, lower_body(int(1.45 * both / 2))).any()


def test_without_legs_in_the_picture_nothing_is_a_skirt(figure, legs):
    assert not skirt_of(figure, legs[:2], lower_body(40)).any()
