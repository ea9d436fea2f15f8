"""What every metric of joints starts from: refusals, centring, speeds in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.metrics.joints import (
    body_speed,
    centred_as_lodge,
    centred_on_first_root,
    checked,
    foot_speed,
)
from pipelines.support.errors import UnsuitableInput


def walk(seed=0, frames=20):
    return np.random.default_rng(seed).normal(0, 0.1, (frames, 24, 3)).cumsum(axis=0)


@pytest.mark.parametrize(
    ("joints", "says"),
    [
        (np.zeros((5, 72)), "expected"),
        (np.zeros((5, 24, 2)), "expected"),
        (np.zeros((2, 24, 3)), "2 frames is too short"),
        (np.full((5, 24, 3), np.nan), "NaN"),
        (np.full((5, 24, 3), np.inf), "infinity"),
    ],
)
def test_what_cannot_be_measured_is_refused(joints, says):
    with pytest.raises(UnsuitableInput, match=says):
        checked(joints)


def test_joints_become_float64_and_the_least_length_is_the_callers():
    assert checked(np.zeros((2, 22, 3), np.float32), least_frames=2).dtype == np.float64


def test_the_path_is_kept_and_begins_at_the_origin():
    joints = walk() + 5
    centred = centred_on_first_root(joints)
    assert (centred[0, 0] == 0).all()
    assert np.diff(centred, axis=0) == pytest.approx(np.diff(joints, axis=0))


def test_lodges_joints_are_relative_to_the_present_root():
    joints = walk(1) - 3
    centred = centred_as_lodge(joints)
    assert centred[:, 0] == pytest.approx(joints[:, 0] - joints[0, 0])
    assert centred[:, 5] == pytest.approx(joints[:, 5] - joints[:, 0])
    assert joints[0, 0] == pytest.approx(walk(1)[0, 0] - 3), "the input is left alone"


@given(st.floats(0.1, 5), st.sampled_from([15.0, 30.0, 60.0]))
def test_a_steady_glide_has_its_speed_at_every_rate(speed, fps):
    joints = np.zeros((12, 24, 3))
    joints[..., 1] = (speed * np.arange(12) / fps)[:, None]
    assert body_speed(joints, fps) == pytest.approx(np.full(12, speed))
    assert foot_speed(joints, fps) == pytest.approx(np.full(12, speed))


def test_feet_are_ankles_and_toes():
    joints = np.zeros((12, 24, 3))
    joints[:, list(FOOT_JOINTS[:2]), 0] = np.arange(12)[:, None] / 30
    assert foot_speed(joints, 30.0) == pytest.approx(np.full(12, 2 / len(FOOT_JOINTS)))
    assert body_speed(joints, 30.0) == pytest.approx(np.full(12, 2 / 24))
