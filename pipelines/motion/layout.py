"""Names of the 151 columns of encoded motion (docs/reference/motion.md#the-151-numbers).

Contacts of the four foot points, the root's place in metres, then 24 rotations in row-major 6D
form: of each matrix the first row (of the joint's axes, their x), then the second (their y).
"""

from __future__ import annotations

contacts = slice(0, 4)
"""Left ankle, right ankle, left toes, right toes."""
root = slice(4, 7)
root_x, root_y, root_z = slice(4, 5), slice(5, 6), slice(6, 7)
root_xy = slice(4, 6)
sixes = slice(7, 151)
WIDTH = 151
SIX = 6


def six(joint: int) -> slice:
    """The columns of one joint's rotation."""
    return slice(sixes.start + SIX * joint, sixes.start + SIX * (joint + 1))


pelvis = six(0)
pelvis_x, pelvis_y = slice(pelvis.start, pelvis.start + 3), slice(pelvis.start + 3, pelvis.stop)
"""World x and y of the pelvis's three axes."""
front_x, front_y = pelvis_x.stop - 1, pelvis_y.stop - 1
"""Where the pelvis faces: its own z axis, seen from above."""
heading = slice(0, pelvis.stop)
"""Up to the last column that a turn about the vertical can change."""
