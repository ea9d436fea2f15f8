"""Left and right come back where they were, and honest landmarks are left alone."""

from dataclasses import replace

import numpy as np
import pytest
from made_landmarks import known_dance, landmarks_of

from pipelines.capture.landmarks import OTHER_SIDE
from pipelines.capture.swaps import PARTS, without_swaps


@pytest.fixture(scope="module")
def found():
    return landmarks_of(known_dance(60), noise=0.01)


def exchanged(found, frames, part):
    arrays = {}
    for name in ("image", "world", "visibility"):
        values = getattr(found, name).copy()
        for frame in frames:
            values[frame, list(part)] = values[frame, [OTHER_SIDE[mark] for mark in part]]
        arrays[name] = values
    return replace(found, **arrays)


def test_nothing_happens_to_a_clip_that_is_right(found):
    result, touched = without_swaps(found)
    assert not touched.any()
    np.testing.assert_array_equal(result.visibility, found.visibility)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("frames", [range(20, 21), range(20, 28)])
def test_an_exchanged_part_is_put_back(found, part, frames):
    result, touched = without_swaps(exchanged(found, frames, part))
    assert set(np.flatnonzero(touched[:, part[-1]])) == set(frames)
    np.testing.assert_array_equal(result.image, found.image)


def test_a_back_in_place_of_a_front_for_a_moment_is_left_out(found):
    world = found.world.copy()
    world[30:32] = world[30:32] * [0.1, 1, 1] + [0.4, 0, 0.3]  # side-on and elsewhere
    result, _ = without_swaps(replace(found, world=world))
    assert (result.visibility[30:32] == 0).all()
    assert (result.visibility[:30] > 0).any(1).all() and (result.visibility[32:] > 0).any(1).all()


def test_two_frames_are_enough():
    result, _ = without_swaps(landmarks_of(known_dance(2)))
    assert result.frames == 2
