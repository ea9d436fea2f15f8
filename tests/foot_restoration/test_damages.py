from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.damages import (
    blurred,
    body_tremble,
    foot_jitter,
    raised,
    root_noise,
    sliding,
    somehow_damaged,
    wander,
)

FEET = list(FOOT_JOINTS)
LEGS = list(columns.TURNED)
OTHERS = [joint for joint in range(24) if joint not in LEGS]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("slowness", [0.6, 4.0, 40.0])
def test_noise_is_of_deviation_one_and_as_slow_as_asked(rng, slowness):
    noise = wander(rng, 6000, 20, slowness)
    assert noise.std() == pytest.approx(1, rel=0.1)
    if slowness > 1:
        # Of white noise behind a Gaussian, a step is 1 / (sqrt 2 sigma) of the noise itself.
        assert np.diff(noise, axis=0).std() == pytest.approx(2**-0.5 / slowness, rel=0.1)


def test_a_shaking_root_takes_everything_with_it(dance, rng):
    motion = dance(frames=200)
    shaken = root_noise(motion, rng, metres=0.02, slowness=2)
    np.testing.assert_array_equal(shaken.poses, motion.poses)
    away = shaken.joints() - motion.joints()
    np.testing.assert_allclose(away, np.repeat(away[:, :1], 24, axis=1), atol=1e-6)
    assert away.std() == pytest.approx(0.02, rel=0.15)


def test_trembling_is_of_the_legs_or_of_all_else(dance, rng):
    motion = dance(frames=100)
    legs, body = foot_jitter(motion, rng, 3, 1), body_tremble(motion, rng, 3, 1)
    np.testing.assert_array_equal(legs.poses[:, OTHERS], motion.poses[:, OTHERS])
    np.testing.assert_array_equal(body.poses[:, [0, *LEGS]], motion.poses[:, [0, *LEGS]])
    turns = np.swapaxes(motion.rotations()[:, LEGS], -1, -2) @ legs.rotations()[:, LEGS]
    angles = np.degrees(np.arccos((np.trace(turns, axis1=-2, axis2=-1) - 1) / 2))
    assert np.sqrt((angles**2).mean()) == pytest.approx(3 * 3**0.5, rel=0.1)


def test_sliding_goes_along_the_floor_at_that_speed(dance, rng):
    slid = sliding(dance(frames=4000), rng, speed=0.3, slowness=20)
    away = slid.trans - dance(frames=4000).trans
    assert (away[:, 2] == 0).all()
    assert np.diff(away[:, :2], axis=0).std() * 30 == pytest.approx(0.3, rel=0.2)


def test_raised_and_blurred(dance):
    motion = dance(frames=60)
    np.testing.assert_allclose(
        raised(motion, -0.05).trans - motion.trans, [[0, 0, -0.05]] * 60, atol=1e-6
    )
    even = blurred(motion, 3.0)
    np.testing.assert_array_equal(even.poses[:, OTHERS], motion.poses[:, OTHERS])
    bends = [np.abs(np.diff(m.joints()[:, FEET], n=2, axis=0)).mean() for m in (even, motion)]
    assert bends[0] < 0.8 * bends[1]


def test_a_still_dance_is_blurred_to_itself(dance):
    motion = dance(frames=10)
    still = replace(motion, poses=np.repeat(motion.poses[:1], 10, 0), trans=motion.trans[[0] * 10])
    np.testing.assert_allclose(blurred(still, 2.0).joints(), still.joints(), atol=1e-5)


def test_some_are_left_alone_and_a_key_says_all(dance):
    motion = dance(frames=30)
    drawn = [somehow_damaged(motion, np.random.default_rng(seed)) for seed in range(80)]
    alone = [one is motion for one in drawn]
    assert 1 <= sum(alone) <= 20
    again = somehow_damaged(motion, np.random.default_rng(7))
    np.testing.assert_array_equal(again.poses, drawn[7].poses)
    np.testing.assert_array_equal(again.trans, drawn[7].trans)
