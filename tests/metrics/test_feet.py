import numpy as np
import pytest

from pipelines.metrics.feet import (
    first_frame_ground,
    foot_skating_ratio,
    foot_skating_ratio_lodge,
    physical_foot_contact,
)

FEET = (7, 8, 10, 11)


def standing(frames=60):
    joints = np.zeros((frames, 24, 3))
    joints[:, :, 2] = 1.0
    joints[:, [7, 8], 2] = 0.06
    joints[:, [10, 11], 2] = 0.0
    return joints


def sliding(step, frames=60):
    joints = standing(frames)
    joints[:, list(FEET), :2] += np.arange(frames)[:, None, None] * np.asarray(step)
    return joints


def test_feet_that_stand_do_not_skate():
    for skating in (foot_skating_ratio(standing(), 30.0), foot_skating_ratio_lodge(standing())):
        assert skating.ratio == 0
        assert skating.contact_share == 1


def test_feet_that_slide_skate():
    assert foot_skating_ratio(sliding((0.03, 0.0)), 30.0).ratio == 1
    assert foot_skating_ratio_lodge(sliding((0.03, 0.0))).ratio == 1


def test_the_published_ratio_misses_a_diagonal_and_half_of_an_axis():
    assert foot_skating_ratio_lodge(sliding((0.03, 0.03))).ratio == 0
    assert foot_skating_ratio_lodge(sliding((0.015, 0.0))).ratio == 0
    assert foot_skating_ratio(sliding((0.03, 0.03)), 30.0).ratio == 1
    assert foot_skating_ratio(sliding((0.015, 0.0)), 30.0).ratio == 1


def test_corrected_ratio_is_about_seconds_not_frames():
    assert foot_skating_ratio(sliding((0.004, 0.0)), 120.0).ratio == 1
    assert foot_skating_ratio(sliding((0.004, 0.0)), 30.0).ratio == 0


def test_half_of_the_contact_frames():
    joints = standing(41)
    path = np.concatenate([np.zeros(20), np.arange(21) * 0.05])
    joints[:, list(FEET), 0] = path[:, None]
    assert foot_skating_ratio(joints, 30.0).ratio == pytest.approx(0.5)


def test_a_foot_in_the_air_has_no_ratio():
    joints = standing()
    joints[:, [7, 10], 2] += 0.5
    skating = foot_skating_ratio(joints, 30.0)
    assert np.isnan(skating.left)
    assert skating.right == 0
    assert skating.ratio == 0


def test_ground_of_the_first_frame():
    joints = standing(3)
    joints[0, 10, 2], joints[0, 11, 2] = 0.30, 0.31
    assert first_frame_ground(joints) == pytest.approx(0.305)
    joints[0, 11, 2] = 0.35
    assert first_frame_ground(joints) == pytest.approx(0.30)


def slow_pfc(joints, fps):
    dt, values, forces = 1 / fps, [], []
    root = joints[:, 0]
    for i in range(len(joints) - 2):
        a = ((root[i + 2] - root[i + 1]) / dt - (root[i + 1] - root[i]) / dt) / dt
        a[2] = max(a[2], 0)
        forces.append(np.linalg.norm(a))
        travel = {f: np.hypot(*(joints[i + 2, f, :2] - joints[i + 1, f, :2])) for f in FEET}
        values.append(min(travel[7], travel[10]) * min(travel[8], travel[11]))
    return np.mean(np.array(forces) / max(forces) * np.array(values)) * 10_000


def test_physical_foot_contact_equals_the_loop():
    joints = np.random.default_rng(0).normal(0, 0.02, (150, 24, 3)).cumsum(axis=0)
    assert physical_foot_contact(joints) == pytest.approx(slow_pfc(joints, 30.0), rel=1e-9)


def test_a_body_that_only_falls_or_stands_on_one_foot_is_plausible():
    falling = standing()
    falling[:, 0, 2] -= 0.5 * 9.81 * (np.arange(60) / 30) ** 2
    assert physical_foot_contact(falling) == pytest.approx(0)
    assert physical_foot_contact(standing()) == 0
