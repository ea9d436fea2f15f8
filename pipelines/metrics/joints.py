"""What every 3D metric starts from: centred joints and speeds.

Joints are (T, J, 3) metres, z up (Motion.joints); J is 24, or 22 without the hands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.floating[Any]]
Float = NDArray[np.float64]


def checked(joints_TJ3: Array, least_frames: int = 3) -> Float:
    """The joints as float64; UnsuitableInput if misshapen, too short or not finite."""
    joints = np.asarray(joints_TJ3, dtype=np.float64)
    if joints.ndim != 3 or joints.shape[2] != 3:
        raise UnsuitableInput(f"joints are {joints.shape}, expected (frames, joints, 3)")
    if len(joints) < least_frames:
        raise UnsuitableInput(f"a motion of {len(joints)} frames is too short to be measured")
    if not np.isfinite(joints).all():
        raise UnsuitableInput("joint positions hold NaN or infinity")
    return joints


def centred_on_first_root(joints_TJ3: Array) -> Float:
    """Minus the pelvis of frame 0; the path is kept (Bailando, MEGADance, MACE)."""
    joints = np.asarray(joints_TJ3, dtype=np.float64)
    return joints - joints[:1, :1]


def centred_as_lodge(joints_TJ3: Array) -> Float:
    """Joint 0 relative to its first frame, all others to the present root.

    Features that mix the root with other joints mean nothing once the dancer travels; kept to
    reproduce Lodge's and InfiniteDance's published numbers (docs/reference/metrics.md#centring).
    """
    joints = centred_on_first_root(joints_TJ3)
    joints[:, 1:] -= joints[:, :1]
    return joints


def foot_speed(joints_TJ3: Array, fps: float) -> Float:
    """Mean speed (T,) of both ankles and toes in m/s, by central differences at the frames."""
    return _mean_speed(np.asarray(joints_TJ3)[:, list(FOOT_JOINTS)], fps)


def body_speed(joints_TJ3: Array, fps: float) -> Float:
    """Mean speed (T,) of all joints in m/s, by central differences at the frames."""
    return _mean_speed(np.asarray(joints_TJ3), fps)


def _mean_speed(joints_TK3: Array, fps: float) -> Float:
    velocity = np.gradient(checked(joints_TK3), 1.0 / fps, axis=0)
    speed: Float = np.linalg.norm(velocity, axis=-1).mean(axis=1)
    return speed
