"""MACE-Dance's features of 2D poses as published, with every mistake.

Another joint table than the detector's, x and y swapped, unseen joints as zeros, pixels:
docs/reference/published-evaluation.md#mace-dance-in-2d. T frames, K points.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from pipelines.metrics.geometric import FEATURE_COUNT
from pipelines.metrics.joints import Array, Float

# What the script believes to be where in the detector's 25 points:
# docs/reference/published-evaluation.md#mistakes-and-corrections, 2.
_TABLE = {
    "left_shoulder": 5, "right_shoulder": 6, "left_elbow": 7, "right_elbow": 8, "left_wrist": 9,
    "right_wrist": 10, "left_hip": 11, "right_hip": 12, "left_knee": 13, "right_knee": 14,
    "left_ankle": 15, "right_ankle": 16,
}  # fmt: skip
_TABLE_HIPS = (_TABLE["left_hip"], _TABLE["right_hip"])
_PLACES = _TABLE | {"root": 25, "neck": 26, "zero": 27, "down": 28}

# What the collapsed tests come down to: speeds of single joints, and angles.
_FAST_TESTS = (
    (0, "neck", 1.8), (1, "neck", 1.8), (4, "root", 1.8), (5, "root", 1.8),
    (9, "left_wrist", 1.4), (10, "right_wrist", 1.4), (11, "left_wrist", 1.4),
    (12, "right_wrist", 2.5), (13, "left_wrist", 2.5), (21, "right_ankle", 2.5),
    (22, "left_ankle", 2.5), (31, "root", 2.3),
)  # fmt: skip
_ANGLE_TESTS = (
    (6, ("right_elbow", "right_shoulder", "right_elbow", "right_wrist"), (0, 110)),
    (7, ("left_elbow", "left_shoulder", "left_elbow", "left_wrist"), (0, 110)),
    (19, ("right_knee", "right_hip", "right_knee", "right_ankle"), (0, 110)),
    (20, ("left_knee", "left_hip", "left_knee", "left_ankle"), (0, 110)),
    (23, ("neck", "root", "right_shoulder", "right_elbow"), (25, 180)),
    (24, ("neck", "root", "left_shoulder", "left_elbow"), (25, 180)),
    (25, ("neck", "root", "right_hip", "right_knee"), (50, 180)),
    (26, ("neck", "root", "left_hip", "left_knee"), (50, 180)),
    (28, ("neck", "root", "zero", "down"), (70, 110)),
)
_FAST_NUMBERS = [number for number, _, _ in _FAST_TESTS]
_MOVING = sorted({_PLACES[name] for _, name, _ in _FAST_TESTS})
_FAST_JOINTS = [_MOVING.index(_PLACES[name]) for _, name, _ in _FAST_TESTS]
_FAST_LIMITS = np.array([[limit] for _, _, limit in _FAST_TESTS])
_ANGLE_NUMBERS = [number for number, _, _ in _ANGLE_TESTS]
_ANGLE_JOINTS = np.array([[_PLACES[name] for name in names] for _, names, _ in _ANGLE_TESTS]).T
_ANGLE_LIMITS = np.cos(np.radians([limits for _, _, limits in _ANGLE_TESTS]))


def kinetic_2d_official(stored_TK3: Array, frame_time: float = 1 / 30) -> Float:
    """MACE's 75 kinetic features of an easy_ViTPose array, axes and joint table as published."""
    points = np.asarray(stored_TK3, dtype=np.float64)[..., :2]
    hips = list(_TABLE_HIPS)
    points = points - points[:, hips].mean(axis=1, keepdims=True)
    velocity = _box(_steps(points) / frame_time)
    acceleration = _box(_steps(velocity) / frame_time)
    mean = (velocity**2).mean(axis=0)
    effort = np.linalg.norm(acceleration, axis=-1).mean(axis=0)
    features: Float = np.concatenate([mean, effort[:, None]], axis=1).reshape(-1)
    return features


def geometric_2d_official(stored_TK3: Array) -> Float:
    """MACE's 32 geometric features of an easy_ViTPose array; 11 of them are always 0."""
    points = np.asarray(stored_TK3, dtype=np.float64)[..., :2].transpose(1, 2, 0)
    joints = np.zeros((len(points) + 4, *points.shape[1:]))
    joints[: len(points)] = points
    joints[_PLACES["root"]] = (points[_TABLE["left_hip"]] + points[_TABLE["right_hip"]]) / 2
    shoulders = points[_TABLE["left_shoulder"]], points[_TABLE["right_shoulder"]]
    joints[_PLACES["neck"]] = (shoulders[0] + shoulders[1]) / 2
    joints[_PLACES["down"], 1] = 1.0
    across = joints[_TABLE["left_shoulder"], :, 0] - joints[_TABLE["right_shoulder"], :, 0]
    width = float(np.hypot(*across)) + 1e-6
    frames = joints.shape[2] - 1
    features = np.zeros(FEATURE_COUNT)

    step = np.diff(joints[_MOVING], axis=2)
    speed = np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2)[_FAST_JOINTS]
    features[_FAST_NUMBERS] = np.count_nonzero(speed > _FAST_LIMITS * width, axis=1) / frames

    a, b, c, d = joints[_ANGLE_JOINTS][..., 1:]
    one, other = b - a, d - c
    lengths = [np.sqrt(v[:, 0] ** 2 + v[:, 1] ** 2) + 1e-6 for v in (one, other)]
    cosine = (one[:, 0] / lengths[0]) * (other[:, 0] / lengths[1])
    cosine += (one[:, 1] / lengths[0]) * (other[:, 1] / lengths[1])
    cosine = np.minimum(np.maximum(cosine, -1), 1)
    inside = (cosine <= _ANGLE_LIMITS[:, :1]) & (cosine >= _ANGLE_LIMITS[:, 1:])
    features[_ANGLE_NUMBERS] = np.count_nonzero(inside, axis=1) / frames
    return features


def _steps(values_TK2: Float) -> Float:
    """First differences with the first one repeated."""
    steps = np.diff(values_TK2, axis=0)
    return np.concatenate([steps[:1], steps])


def _box(values_TK2: Float) -> Float:
    smooth: Float = uniform_filter1d(values_TK2, 5, axis=0, mode="constant")
    return smooth
