"""Borders where the cloth ends."""

from dataclasses import replace

import numpy as np

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.borders import with_whole_hems, without_spikes


def test_the_hem_of_a_shirt_goes_with_the_trunk(figure, labels):
    parts = with_whole_hems(labels, figure)
    assert (parts[112:117, 63:77] == TORSO).all() and (parts[112:117, 83:97] == TORSO).all()
    assert (parts[120:190, 63:77] == RIGHT_LEG).all() and (parts[120:190, 83:97] == LEFT_LEG).all()


def test_without_a_hem_the_legs_begin_at_the_hips(figure, labels):
    overall = replace(figure, image=np.full_like(figure.image, 90.0))
    np.testing.assert_array_equal(with_whole_hems(labels, overall), labels)


def test_a_hem_further_down_than_shirts_hang_is_none(figure, labels):
    boots = figure.image.copy()
    boots[:140] = 90.0
    parts = with_whole_hems(labels, replace(figure, image=boots))
    assert (parts[125:] == labels[125:]).all()


def test_a_fin_on_the_trunk_goes_with_the_sleeve_and_a_seam_with_its_leg(figure, labels):
    labels[60:80, 104:112] = LEFT_ARM
    labels[78:81, 98:112] = TORSO  # a strip of sleeve that was taken for trunk
    labels[130:145, 82:84] = RIGHT_LEG  # and one of the left leg for the right
    parts = without_spikes(labels, figure)
    assert (parts[78:81, 106:112] == LEFT_ARM).all()
    assert (parts[130:145, 82:84] == LEFT_LEG).all()
    assert (parts[50:110, 64:96] == TORSO).all()
