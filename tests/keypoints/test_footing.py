"""Planted feet: the held shift, and the two-bone solution of the legs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.skeleton import forward_kinematics
from pipelines.keypoints.fit import REST_OFFSETS
from pipelines.keypoints.footing import held_shift, planted


def test_the_shift_is_constant_in_a_stance_and_continuous() -> None:
    shift = np.stack([np.linspace(0, 0.3, 90), np.zeros(90)], axis=1)
    contact = np.zeros(90, bool)
    contact[10:40] = contact[60:80] = True
    held = held_shift(shift, contact, 30.0)
    assert np.ptp(held[10:40], axis=0) == pytest.approx(0)
    assert np.ptp(held[60:80], axis=0) == pytest.approx(0)
    assert held[10, 0] == pytest.approx(shift[10:40, 0].mean())
    assert np.abs(np.diff(held, axis=0)).max() < 0.03


def test_without_contact_the_feet_follow_the_root() -> None:
    shift = np.random.default_rng(0).normal(size=(20, 2))
    assert held_shift(shift, np.zeros(20, bool), 30.0) == pytest.approx(shift)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_no_shift_changes_nothing(make_dance, seed) -> None:
    rotations, trans = make_dance(seed, frames=12)
    solved = planted(
        rotations, trans, np.zeros((12, 2, 2)), np.ones((12, 2), bool), REST_OFFSETS, 30.0
    )
    before = forward_kinematics(rotations, trans, REST_OFFSETS)[0]
    after = forward_kinematics(solved, trans, REST_OFFSETS)[0]
    assert np.abs(after - before).max() < 1e-4  # legs at full stretch, too
    assert np.abs(solved @ np.swapaxes(solved, -1, -2) - np.eye(3)).max() < 1e-9


def test_planted_ankles_stay_while_the_root_is_pulled_back(standing) -> None:
    rotations, trans = (np.repeat(array[:1], 60, axis=0) for array in standing)
    trans = trans - [0, 0, 0.05]
    bend = np.deg2rad(35)
    for joint, angle in ((1, -bend / 2), (2, -bend / 2), (4, bend), (5, bend)):
        cosine, sine = np.cos(angle), np.sin(angle)
        rotations[:, joint] = [[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]
    shift = np.zeros((60, 2))
    shift[:, 0] = np.linspace(0, 0.16, 60)
    shifts = np.repeat(shift[:, None], 2, axis=1)
    solved = planted(rotations, trans, shifts, np.ones((60, 2), bool), REST_OFFSETS, 30.0)
    moved = trans + np.pad(shift, ((0, 0), (0, 1)))
    ankles = forward_kinematics(solved, moved, REST_OFFSETS)[0][:, [7, 8]]
    dragged = forward_kinematics(rotations, moved, REST_OFFSETS)[0][:, [7, 8]]
    assert np.ptp(ankles, axis=0).max() < 0.25 * np.ptp(dragged, axis=0).max()


def test_between_two_stances_the_shift_goes_straight_from_one_to_the_other() -> None:
    shift = np.stack([np.r_[np.zeros(10), np.full(20, 3.0)], np.zeros(30)], axis=1)
    contact = np.zeros(30, bool)
    contact[:6] = contact[15:] = True
    held = held_shift(shift, contact, 30.0)
    np.testing.assert_allclose(held[5:16, 0], np.linspace(0, 3, 11), atol=1e-12)


def test_half_a_second_after_the_last_stance_a_foot_goes_with_the_root() -> None:
    shift = np.stack([np.arange(60.0), -np.arange(60.0)], axis=1)
    contact = np.zeros(60, bool)
    contact[20:31] = True
    held = held_shift(shift, contact, 20.0)
    np.testing.assert_allclose(held[:11], shift[:11])
    np.testing.assert_allclose(held[40:], shift[40:])
    np.testing.assert_allclose(held[35], 0.5 * np.array([25.0, -25]) + 0.5 * shift[35])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_bones_keep_their_length_and_feet_their_turn(make_dance, seed) -> None:
    rotations, trans = make_dance(seed, frames=12)
    shifts = np.random.default_rng(seed).normal(scale=0.1, size=(12, 2, 2))
    solved = planted(rotations, trans, shifts, np.ones((12, 2), bool), REST_OFFSETS, 30.0)
    assert np.abs(solved @ np.swapaxes(solved, -1, -2) - np.eye(3)).max() < 1e-9
    others = [joint for joint in range(24) if joint not in (1, 2, 4, 5, 7, 8)]
    np.testing.assert_array_equal(solved[:, others], rotations[:, others])
    before = forward_kinematics(rotations, trans, REST_OFFSETS)[1]
    after = forward_kinematics(solved, trans, REST_OFFSETS)[1]
    np.testing.assert_allclose(after[:, [7, 8]], before[:, [7, 8]], atol=1e-9)
