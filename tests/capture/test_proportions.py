"""Bones as long as they are seen to be, in moderation."""

import numpy as np
import pytest
from made_landmarks import known_dance, landmarks_of

from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.capture.proportions import measured_build


@pytest.mark.parametrize("size", [0.8, 1.0, 1.1])
def test_size_is_that_of_the_landmarks(size):
    found = landmarks_of(known_dance(30), size=size)
    _, measured = measured_build(found.world, found.visibility)
    # What the finder gives is 4 to 15 % shorter than what it looks at; these landmarks are exact.
    assert measured == pytest.approx(1.09 * size, rel=0.03)


def test_long_forearms_are_taken_half_as_long():
    found = landmarks_of(known_dance(30))
    world = found.world.copy()
    for side in (0, 1):
        world[:, 15 + side] += 0.15 * (world[:, 15 + side] - world[:, 13 + side])
    builds = [measured_build(one, found.visibility)[0] for one in (found.world, world)]
    forearms = [np.linalg.norm(b.offsets[JOINT["left_wrist"]]) for b in builds]
    shins = [np.linalg.norm(b.offsets[JOINT["left_ankle"]]) for b in builds]
    assert 1.03 < (forearms[1] / shins[1]) / (forearms[0] / shins[0]) < 1.12


def test_both_sides_grow_alike_and_hidden_limbs_have_the_size_of_the_rest():
    found = landmarks_of(known_dance(30))
    hidden = found.visibility.copy()
    hidden[:, [13, 14]] = 0
    build, size = measured_build(found.world, hidden)
    arm = JOINT["left_elbow"]
    np.testing.assert_allclose(build.offsets[arm], OFFSETS[arm] * size)
    for name in ("knee", "wrist"):
        left, right = (JOINT[f"{side}_{name}"] for side in ("left", "right"))
        ratios = np.linalg.norm(build.offsets[[left, right]], axis=1) / np.linalg.norm(
            OFFSETS[[left, right]], axis=1
        )
        assert ratios[0] == pytest.approx(ratios[1])


def test_nobody_is_seen_and_nothing_breaks():
    _, size = measured_build(np.zeros((4, 33, 3)), np.zeros((4, 33)))
    assert size == 1.0
