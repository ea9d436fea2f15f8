"""The six parts that a figure is cut into, by number, and the joints along each limb."""

from __future__ import annotations

TORSO, HEAD, LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG = range(6)
NOBODY = 255
"""The label of pixels that show none of the person."""

PART_NAMES = ("torso", "head", "left arm", "right arm", "left leg", "right leg")
ARMS = (LEFT_ARM, RIGHT_ARM)
LEGS = (LEFT_LEG, RIGHT_LEG)

CHAINS: dict[int, tuple[str, ...]] = {
    LEFT_ARM: ("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    RIGHT_ARM: ("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    LEFT_LEG: ("left_hip", "left_knee", "left_ankle", "left_foot"),
    RIGHT_LEG: ("right_hip", "right_knee", "right_ankle", "right_foot"),
}
"""The joints of each limb from its root to its tip."""
