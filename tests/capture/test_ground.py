"""The floor under a body and the way that its feet show."""

from dataclasses import replace

import numpy as np
from made_landmarks import known_dance
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import foot_heights
from pipelines.capture.ground import levelled, planted, stands, walked
from pipelines.foot_restoration.treatment import LOCK, NONE, RESTORE
from pipelines.metrics.smoothness import jitter
from pipelines.motion.motion import Motion


def standing_still(frames=120, way=None):
    """Legs straight, feet together; the pelvis goes where `way` says."""
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.956
    if way is not None:
        trans[:, :2] += way
    return Motion(poses, trans, 30.0)


def test_a_floor_that_sinks_away_comes_back():
    dance = standing_still()
    trans = dance.trans.copy()
    trans[:, 2] += np.linspace(0.0, 0.5, 120)
    lowest = foot_heights(levelled(replace(dance, trans=trans)).joints()).min(1)
    assert np.abs(lowest).max() < 0.07


def test_a_jump_stays_a_jump():
    trans = standing_still().trans.copy()
    t = np.arange(15) / 30
    trans[50:65, 2] += 4.9 * t * (0.5 - t)
    lowest = foot_heights(levelled(replace(standing_still(), trans=trans)).joints()).min(1)
    assert lowest[50:65].max() > 0.27 and np.abs(lowest[:40]).max() < 0.02


def test_who_stands_on_both_feet_does_not_glide():
    random = np.random.default_rng(0)
    noise = np.cumsum(0.01 * random.normal(size=(120, 2)), axis=0)
    result = walked(standing_still(way=noise))
    steps = np.linalg.norm(np.diff(result.trans[:, :2], axis=0), axis=1)
    assert steps.mean() < 0.3 * np.linalg.norm(np.diff(noise, axis=0), axis=1).mean()


def test_who_is_in_the_air_goes_where_the_camera_says():
    way = np.stack([np.linspace(0, 2, 120), np.zeros(120)], -1)
    dance = standing_still(way=way)
    trans = dance.trans.copy()
    trans[:, 2] += 0.5
    result = walked(replace(dance, trans=trans))
    np.testing.assert_allclose(result.trans[:, :2], way, atol=0.05)


def test_feet_on_the_floor_stand_and_raised_ones_do_not():
    assert (stands(standing_still()) > 0.8).all()
    high = replace(standing_still(), trans=standing_still().trans + np.float32([0, 0, 0.3]))
    assert (stands(high) == 0).all()
    assert walked(known_dance(3)).frames == 3


def trembling():
    dance = levelled(known_dance(120))
    noise = np.random.default_rng(0).normal(scale=0.012, size=(120, 2))
    trans = dance.trans.copy()
    trans[:, :2] += noise.astype(np.float32)
    return replace(dance, trans=trans)


def test_restored_feet_tremble_less_than_locked_ones_on_the_same_way():
    given = trembling()
    calm = {feet: planted(given, feet) for feet in (NONE, LOCK, RESTORE)}
    assert calm[NONE] is given
    shakes = {feet: jitter(one.joints()[:, [7, 8, 10, 11]], 30.0) for feet, one in calm.items()}
    assert shakes[RESTORE] < 0.7 * shakes[LOCK] < shakes[NONE]
    off = calm[RESTORE].trans[:, :2] - given.trans[:, :2]
    assert np.abs(gaussian_filter1d(off, 30, axis=0)).max() < 0.05
    np.testing.assert_array_equal(calm[RESTORE].poses[:, 9:], given.poses[:, 9:])
