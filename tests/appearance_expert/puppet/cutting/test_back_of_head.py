"""Hair down to the nape, then the neck."""

import numpy as np

from pipelines.appearance_expert.puppet.cutting.back_of_head import back_of_head
from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD
from pipelines.appearance_expert.puppet.cutting.layers import Layer

HAIR, SKIN = (80, 50, 30), (225, 180, 150)


def test_hair_covers_the_face_and_the_neck_stays(figure, with_points):
    figure = with_points(figure, left_eye=(86, 24), right_eye=(74, 24), neck=(80, 64))
    colour = np.full((200, 160, 3), SKIN, np.float32)
    colour[4:16] = HAIR
    alpha = np.zeros((200, 160), np.float32)
    alpha[4:70, 60:100] = 1
    back = back_of_head(figure, Layer(HEAD, colour, alpha, 0.0))
    assert np.abs(back[24:48, 66:94] - HAIR).max() < 3  # where the face is, up to 0.62 of the way
    assert (back[60:70] == colour[60:70]).all()
    fading = back[49:56, 80, 0]
    assert (np.diff(fading) > 0).all()


def test_a_head_that_is_not_there_keeps_its_colours(figure):
    colour = np.random.default_rng(0).uniform(0, 255, (200, 160, 3)).astype(np.float32)
    empty = Layer(HEAD, colour, np.zeros((200, 160), np.float32), 0.0)
    assert np.isfinite(back_of_head(figure, empty)).all()
