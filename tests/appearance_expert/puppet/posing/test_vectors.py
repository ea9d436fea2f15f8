"""Directions, angles that do not jump, smooth steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.posing.vectors import (
    angle_of,
    smoothstep,
    steady_angle,
    unit,
    wrapped,
)

angles = st.floats(-50, 50)


@given(angles, st.floats(0.01, 1e4))
def test_a_unit_keeps_the_direction_and_loses_the_length(angle, length):
    direction = np.array([np.cos(angle), np.sin(angle)])
    assert unit(length * direction) == pytest.approx(direction)
    assert wrapped(np.array(angle_of(length * direction) - angle), 0.0) == pytest.approx(
        0, abs=1e-9
    )


def test_nothing_points_downwards():
    assert unit(np.zeros(2)).tolist() == [0, 1]


@given(angles, angles)
def test_wrapping_changes_by_whole_turns_to_within_half_a_turn(angle, centre):
    result = float(wrapped(np.array(angle), centre))
    assert abs(result - centre) <= np.pi + 1e-9
    turns = (result - angle) / (2 * np.pi)
    assert turns == pytest.approx(round(turns), abs=1e-9)


def test_the_step_is_flat_at_both_ends_and_symmetric():
    x = np.linspace(-1, 2, 301)
    y = smoothstep(x)
    assert (y[x <= 0] == 0).all() and (y[x >= 1] == 1).all()
    assert smoothstep(np.array([0.25, 0.5, 0.75])) == pytest.approx([0.15625, 0.5, 0.84375])
    assert y + smoothstep(1 - x) == pytest.approx(1)


def test_long_vectors_keep_their_angle_and_short_ones_are_passed_over():
    """A steady bone that points at the camera for five frames, where its angle is noise."""
    angle = np.full(21, 0.4)
    angle[8:13] += [1.0, -1.2, 0.9, -0.8, 1.1]
    weights = np.ones(21)
    weights[8:13] = 0.0
    vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    steady = steady_angle(vectors, weights, 30.0)
    assert steady == pytest.approx(0.4, abs=0.02)


def test_a_turning_bone_goes_on_over_the_half_turn():
    angle = np.linspace(0, 4 * np.pi, 200)
    steady = steady_angle(np.stack([np.cos(angle), np.sin(angle)], axis=1), np.ones(200), 30.0)
    assert steady == pytest.approx(angle, abs=0.02)


def test_the_smoothing_minimises_what_it_says():
    random = np.random.default_rng(0)
    angle, weights = random.normal(0, 0.5, 12), random.uniform(0.1, 1, 12)
    steady = steady_angle(np.stack([np.cos(angle), np.sin(angle)], axis=1), weights, 60.0)

    def cost(a):
        pull = 0.03 * (60 / 30) ** 2
        return ((weights**1.5 + 1e-4) * (a - angle) ** 2).sum() + pull * (np.diff(a) ** 2).sum()

    for k in range(12):
        for step in (-1e-3, 1e-3):
            other = steady.copy()
            other[k] += step
            assert cost(other) > cost(steady)


@pytest.mark.parametrize("frames", [1, 2])
def test_two_frames_are_left_as_they_are(frames):
    vectors = np.array([[0.0, 2.0], [1.0, 0.0]])[:frames]
    assert steady_angle(vectors, np.zeros(frames), 30.0)[0] == pytest.approx(np.pi / 2)
