"""Feet as long as the picture shows them, pointing where the toes do."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.posing.feet import foot_shape, foreshortening

CHAIN = np.array([[50.0, 10], [50, 60], [50, 110], [62, 116]])


def vectors_of(toes, frames=1):
    bones = np.diff(CHAIN, axis=0)
    bones[2] = toes
    return np.repeat(bones[None], frames, axis=0)


def test_feet_are_as_long_as_the_picture_shows_them():
    toes = np.tile([3.0, 4.0], (10, 1))
    assert foreshortening(10.0, toes) == pytest.approx(2)
    assert foreshortening(4.0, toes) == 1
    assert foreshortening(500.0, toes) == 2.5


def test_a_foot_at_rest_is_not_sheared():
    shape = foot_shape(CHAIN, vectors_of(CHAIN[3] - CHAIN[2]), np.zeros(1))
    assert shape[0] == pytest.approx(np.eye(2))


def test_a_foot_that_turns_with_its_shank_is_not_sheared_either():
    """The toes have turned by as much as the shank, which the turn has done already."""
    toes, angle = CHAIN[3] - CHAIN[2], 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = foot_shape(CHAIN, vectors_of(turn @ toes), np.array([angle]))
    assert shape[0] == pytest.approx(np.eye(2))


def test_toes_to_the_other_side_bring_the_foot_to_the_other_side():
    toes = CHAIN[3] - CHAIN[2]
    shape = foot_shape(CHAIN, vectors_of(toes * [-1, 1]), np.zeros(1))[0]
    sheared = shape @ toes
    assert sheared[0] < -2
    assert shape @ [0, 1] == pytest.approx([0, 1], abs=0.6)  # the ankle stays on the shank
    assert np.abs(shape).max() <= 1.5


def test_no_foot_is_drawn_out_without_bound():
    shape = foot_shape(CHAIN, vectors_of([300.0, 5.0]), np.zeros(1))
    assert shape.min() >= -0.8 and shape.max() <= 1.5
