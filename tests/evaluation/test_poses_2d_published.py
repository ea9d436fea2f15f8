"""MACE-Dance's features of 2D poses against loops that are written from its description."""

from __future__ import annotations

import numpy as np
import pytest
from published import features

from pipelines.evaluation.poses_2d_published import geometric_2d_official, kinetic_2d_official


def stored(seed=0, frames=64):
    """An easy_ViTPose array (T, 25, 3) of y, x, score."""
    random = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None]
    middle, size = random.uniform(100, 600, (1, 25, 2)), random.uniform(5, 60, (1, 25, 2))
    xy = middle + size * np.sin(t * random.uniform(0.05, 0.6, (1, 25, 2)))
    return np.concatenate([xy, random.uniform(0.5, 1, (frames, 25, 1))], axis=-1)


@pytest.mark.parametrize("seed", range(3))
def test_official_features_equal_the_loops(seed):
    array = stored(seed)
    assert kinetic_2d_official(array) == pytest.approx(features.kinetic_2d(array), rel=1e-9)
    assert geometric_2d_official(array) == pytest.approx(features.geometric_2d(array), abs=1e-12)


def test_official_zeros_and_duplicates():
    found = np.stack([geometric_2d_official(stored(seed)) for seed in range(20)])
    assert not found[:, [2, 3, 8, 14, 15, 16, 17, 18, 27, 29, 30]].any()
    for one, other in ((0, 1), (4, 5), (9, 11)):
        assert (found[:, one] == found[:, other]).all()


def test_kinetic_features_ignore_where_the_dancer_stands():
    array = stored(5)
    moved = array + np.array([300.0, -80.0, 0.0])
    assert kinetic_2d_official(moved) == pytest.approx(kinetic_2d_official(array), rel=1e-9)


def test_kinetic_features_depend_on_the_size_of_the_picture():
    array = stored(6)
    twice = array * np.array([2.0, 2.0, 1.0])
    found = kinetic_2d_official(twice).reshape(25, 3) / kinetic_2d_official(array).reshape(25, 3)
    assert found == pytest.approx(np.tile([4.0, 4.0, 2.0], (25, 1)))


def test_a_still_dancer_has_no_kinetic_features():
    assert not kinetic_2d_official(np.repeat(stored()[:1], 30, axis=0)).any()
