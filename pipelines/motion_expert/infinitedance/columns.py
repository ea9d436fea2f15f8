"""Names of the 264 columns of InfiniteDance's motion, and of the two more that make 266.

docs/reference/infinitedance.md#motion-features. y is up; lengths in metres, velocities per frame.
"""

from __future__ import annotations

from pipelines.body.skeleton import JOINT

WIDTH = 264
JOINTS = 22
"""The body without its hands."""

height = slice(0, 1)
yaw = slice(1, 2)
"""Half the angle by which the body is turned to face +z."""
yaw_velocity = slice(2, 3)
ground_velocity = slice(3, 5)
"""Of the pelvis, x and z in the frame that faces +z."""
root = slice(0, 5)
places = slice(5, 68)
"""Of joints 1 to 21 in the same frame, x and z from the pelvis, y from the floor."""
sixes = slice(68, 194)
"""Local rotations of joints 1 to 21: the first two columns of each matrix."""
velocities = slice(194, 260)
"""Of all 22 joints, from this frame to the next, in this one's facing frame."""
contacts = slice(260, 264)
KINDS = (height, yaw, yaw_velocity, ground_velocity, places, sixes, velocities, contacts)
"""All columns, each kind of one unit and meaning."""
CONTACT_JOINTS: tuple[int, ...] = tuple(
    JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "foot")
)
"""Left ankle, left toes, right ankle, right toes: another order than our own labels have."""

FULL_WIDTH = 266
FULL_X, FULL_Z = 0, 2
"""Where the pelvis is on the ground: the columns that 266 numbers have and 264 have not."""
