"""Turning away from the camera with a flat picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.posing.turns import hold_back_turns


def _headings(degrees):
    """Rotations (T, 3, 3) in camera axes of a body turned about its upright axis."""
    angle = np.radians(degrees)
    about = np.zeros((len(angle), 3, 3))
    about[:, 0, 0] = about[:, 2, 2] = np.cos(angle)
    about[:, 0, 2], about[:, 2, 0] = np.sin(angle), -np.sin(angle)
    about[:, 1, 1] = 1
    return np.diag([1.0, -1, -1]) @ about


def _nods(degrees):
    angle = np.radians(degrees)
    about = np.zeros((len(angle), 3, 3))
    about[:, 1, 1] = about[:, 2, 2] = np.cos(angle)
    about[:, 1, 2], about[:, 2, 1] = -np.sin(angle), np.sin(angle)
    about[:, 0, 0] = 1
    return np.diag([1.0, -1, -1]) @ about


def test_small_turns_are_real_and_large_ones_held_back():
    turn = hold_back_turns(_headings(np.array([0.0, 20, 60, 85, -85])), np.radians(50), 3.0)
    ahead = -turn.front[:, 2, 2]
    shown = np.degrees(np.arccos(np.clip(ahead, -1, 1)))
    assert shown[:2] == pytest.approx([0, 20], abs=1e-6)
    assert 35 < shown[2] < shown[3] < 50
    assert turn.front[3, 2, 0] == pytest.approx(-turn.front[4, 2, 0])


def test_the_back_takes_over_behind_the_profile():
    turn = hold_back_turns(_headings(np.r_[[0.0] * 30, [180.0] * 30]), np.radians(50), 30.0)
    assert turn.share[0] == 1 and turn.share[-1] == 0
    assert (np.diff(turn.share) <= 1e-12).all()
    assert turn.back[-1, 2, 2] == pytest.approx(1)


def test_a_glance_past_the_profile_shows_no_hair_and_a_spin_does():
    glance = np.r_[[0.0] * 20, [112.0] * 8, [0.0] * 20]
    assert hold_back_turns(_headings(glance), np.radians(42), 30.0).share.min() == 1
    spin = np.r_[[0.0] * 20, np.linspace(0, 360, 24), [0.0] * 20]
    assert hold_back_turns(_headings(spin), np.radians(42), 30.0).share.min() < 0.2


def test_no_side_is_half_there_for_long_however_the_head_lingers():
    wavering = 98 + 3 * np.sin(np.arange(90))
    turned = np.r_[[0.0] * 30, wavering, [150.0] * 40]
    share = hold_back_turns(_headings(turned), np.radians(42), 30.0).share
    assert ((share > 0.1) & (share < 0.9)).sum() <= 6


@settings(max_examples=50)
@given(st.lists(st.floats(-180, 180), min_size=1, max_size=12), st.floats(20, 70))
def test_turns_stay_rotations_below_the_limit_and_tell_the_true_angle(degrees, most):
    turn = hold_back_turns(_headings(np.array(degrees)), np.radians(most), 30.0, np.radians(30))
    for side in (turn.front, turn.back):
        assert side @ side.transpose(0, 2, 1) == pytest.approx(
            np.tile(np.eye(3), (len(side), 1, 1))
        )
    assert np.degrees(turn.angle) == pytest.approx(np.abs(degrees), abs=1e-4)
    shown = np.degrees(np.arcsin(np.clip(np.abs(turn.front[:, 2, 0]), 0, 1)))
    assert (shown <= most + 1e-6).all()
    assert ((turn.share >= 0) & (turn.share <= 1)).all()


def test_a_nod_is_held_back_only_where_a_limit_is_given():
    nods = _nods(np.array([10.0, 60.0, -60.0]))
    free = hold_back_turns(nods, np.radians(42), 30.0)
    assert free.front == pytest.approx(nods)
    held = hold_back_turns(nods, np.radians(42), 30.0, np.radians(30)).front
    assert held[0] == pytest.approx(nods[0])
    assert held[1:] == pytest.approx(_nods(np.array([30.0, -30.0])))
