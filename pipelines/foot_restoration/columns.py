"""Names of the 265 numbers per frame that the Foot Restoration Diffusion Model speaks in.

docs/reference/foot-restoration.md#the-265-numbers. Everything is in the heading frame of its own
frame: the world turned about the vertical so that the pelvis faces +x.
"""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 265
JOINTS = 22
"""Of the 24 joints the two hands are left alone."""
yaw_rate, root_xy, height = slice(0, 1), slice(1, 3), slice(3, 4)
root = slice(0, 4)
"""Turn to the next frame, rad; way to the next frame, metres; height of the pelvis, metres."""
tilt = slice(4, 10)
"""6D rotation of the pelvis in its heading frame: ours, the paper's 259 numbers lack it."""
velocity = slice(10, 76)
"""Way of joints 0 to 21 to the next frame, metres."""
position = slice(76, 139)
"""Joints 1 to 21 from the pelvis, metres."""
rotation = slice(139, 265)
"""Local 6D rotations of joints 1 to 21."""

LEGS = (4, 5, 7, 8, 10, 11)
"""Knees, ankles, toes."""
FEET = (7, 8, 10, 11)
TURNED = (1, 2, 4, 5, 7, 8)
"""Joints whose rotations move the legs: hips, knees, ankles."""


def velocities(joints: Sequence[int]) -> list[int]:
    """Columns of the ways of these joints (0 to 21), joint by joint."""
    return [velocity.start + 3 * joint + axis for joint in joints for axis in range(3)]


def positions(joints: Sequence[int]) -> list[int]:
    """Columns of the places of these joints (1 to 21), joint by joint."""
    return [position.start + 3 * (joint - 1) + axis for joint in joints for axis in range(3)]


def rotations(joints: Sequence[int]) -> list[int]:
    """Columns of the rotations of these joints (1 to 21), joint by joint."""
    return [rotation.start + 6 * (joint - 1) + part for joint in joints for part in range(6)]


MERGED: tuple[int, ...] = (
    *range(root.start, root.stop), *velocities((0, *LEGS)), *positions(LEGS), *rotations(TURNED),
)  # fmt: skip
"""What is repaired: root, knees and feet (79 columns); the rest of the body stays as it is."""
