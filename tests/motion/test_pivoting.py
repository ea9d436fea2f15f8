from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.feet import SOLE_DEPTH
from pipelines.motion.pivoting import clear_of_the_floor


def foot_turning(about: int, degrees: float = 90, frames: int = 12) -> np.ndarray:
    """Both feet flat on the floor, the left one turning about its ball (2) or its heel (0)."""
    targets = np.zeros((frames, 4, 3))
    targets[..., 2] = SOLE_DEPTH
    targets[:, 2:, 1] = -0.13
    targets[:, [1, 3], 0] = -0.3
    angle = np.radians(np.linspace(0, degrees, frames))
    away = 0.13 * np.stack([np.sin(angle), np.cos(angle)], axis=1) * (1 if about == 2 else -1)
    targets[:, 2 - about, :2] = targets[:, about, :2] + away
    return targets


@pytest.mark.parametrize("about", [0, 2])
def test_what_turns_about_the_point_that_bears_leaves_the_floor(about: int) -> None:
    targets = foot_turning(about)
    stands = np.zeros((12, 4), bool)
    stands[:, [about, 1, 3]] = True
    result = clear_of_the_floor(targets, stands, 30)
    higher = result[..., 2] - targets[..., 2]
    assert higher[1:-1, 2 - about].min() > (0.03 if about == 2 else 0.06)
    assert not higher[:, [about, 1, 3]].any()
    for side in (0, 1):
        foot = np.linalg.norm(result[:, side] - result[:, side + 2], axis=-1)
        before = np.linalg.norm(targets[:, side] - targets[:, side + 2], axis=-1)
        np.testing.assert_allclose(foot, before, atol=1e-9)


def test_slow_turns_and_feet_in_the_air_are_left_alone() -> None:
    slow, stands = foot_turning(2, degrees=10), np.ones((12, 4), bool)
    np.testing.assert_array_equal(clear_of_the_floor(slow, stands, 30), slow)
    fast = foot_turning(2)
    np.testing.assert_array_equal(clear_of_the_floor(fast, ~stands, 30), fast)
    assert clear_of_the_floor(fast[:1], stands[:1], 30).shape == (1, 4, 3)


def test_a_foot_that_glides_as_a_whole_does_not_turn() -> None:
    glides = foot_turning(2, degrees=0)
    glides[:, [0, 2], 0] += np.linspace(0, 0.4, 12)[:, None]
    stands = np.ones((12, 4), bool)
    np.testing.assert_array_equal(clear_of_the_floor(glides, stands, 30), glides)


def test_a_heel_that_is_up_already_is_not_raised() -> None:
    targets, stands = foot_turning(2), np.zeros((12, 4), bool)
    stands[:, [1, 2, 3]] = True
    targets[:, 0, 2] += 0.04
    np.testing.assert_array_equal(clear_of_the_floor(targets, stands, 30), targets)
