"""Flaws are found where they were put, and a plain dance has none."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.metrics.flaws import flaws, spike_scores
from pipelines.motion.motion import Motion


def dance(frames=240):
    """Arms and trunk swing, feet stand, the body bobs twice a second."""
    seconds = np.arange(frames) / 30
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    for joint, period in ((16, 3.0), (17, 3.3), (18, 2.9), (3, 2.1)):
        poses[:, joint, 2] = 0.7 * np.sin(2 * np.pi * seconds / period)
    poses[:, 16, 2] -= 0.8
    poses[:, 17, 2] += 0.8
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    return Motion(poses, trans, 30.0)


def kinds(motion, beats=None):
    return {flaw.kind for flaw in flaws(motion, beats)}


def test_a_plain_dance_has_none():
    assert flaws(dance()) == []


def test_a_spike_is_told_with_its_arm_and_moment():
    motion = dance()
    poses = motion.poses.copy()
    poses[120, 18, 1] += 2.0
    (flaw,) = flaws(replace(motion, poses=poses))
    assert (flaw.kind, flaw.where, flaw.unit) == ("spike", "left arm", "deviations")
    assert 3.9 < flaw.start <= 4.0 <= flaw.stop < 4.2 and flaw.score > 6
    assert max(spike_scores(motion)["left arm"]) == 0


def test_feet_that_slide():
    motion = dance()
    trans = motion.trans.copy()
    trans[60:90, 0] = np.linspace(0, 0.5, 30)
    trans[90:, 0] = 0.5
    found = flaws(replace(motion, trans=trans))
    assert {flaw.where for flaw in found} == {"left foot", "right foot"}
    for flaw in found:
        assert flaw.kind == "slide" and abs(flaw.start - 2) < 0.1 and abs(flaw.stop - 3) < 0.1
        assert flaw.score == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("height", "kind"), [(0.2, "floating"), (-0.1, "sinking")])
def test_a_body_over_or_in_the_floor(height, kind):
    motion = dance()
    trans = motion.trans.copy()
    trans[100 : 140 if height > 0 else 106, 2] += height
    (flaw,) = [one for one in flaws(replace(motion, trans=trans)) if one.kind == kind]
    assert flaw.score == pytest.approx(abs(height), abs=0.01) and flaw.start == pytest.approx(
        100 / 30, abs=0.01
    )


def test_a_leap_is_no_floating():
    motion = dance()
    trans = motion.trans.copy()
    trans[100:112, 2] += 0.3 * np.hanning(12)
    assert "floating" not in kinds(replace(motion, trans=trans))


def test_freezing_lasts():
    motion = dance()
    poses = motion.poses.copy()
    poses[90:135] = poses[90]
    (flaw,) = [one for one in flaws(replace(motion, poses=poses)) if one.kind == "freezing"]
    assert flaw.score == pytest.approx(1.5, abs=0.1) and flaw.unit == "s"
    poses = motion.poses.copy()
    poses[90:100] = poses[90]
    assert "freezing" not in kinds(replace(motion, poses=poses))


def test_a_leg_through_the_other():
    motion = dance()
    poses = motion.poses.copy()
    poses[100:130, 1, 2], poses[100:130, 2, 2] = -0.3, 0.3
    assert "penetration" in kinds(replace(motion, poses=poses))


def test_against_the_beat():
    frames = 360
    seconds = np.arange(frames) / 30
    motion = dance(frames)
    poses = motion.poses.copy()
    # The arm rests at whole half seconds.
    poses[:, [3, 16, 17, 18], 2] = 0
    poses[:, 16, 2] = -0.8 + 0.3 * np.cos(2 * np.pi * seconds)
    on_it = np.arange(0, 12, 0.5)
    resting = replace(motion, poses=poses)
    assert "off-beat" not in kinds(resting, on_it)
    (flaw,) = [one for one in flaws(resting, on_it + 0.25) if one.kind == "off-beat"]
    assert flaw.score > 0.5 and flaw.stop - flaw.start > 8
