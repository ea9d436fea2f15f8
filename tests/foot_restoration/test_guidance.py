from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.body.feet import SOLE_DEPTH
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import encode
from pipelines.foot_restoration.guidance import Guide

FEET = list(columns.FEET)
NOWHERE = np.zeros((90, 4))


@pytest.fixture
def guided(dance):
    motion = dance(frames=90, size=0.15)
    motion = replace(motion, trans=motion.trans * np.array([0.2, 0.2, 1], np.float32))
    given = torch.from_numpy(encode(motion))
    return motion, given, Guide(motion, given)


def test_a_right_guess_is_left_where_it_is(guided):
    motion, given, guide = guided
    found = guide.on_the_way(given, NOWHERE)
    torch.testing.assert_close(found, given, atol=1e-4, rtol=0)
    moved = guide.moved(found)
    np.testing.assert_allclose(moved.trans, motion.trans, atol=1e-4)
    np.testing.assert_allclose(moved.joints(), motion.joints(), atol=1e-4)
    free = guide.feet(found, np.zeros((90, 4)))
    where = motion.joints()[:, FEET]
    np.testing.assert_allclose(free[:, :2, :2], where[:, :2, :2], atol=1e-4)
    lengths = [np.linalg.norm(x[:, 2:] - x[:, :2], axis=-1) for x in (free, where)]
    np.testing.assert_allclose(*lengths, atol=1e-4)


def test_a_guess_that_drifts_is_led_back_and_a_quick_step_is_not(guided):
    motion, given, guide = guided
    drifting = given.clone()
    drifting[:, columns.root_xy] += 0.01  # a metre in three seconds
    guide.on_the_way(drifting, NOWHERE)
    middle = guide.place_T2[30:60] - motion.trans[30:60, :2]
    assert np.abs(middle).max() < 0.12
    quick = given.clone()
    quick[44, columns.root_xy] += 0.05
    guide.on_the_way(quick, NOWHERE)
    away = guide.place_T2 - motion.trans[:, :2]
    assert np.linalg.norm(away[46] - away[43]) == pytest.approx(0.05 * 2**0.5, abs=0.004)


def test_the_root_goes_so_that_a_foot_that_bears_it_stands(guided):
    _, given, guide = guided
    sliding = given.clone()
    sliding[:, columns.root_xy] += 0.02  # and the feet with it, as places say
    stands = NOWHERE.copy()
    stands[:, [0, 2]] = 1
    glides, borne = (
        np.abs(np.diff(places(guide, guide.on_the_way(sliding, s))[20:70, 0, :2], axis=0)).mean()
        for s in (NOWHERE, stands)
    )
    assert borne < 0.3 * glides


def test_the_heading_is_the_inputs(guided):
    _, given, guide = guided
    spun = given.clone()
    spun[:, columns.yaw_rate] += 0.3
    found = guide.on_the_way(spun, NOWHERE)
    torch.testing.assert_close(found[:, columns.yaw_rate], given[:, columns.yaw_rate])


@pytest.mark.parametrize(("now", "strength", "share"), [(1.0, 1, 0), (0.4, 1, 0.6), (0.4, 0, 0)])
def test_the_shape_is_pulled_towards_the_inputs(guided, now, strength, share):
    _, given, guide = guided
    guess = given + 1.0
    found = guide.in_shape(guess, now, strength)
    shape = columns.positions(columns.LEGS) + columns.rotations(columns.TURNED)
    torch.testing.assert_close(found[:, shape], guess[:, shape] - share)
    rest = [k for k in range(columns.WIDTH) if k not in set(shape)]
    torch.testing.assert_close(found[:, rest], guess[:, rest])


def places(guide, x_TK):
    local = x_TK[:, columns.positions(columns.FEET)].numpy().reshape(-1, 4, 3)
    angle = guide.heading_T[:, None]
    x, y = local[..., 0], local[..., 1]
    turned = np.stack(
        [np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y], -1
    )
    return guide.place_T2[:, None] + turned


@pytest.mark.parametrize("now", [0.25, 0.0])
def test_standing_feet_keep_a_share_of_their_way(guided, now):
    _, given, guide = guided
    stands = np.zeros((90, 4))
    stands[30:60, [0, 2]] = 1
    before = places(guide, guide.on_the_way(given, NOWHERE))
    after = places(guide, guide.stilled(given, now, stands))
    for point in (0, 2):
        way, was = (np.diff(x[32:58, point], axis=0) for x in (after, before))
        np.testing.assert_allclose(way, now * was, atol=2e-5)
    np.testing.assert_allclose(after[:, [1, 3]], before[:, [1, 3]], atol=1e-5)


def test_ways_follow_the_places(guided):
    _, given, guide = guided
    stands = np.zeros((90, 4))
    stands[20:40] = 1
    found = guide.stilled(guide.on_the_way(given, NOWHERE), 0.0, stands)
    ways = found[22:36, columns.velocities(columns.FEET)].reshape(-1, 4, 3)
    assert ways[..., :2].abs().max() < 2e-5


def test_feet_end_at_rest_on_the_floor(guided):
    _, given, guide = guided
    stands = np.zeros((90, 4))
    stands[30:60] = 1
    feet = guide.feet(guide.on_the_way(given, NOWHERE), stands)
    held = feet[36:54]  # lifted on the way there and away
    assert np.ptp(held, axis=0).max() < 1e-4
    heights = held[0, :, 2] - SOLE_DEPTH
    assert (heights >= -1e-9).all() and (heights <= 0.021).all()
    assert (feet[:, :2, 2] >= SOLE_DEPTH[:2] - 0.016).all()
    assert (feet[..., 2] >= -1e-9).all()
