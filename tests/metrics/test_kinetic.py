"""Every vectorised feature against a loop written from the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.metrics.joints import centred_as_lodge, centred_on_first_root
from pipelines.metrics.kinetic import (
    kinetic_features,
    kinetic_features_fairmotion,
    kinetic_features_megadance,
)
from pipelines.support.errors import UnsuitableInput


def wander(frames=40, joints=24, seed=0):
    return np.random.default_rng(seed).normal(0, 0.02, (frames, joints, 3)).cumsum(axis=0)


def slow_fairmotion(p, dt, buggy, half=2):
    frames, joints, _ = p.shape
    result = []
    for j in range(joints):
        horizontal = vertical = energy = 0.0
        for i in range(1, frames):
            v, a, nv, na = np.zeros(3), np.zeros(3), 0, 0
            for k in range(i - half, i + half + 1):
                if k - 1 >= 0 and k < frames:
                    v += (p[k, j] - p[k - 1, j]) / dt
                    nv += 1
                if k - 1 >= 0 and k + 1 < frames:
                    late = (p[k + 1, j] - p[k, j]) / dt
                    early = p[k, j] - p[k - 1, j] / dt if buggy else (p[k, j] - p[k - 1, j]) / dt
                    a += (late - early) / dt
                    na += 1
            v, a = v / nv, a / na
            horizontal += v[0] ** 2 + v[1] ** 2
            vertical += v[2] ** 2
            energy += np.linalg.norm(a)
        result += [horizontal / (frames - 1), vertical / (frames - 1), energy / (frames - 1)]
    return np.array(result)


def slow_megadance(p, dt):
    frames, joints, _ = p.shape

    def box(x):
        out = np.zeros_like(x)
        for i in range(frames):
            for k in range(i - 2, i + 3):
                if 0 <= k < frames:
                    out[i] += x[k] / 5
        return out

    result = []
    for j in range(joints):
        v = np.array([(p[max(i, 1), j] - p[max(i, 1) - 1, j]) / dt for i in range(frames)])
        v = box(v)
        a = box(np.array([(v[max(i, 1)] - v[max(i, 1) - 1]) / dt for i in range(frames)]))
        result += [
            np.mean(v[:, 0] ** 2 + v[:, 1] ** 2),
            np.mean(v[:, 2] ** 2),
            np.mean(np.sqrt((a**2).sum(axis=1))),
        ]
    return np.array(result)


@pytest.mark.parametrize("frames", [3, 4, 6, 40])
@pytest.mark.parametrize("buggy", [True, False])
def test_fairmotion_equals_the_loop(frames, buggy):
    motion = wander(frames, joints=22)
    fast = kinetic_features_fairmotion(motion, 1 / 60, buggy)
    assert fast == pytest.approx(slow_fairmotion(motion, 1 / 60, buggy), rel=1e-9)
    assert fast.shape == (66,)


@pytest.mark.parametrize("frames", [3, 5, 40])
def test_megadance_equals_the_loop(frames):
    motion = centred_on_first_root(wander(frames))
    fast = kinetic_features_megadance(motion)
    assert fast == pytest.approx(slow_megadance(motion, 1 / 30), rel=1e-9)


def test_strict_at_30_fps_is_fairmotion_without_its_faults():
    motion = wander(50)
    assert kinetic_features(motion, 30.0) == pytest.approx(
        slow_fairmotion(motion, 1 / 30, buggy=False), rel=1e-9
    )


@pytest.mark.parametrize(("frame_time", "factor"), [(1 / 60, 3540), (1 / 30, 870)])
def test_misplaced_parenthesis_measures_the_distance_from_the_origin(frame_time, factor):
    still = np.tile(np.array([[3.0, 4.0, 0.0]]), (30, 24, 1))
    features = kinetic_features_fairmotion(still, frame_time).reshape(24, 3)
    assert features[:, 2] == pytest.approx(5 * factor)
    assert features[:, :2] == pytest.approx(0)
    honest = kinetic_features_fairmotion(still, frame_time, misplaced_parenthesis=False)
    assert honest == pytest.approx(np.zeros(72))


def test_closed_form_of_a_steady_walk_and_a_fall():
    t = np.arange(90)[:, None] / 30
    motion = np.zeros((90, 24, 3))
    motion[:, :, 0], motion[:, :, 1] = 0.6 * t, -0.8 * t
    motion[:, :, 2] = -0.5 * 9.81 * t**2
    features = kinetic_features(motion, 30.0).reshape(24, 3)
    assert features[:, 0] == pytest.approx(1.0)
    assert features[:, 2] == pytest.approx(9.81)


def test_zero_padding_lowers_the_published_speed_by_what_the_ends_lose():
    t = np.arange(120)[:, None] / 30
    motion = np.zeros((120, 24, 3))
    motion[:, :, 0] = t
    # The box keeps 3/5, 4/5, 1, ..., 1, 4/5, 3/5 of the speed.
    expected = (116 + 2 * (0.36 + 0.64)) / 120
    assert kinetic_features_megadance(motion).reshape(24, 3)[:, 0] == pytest.approx(expected)
    assert kinetic_features(motion, 30.0).reshape(24, 3)[:, 0] == pytest.approx(1.0)


@settings(max_examples=25, deadline=None)
@given(st.floats(-100, 100), st.floats(-3.2, 3.2), st.integers(0, 99))
def test_strict_features_do_not_depend_on_place_or_heading(shift, yaw, seed):
    motion = wander(30, seed=seed)
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    moved = motion @ turn.T + shift
    assert kinetic_features(moved, 30.0) == pytest.approx(kinetic_features(motion, 30.0), rel=1e-6)


def test_strict_features_hardly_depend_on_the_frame_rate():
    def swing(fps):
        t = np.arange(int(4 * fps) + 1) / fps
        motion = np.zeros((len(t), 24, 3))
        motion[:, :, 0] = 0.3 * np.sin(2 * np.pi * t)[:, None]
        return kinetic_features(motion, fps)

    slow, fast = swing(30.0), swing(120.0)
    assert fast[0::3] == pytest.approx(slow[0::3], rel=0.05)
    assert fast[2::3] == pytest.approx(slow[2::3], rel=0.05)


def test_lodge_keeps_only_the_roots_path():
    motion = wander(10)
    centred = centred_as_lodge(motion)
    assert centred[:, 0] == pytest.approx(motion[:, 0] - motion[0, 0])
    assert centred[:, 5] == pytest.approx(motion[:, 5] - motion[:, 0])


def test_unmeasurable_motions_are_refused():
    broken = wander(10)
    broken[3, 4, 1] = np.nan
    for motion in (wander(2), np.zeros((10, 3)), broken):
        with pytest.raises(UnsuitableInput):
            kinetic_features(motion, 30.0)
