from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion.drift import in_place


def walking(standing, speed, seconds=20):
    motion = standing(30 * seconds)
    trans = motion.trans.copy()
    trans[:, 0] += speed * np.arange(motion.frames) / 30
    return replace(motion, trans=trans.astype(np.float32))


def test_a_wanderer_stays_within_the_radius(standing):
    kept = in_place(walking(standing, 0.5), radius=1.2)
    assert np.ptp(kept.trans[:, 0]) < 2.41


@pytest.mark.parametrize("speed", [0.0, 0.05])
def test_a_dancer_who_stays_is_left_alone(standing, speed):
    motion = walking(standing, speed)
    np.testing.assert_allclose(in_place(motion).trans, motion.trans, atol=1e-6)
    again = in_place(in_place(motion))
    np.testing.assert_allclose(again.trans, motion.trans, atol=1e-6)


def test_steps_and_heights_stay_as_danced(standing):
    motion = walking(standing, 0.0)
    trans = motion.trans.copy()
    trans[:, 1] += 0.3 * np.sin(np.arange(motion.frames) / 30 * 2 * np.pi)
    motion = replace(motion, trans=trans.astype(np.float32))
    np.testing.assert_allclose(in_place(motion).trans, motion.trans, atol=0.01)
