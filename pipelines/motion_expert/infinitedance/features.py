"""From a dance to InfiniteDance's 264 or 266 numbers a frame, and exactly back.

docs/reference/infinitedance.md#motion-features. The numbers have no column for how the pelvis is
tilted. It is found again as the rotation that lays the skeleton, posed by its local rotations, onto
the joints' places: exact where both agree, and the best of all joints where they do not.

Shapes: T frames, J = 22 joints, K = 21 of them below the pelvis.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, JOINT_NAMES, TO_Z_UP, forward_kinematics
from pipelines.motion.motion import Motion
from pipelines.motion_expert.infinitedance import columns
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.float32]
Float = NDArray[np.float64]

_CONTACT = 0.002
"""Squared metres a frame: below it a foot point counts as planted."""
_LEFT, _RIGHT = ([JOINT[f"{side}_{part}"] for part in ("hip", "shoulder")]
                 for side in ("left", "right"))  # fmt: skip


def encode(motion: Motion) -> Array:
    """A 30 fps motion as (T, 264) float32; it begins above the origin and faces +z.

    The last frame has no next one: it keeps the velocities of the frame before, which no recovery
    reads.
    """
    return np.delete(encode_full(motion, at_origin=True), (columns.FULL_X, columns.FULL_Z), axis=1)


def encode_full(motion: Motion, at_origin: bool = False) -> Array:
    """A 30 fps motion as (T, 266) float32.

    Args:
        at_origin: begin above the origin facing +z, as published; else where the dancer stands.

    Raises:
        UnsuitableInput: another frame rate, or fewer than two frames.
    """
    if motion.fps != MOTION_FPS or motion.frames < 2:
        raise UnsuitableInput(
            f"{motion.source or 'the motion'}: {motion.frames} frames at {motion.fps:g} per second "
            f"cannot be encoded; at least 2 at {MOTION_FPS:g} are needed"
        )
    rotations = motion.rotations()
    joints_TJ3 = forward_kinematics(rotations, motion.trans)[0][:, : columns.JOINTS] @ TO_Z_UP
    half_T = half_angles(joints_TJ3)
    if at_origin:
        joints_TJ3 = _about_y(joints_TJ3 - joints_TJ3[0, 0] * [1.0, 0.0, 1.0], 2 * half_T[:1])
        half_T = half_T - half_T[0]
    steps_TJ3 = _repeated(np.diff(joints_TJ3, axis=0))
    turned_TJ3 = _about_y(steps_TJ3, 2 * half_T)
    pelvis_T3 = joints_TJ3[:, 0]
    local_TJ3 = _about_y(joints_TJ3 - pelvis_T3[:, None] * [1.0, 0.0, 1.0], 2 * half_T)
    feet_T4 = (steps_TJ3[:, columns.CONTACT_JOINTS] ** 2).sum(-1)
    parts = [
        pelvis_T3, half_T[:, None], _repeated(np.diff(half_T))[:, None], turned_TJ3[:, 0, [0, 2]],
        local_TJ3[:, 1:].reshape(len(half_T), -1),
        columns_of(rotations[:, 1 : columns.JOINTS]).reshape(len(half_T), -1),
        turned_TJ3.reshape(len(half_T), -1), feet_T4 < _CONTACT,
    ]  # fmt: skip
    encoded: Array = np.concatenate(parts, axis=1).astype(np.float32)
    return encoded


def decode(features: Array, genre: str | None = None) -> Motion:
    """Features (T, 264), or (T, 266) with the place, as a motion at 30 fps; hands are at rest.

    Path and facing are summed up from their velocities, so that of 264 columns only the first
    frame's yaw says where it begins. Raises UnsuitableInput for another width.
    """
    start = np.zeros(2)
    if features.shape[1] == columns.FULL_WIDTH:
        ground = [columns.FULL_X, columns.FULL_Z]
        start, features = features[0, ground].astype(np.float64), np.delete(features, ground, 1)
    if features.shape[1] != columns.WIDTH:
        raise UnsuitableInput(f"motion features are {features.shape[1]} wide, not {columns.WIDTH}")
    x = features.astype(np.float64)
    half_T, pelvis_T3 = _path(x, start)
    local = np.tile(np.eye(3), (len(x), len(JOINT_NAMES), 1, 1))
    local[:, 1 : columns.JOINTS] = matrix_of_columns(x[:, columns.sixes].reshape(len(x), -1, 6))
    tilt_T33 = _tilt(local, x)
    local[:, 0] = TO_Z_UP @ _turn(-2 * half_T) @ tilt_T33
    return Motion(
        poses=matrix_to_axis_angle(local).astype(np.float32),
        trans=(pelvis_T3 @ TO_Z_UP.T).astype(np.float32),
        fps=MOTION_FPS, genre=genre, source="infinitedance",
    )  # fmt: skip


def from_start(features_TD: Array) -> Array:
    """The same window, its yaw counted from its own first frame; what windows are cut into."""
    cut = features_TD.copy()
    cut[:, columns.yaw] -= cut[:1, columns.yaw]
    return cut


def half_angles(joints_TJ3: NDArray[np.floating[Any]]) -> Float:
    """Half the angle (T,) about y that turns each frame to face +z, without jumps.

    The dancer faces where the line from left to right, hips and shoulders together, turned by a
    quarter points. Where that line is upright the frame before decides.
    """
    across_T3 = (joints_TJ3[:, _RIGHT] - joints_TJ3[:, _LEFT]).sum(1)
    facing_T = np.arctan2(across_T3[:, 2], -across_T3[:, 0])
    upright = np.linalg.norm(across_T3[:, [0, 2]], axis=-1) < 1e-6
    known = np.where(upright, 0, np.arange(len(facing_T)))
    facing_T = facing_T[np.maximum.accumulate(known)]
    return -np.unwrap(facing_T) / 2


def columns_of(matrices: NDArray[np.floating[Any]]) -> Float:
    """The first two columns of rotations, one after the other. (..., 3, 3) -> (..., 6)."""
    both = np.swapaxes(matrices[..., :2], -1, -2)
    return np.asarray(both.reshape(*matrices.shape[:-2], 6), dtype=np.float64)


def matrix_of_columns(sixes: Float) -> Float:
    """The inverse: x along the first, z across both, y completes them. (..., 6) -> (..., 3, 3)."""
    first, second = sixes[..., :3], sixes[..., 3:]
    flat = np.linalg.norm(np.cross(first, second), axis=-1, keepdims=True) < 1e-6
    first, second = np.where(flat, [1.0, 0, 0], first), np.where(flat, [0, 1.0, 0], second)
    x = first / np.linalg.norm(first, axis=-1, keepdims=True)
    z = np.cross(x, second)
    z = z / np.linalg.norm(z, axis=-1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _path(x_TD: Float, start_2: Float) -> tuple[Float, Float]:
    """Half angles (T,) and the pelvis's place (T, 3), summed up from the velocities."""
    half_T: Float = x_TD[0, columns.yaw] + _summed(x_TD[:, columns.yaw_velocity])[:, 0]
    step_T3 = np.zeros((len(x_TD), 1, 3))
    step_T3[:, 0, [0, 2]] = x_TD[:, columns.ground_velocity]
    ground_T3 = _summed(_about_y(step_T3, -2 * half_T)[:, 0])
    ground_T3[:, [0, 2]] += start_2
    ground_T3[:, 1] = x_TD[:, columns.height.start]
    return half_T, ground_T3


