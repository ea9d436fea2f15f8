"""The still background."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.plate import laid_out, without_person


def wall_and_person():
    """A wall (300, 200) with a person and a shadow beside them."""
    y, x = np.mgrid[:300, :200]
    wall = 220 - 0.05 * y
    shade = 30 * np.exp(-(((x - 120) / 22) ** 2 + ((y - 160) / 60) ** 2))
    matte = ((np.abs(x - 95) < 18) & (np.abs(y - 160) < 80)).astype(np.float32)
    picture = np.where(matte > 0, 30, wall - shade)[..., None] * np.ones(3)
    return wall, picture.astype(np.float32), matte


def test_a_plain_wall_loses_person_and_shadow():
    wall, picture, matte = wall_and_person()
    clean = without_person(picture, matte)
    assert np.abs(clean.mean(-1) - wall).max() < 8


@pytest.mark.parametrize("busy", [False, True])
def test_what_lies_far_from_the_person_is_not_touched(busy):
    _, picture, matte = wall_and_person()
    if busy:
        picture += np.random.default_rng(0).normal(0, 25, picture.shape).astype(np.float32)
    clean = without_person(picture, matte)
    assert (clean[:40] == picture[:40]).all() and (clean[:, 190:] == picture[:, 190:]).all()
    assert np.abs(clean[100:220, 85:105].mean() - picture[:40].mean()) < 20  # the person is gone


def test_nobody_leaves_the_picture_as_it_is():
    picture = np.random.default_rng(1).uniform(0, 255, (60, 40, 3)).astype(np.float32)
    assert (without_person(picture, np.zeros((60, 40), np.float32)) == picture).all()


def test_a_wider_canvas_gets_background_everywhere():
    picture = np.full((40, 30, 3), 99, np.float32)
    plate = laid_out(picture, np.array([[1.0, 0, 25], [0, 1, 0]]), 80, 40)
    assert plate.shape == (40, 80, 3)
    assert np.allclose(plate, 99, atol=1)


def test_a_canvas_of_the_same_size_is_the_picture_and_a_shift_shifts_it():
    picture = np.random.default_rng(2).uniform(0, 255, (40, 30, 3)).astype(np.float32)
    same = laid_out(picture, np.eye(2, 3), 30, 40)
    assert np.abs(same - picture).max() < 1e-3
    shifted = laid_out(picture, np.array([[1.0, 0, 3], [0, 1, 5]]), 30, 40)
    assert np.abs(shifted[5:, 3:] - picture[:-5, :-3]).max() < 1e-3


def test_the_hole_is_wider_where_the_matte_is_soft():
    picture = np.random.default_rng(3).uniform(0, 255, (300, 200, 3)).astype(np.float32)
    sharp = np.zeros((300, 200), np.float32)
    sharp[80:200, 80:120] = 1
    frayed = sharp.copy()
    frayed[80:100] *= 0.4
    first = [
        int(np.flatnonzero((without_person(picture, matte) != picture).any((1, 2)))[0])
        for matte in (sharp, frayed)
    ]
    assert 60 < first[1] <= first[0] - 3
