from dataclasses import replace

import numpy as np

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.foot_lock import lock_feet
from pipelines.motion.swing import swing_lift

FPS, FRAMES = 30.0, 60


def feet_of(left_speed, right_speed):
    """Foot points (60, 4, 3) on the floor that glide forward at these speeds (60,), m/s."""
    feet = np.zeros((FRAMES, 4, 3))
    feet[:, :2, 2] = 0.06
    for points, speed in (((0, 2), left_speed), ((1, 3), right_speed)):
        way = np.cumsum(np.broadcast_to(speed, FRAMES)) / FPS
        feet[:, points, 1] = way[:, None]
    return feet


def stride(speed=1.0):
    """Standing, 0.6 s of gliding at a speed, standing."""
    going = np.zeros(FRAMES)
    going[20:38] = speed
    return going


def test_a_gliding_foot_is_raised_while_the_other_one_stands():
    lift = swing_lift(feet_of(stride(), 0.0), FPS)
    assert lift[25:33, 0].min() > 0.06
    assert lift[:14, 0].max() < 0.005
    assert lift[44:, 0].max() < 0.005
    assert lift[:, 1].max() < 0.005


def test_standing_and_slow_feet_stay_down():
    assert swing_lift(feet_of(0.0, 0.0), FPS).max() == 0
    assert swing_lift(feet_of(stride(0.15), 0.0), FPS).max() == 0


def test_a_dancer_whose_feet_both_glide_is_not_lifted_off_the_floor():
    lift = swing_lift(feet_of(1.0, 0.9), FPS)
    assert lift[:, 1].max() < 0.005


def test_a_foot_that_is_up_already_stays():
    feet = feet_of(stride(), 0.0)
    feet[18:40, [0, 2], 2] += 0.15
    assert swing_lift(feet, FPS)[20:38, 0].max() < 1e-6


def test_the_lift_comes_and_goes_without_a_jolt():
    lift = swing_lift(feet_of(stride(), 0.0), FPS)
    assert np.abs(np.diff(lift[:, 0], n=2)).max() < 0.012


def test_lock_feet_raises_the_foot_and_leaves_the_pelvis(standing):
    motion = standing(FRAMES)
    poses = motion.poses.copy()
    poses[:, [1, 2], 0] -= 0.35
    poses[:, [4, 5], 0] += 0.7
    poses[:, [7, 8], 0] -= 0.35
    forward = 0.25 * np.sin(np.linspace(0, 2 * np.pi, FRAMES))  # the left leg swings to and fro
    poses[:, 1, 0] -= forward
    poses[:, 7, 0] += forward
    bent = replace(motion, poses=poses.astype(np.float32))
    trans = bent.trans.copy()
    trans[:, 2] -= np.float32(bent.joints()[:, list(FOOT_JOINTS)[3], 2].min())
    crouched = replace(bent, trans=trans)
    contacts = np.zeros((FRAMES, 4))
    contacts[:, [1, 3]] = 1
    locked = lock_feet(crouched, contacts)
    swinging = np.abs(np.gradient(crouched.joints()[:, 10, 1])) * FPS > 0.5
    assert swinging.any()
    raised = locked.joints()[swinging][:, 10, 2] - crouched.joints()[swinging][:, 10, 2].clip(0)
    assert raised.max() > 0.03
    np.testing.assert_allclose(locked.trans, crouched.trans, atol=1e-3)