def _tilt(local_TJ33: Float, x_TD: Float) -> Float:
    """The rotation (T, 3, 3) of the pelvis in the facing frame that fits all joints best."""
    unturned = local_TJ33.copy()
    unturned[:, 0] = np.eye(3)
    posed_TK3 = forward_kinematics(unturned, np.zeros((len(x_TD), 3)))[0][:, 1 : columns.JOINTS]
    seen_TK3 = x_TD[:, columns.places].reshape(len(x_TD), -1, 3).copy()
    seen_TK3[..., 1] -= x_TD[:, columns.height]
    u, _, vt = np.linalg.svd(np.einsum("tki,tkj->tij", seen_TK3, posed_TK3))
    sign = np.ones((len(x_TD), 3))
    sign[:, 2] = np.linalg.det(u @ vt)
    return np.asarray((u * sign[:, None]) @ vt)


def _about_y(points_TJ3: Float, angle_T: Float) -> Float:
    """Points turned about y, each frame by its angle (or all by one)."""
    turn_T33 = np.broadcast_to(_turn(angle_T), (len(points_TJ3), 3, 3))
    return np.asarray(np.einsum("tij,tkj->tki", turn_T33, points_TJ3))


def _turn(angle_T: Float) -> Float:
    """Rotations (T, 3, 3) about y."""
    turn = np.zeros((len(angle_T), 3, 3))
    turn[:, 0, 0] = turn[:, 2, 2] = np.cos(angle_T)
    turn[:, 0, 2], turn[:, 2, 0], turn[:, 1, 1] = np.sin(angle_T), -np.sin(angle_T), 1.0
    return turn


def _summed(steps_T: Float) -> Float:
    """Where steps lead to before each frame: 0 at the first."""
    return np.concatenate([np.zeros_like(steps_T[:1]), np.cumsum(steps_T[:-1], axis=0)])


def _repeated(steps: Float) -> Float:
    """With the last step once more, as many as there are frames."""
    return np.concatenate([steps, steps[-1:]])
