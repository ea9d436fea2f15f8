from dataclasses import replace

import numpy as np
import pytest
from foot_restoration import interval, measured

from pipelines.foot_restoration.damages import raised


@pytest.fixture
def steps(dance):
    """Two seconds of a body that stands, its left foot lifted and put down at frame 30."""
    motion = dance(frames=60, size=0.0)
    poses = np.zeros_like(motion.poses)
    poses[:, 0, 0] = np.pi / 2
    poses[10:30, 1, 0], poses[10:30, 4, 0] = -0.9, 1.2
    trans = np.tile(np.array([0, 0, 0.96], np.float32), (60, 1))
    return replace(motion, poses=poses, trans=trans)


def test_what_is_as_it_was_has_no_faults(steps):
    row = measured(steps, steps)
    assert row["contact F1"] == 1 and row["FSR"] < 0.05
    assert row["step ms"] == row["step spread ms"] == row["legs cm"] == row["way of 1 s cm"] == 0
    assert row["body turned deg"] == pytest.approx(0, abs=0.1)


def test_height_delay_and_turns_are_told_in_their_units(steps):
    assert measured(steps, raised(steps, 0.02))["foot height cm"] == pytest.approx(2, abs=0.01)
    late = replace(steps, poses=np.roll(steps.poses, 3, axis=0))
    assert measured(steps, late)["step ms"] == pytest.approx(100, abs=1)
    turned = steps.poses.copy()
    turned[5, 16, 1] += np.radians(7)
    assert measured(steps, replace(steps, poses=turned))["body turned deg"] == pytest.approx(
        7, abs=0.01
    )


def test_an_interval_leaves_out_what_is_unknown():
    mean, low, high = interval([1.0, float("nan"), 3.0], np.random.default_rng(0))
    assert (mean, low, high) == (2, 1, 3)
