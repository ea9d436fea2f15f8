import numpy as np
import pytest

from pipelines.foot_restoration.damages import foot_jitter, raised
from pipelines.foot_restoration.treatment import LOCK, NONE, RESTORE, tidied, treated
from pipelines.metrics.smoothness import jitter
from pipelines.motion.foot_lock import clean_up, lock_feet
from pipelines.motion.grounding import on_floor

FEET = [7, 8, 10, 11]


def same(one, other):
    return np.array_equal(one.poses, other.poses) and np.array_equal(one.trans, other.trans)


def test_none_leaves_a_dance_as_it_is(dance):
    motion = dance()
    assert tidied(motion, NONE) is motion and treated(motion, NONE) is motion


def test_lock_is_what_it_always_was(dance):
    motion, contacts = dance(), np.random.default_rng(0).uniform(size=(90, 4))
    assert same(tidied(motion, LOCK), clean_up(motion))
    assert same(tidied(motion, LOCK, contacts), clean_up(motion, contacts))
    assert same(treated(motion, LOCK), lock_feet(on_floor(motion)))


@pytest.mark.parametrize("treat", [tidied, treated])
def test_trembling_feet_are_restored_by_the_model_that_ships(dance, treat):
    clean = on_floor(dance(frames=120, size=0.3))
    bad = foot_jitter(raised(clean, 0.05), np.random.default_rng(0), degrees=4, slowness=0.7)
    mended = treat(bad, RESTORE)
    others = [joint for joint in range(24) if joint not in (1, 2, 4, 5, 7, 8)]
    np.testing.assert_array_equal(mended.poses[:, others], bad.poses[:, others])
    trembling, calm = (jitter(m.joints()[:, FEET], 30.0) for m in (bad, mended))
    assert calm < 0.6 * trembling
