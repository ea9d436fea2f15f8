"""Joints that may be kept by themselves, by the endings of their names.

Nothing heavy is imported here: the command line lists them.
"""

from __future__ import annotations

_LOWER = ("pelvis", "hip", "knee", "ankle", "foot")
_TRUNK = ("spine1", "spine2", "spine3")
_HEAD = ("neck", "head")
_ARM = ("collar", "shoulder", "elbow", "wrist", "hand")

JOINT_GROUPS: dict[str, tuple[str, ...]] = {
    "upper": (*_TRUNK, *_HEAD, *_ARM),
    "lower": _LOWER,
    "left-arm": tuple(f"left_{part}" for part in _ARM),
    "right-arm": tuple(f"right_{part}" for part in _ARM),
    "head": _HEAD,
}
"""Name -> whole names of joints, or what a side's name ends in. "lower" has the pelvis, and with it
turn and place of the dancer."""
