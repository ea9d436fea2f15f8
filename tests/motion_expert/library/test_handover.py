"""Feet through a join: who stands in both pieces stays, the others step once, in the air."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion_expert.library.handover import handed_over

FRAMES = 12


def at(left: float, right: float) -> np.ndarray:
    """(S, 4, 3) foot points that stand at these places."""
    x = np.array([left, right, left, right], dtype=np.float64)
    return np.tile(np.stack([x, 0 * x, 0 * x], 1), (FRAMES, 1, 1))


def standing(left: slice = slice(0, FRAMES), right: slice = slice(0, FRAMES)) -> np.ndarray:
    stands = np.zeros((FRAMES, 4), np.float32)
    stands[left, 0], stands[left, 2], stands[right, 1], stands[right, 3] = 1, 1, 1, 1
    return stands


def test_the_other_foot_steps_and_the_one_in_place_stands() -> None:
    feet, contacts = handed_over(
        at(0, 1), at(0.01, 1.3), standing(), standing(), np.array([0.01, 0.3])
    )
    assert (contacts[:, [0, 2]] == 1).all()
    assert (contacts[4:8, [1, 3]] == 0).all() and (contacts[[0, -1]] == 1).all()
    assert np.diff(feet[:, 0, 0]).max() < 0.003
    both, stands = handed_over(at(0, 1), at(0.2, 1.3), standing(), standing(), np.array([0.2, 0.3]))
    assert (stands[:, [0, 2]] == 1).all()
    assert both[0, 1, 0] == 1 and both[-1, 1, 0] == pytest.approx(1.3)


def test_a_foot_that_stands_moves_only_while_it_is_said_to_step() -> None:
    feet, contacts = handed_over(at(0, 1), at(0, 1.4), standing(), standing(), np.array([0.0, 0.4]))
    still = (contacts[1:, 1] > 0) & (contacts[:-1, 1] > 0)
    assert still.sum() >= 3
    assert np.abs(np.diff(feet[:, 1, 0]))[still].max() == 0


@pytest.mark.parametrize(("lifted", "early"), [(slice(0, 6), True), (slice(6, 12), False)])
def test_a_step_is_taken_where_the_foot_is_in_the_air_anyway(lifted: slice, early: bool) -> None:
    right = [n for n in range(FRAMES) if n not in range(*lifted.indices(FRAMES))]
    gone = standing(right=slice(right[0], right[-1] + 1))
    _, contacts = handed_over(at(0, 1), at(0, 1.4), gone, gone, np.array([0.0, 0.4]))
    up = np.flatnonzero(contacts[:, 1] == 0)
    assert len(up) == 7 and (up.mean() < 5.5) == early


def test_a_foot_that_stands_through_leaves_when_the_newcomer_does() -> None:
    """It stood on in the old piece; in the new one it is long gone."""
    _, contacts = handed_over(
        at(0, 1), at(0, 1), standing(), standing(left=slice(0, 8)), np.array([0.0, 0.0])
    )
    assert (contacts[:8, [0, 2]] == 1).all() and (contacts[8:, [0, 2]] == 0).all()


def test_two_feet_that_both_have_to_step_do_so_one_after_the_other() -> None:
    old, new = standing(slice(0, 6), slice(0, 6)), standing(slice(6, 12), slice(6, 12))
    feet, _ = handed_over(at(0, 1), at(0.5, 1.5), old, new, np.array([0.5, 0.5]))
    moving = np.abs(np.diff(feet[:, :2, 0], axis=0)) > 1e-9
    assert moving.any(0).all() and moving.all(1).sum() < 5


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_join_at_the_very_end_is_short_and_whole(count: int) -> None:
    feet, contacts = handed_over(
        at(0, 1)[:count], at(0.4, 1.4)[:count], standing()[:count], standing()[:count],
        np.array([0.4, 0.4]),
    )  # fmt: skip
    assert feet.shape == (count, 4, 3) and np.isfinite(feet).all()
    assert contacts.shape == (count, 4)
