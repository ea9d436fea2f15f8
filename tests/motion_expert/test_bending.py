"""A dance beside the beat comes onto it; what may not be bent stays as long as the song."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.joints import foot_speed
from pipelines.metrics.phase_locking import phase_locking
from pipelines.motion_expert.bending import settled

BEATS = np.arange(0.3, 12, 0.5)
FRAMES = 240


def hold(motion):
    return phase_locking(foot_speed(motion.joints(), 30.0), BEATS, 30.0).resultant


@pytest.mark.parametrize("feet", ["lock", "restore", "none"])
def test_steps_beside_the_beat_come_onto_it(stepping, feet):
    steps = stepping(110, 14)
    bent, speed = settled(steps, BEATS, FRAMES, 0.2, feet)
    plain, none = settled(steps, BEATS, FRAMES, 0.0, feet)
    assert (bent.frames, plain.frames, none) == (FRAMES, FRAMES, None)
    assert speed == pytest.approx(120 / 110, abs=0.03)
    assert hold(plain) < 0.3 and hold(bent) > 0.6


def test_a_tempo_too_far_away_or_no_beat_leaves_it_alone(stepping):
    steps = stepping(110, 14)
    far, speed = settled(steps, BEATS, FRAMES, 0.02, "none")
    assert speed is None
    np.testing.assert_array_equal(far.poses, steps.poses[:FRAMES])
    assert settled(steps, BEATS[:0], FRAMES, 0.2, "none")[1] is None


def test_restored_feet_are_held_and_the_body_above_keeps_its_turns(stepping):
    steps = stepping(120, 10)
    trans = steps.trans.copy()
    trans[:, 0] += 0.004 * np.arange(len(trans), dtype=np.float32)
    gliding = replace(steps, trans=trans)
    bare, _ = settled(gliding, BEATS, FRAMES, 0.0, "none")
    held, _ = settled(gliding, BEATS, FRAMES, 0.0, "restore")
    slides = [foot_skating_ratio(one.joints(), 30.0).ratio for one in (bare, held)]
    assert slides[1] < 0.1 < slides[0]
    np.testing.assert_array_equal(held.poses[:, 9:], bare.poses[:, 9:])
