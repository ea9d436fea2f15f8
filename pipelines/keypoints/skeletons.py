"""The points that other tools find, by our names: which of their numbers is which point.

A name that is empty stands for a point that nothing here uses.
"""

from __future__ import annotations

COCO_17: tuple[str, ...] = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
OPENPOSE_18: tuple[str, ...] = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
OPENPOSE_25: tuple[str, ...] = (
    *OPENPOSE_18[:8], "pelvis", *OPENPOSE_18[8:], "left_foot", "", "", "right_foot", "", "",
)  # fmt: skip
COCO_FEET: tuple[str, ...] = (
    "left_foot", "left_small_toe", "left_heel", "right_foot", "right_small_toe", "right_heel",
)  # fmt: skip
COCO_25_EASY_VITPOSE: tuple[str, ...] = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "neck", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip", "pelvis", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_foot",
    "left_small_toe", "left_heel", "right_foot", "right_small_toe", "right_heel",
)  # fmt: skip
"""What easy_ViTPose calls coco_25: not COCO's order
(docs/reference/published-evaluation.md#mistakes-and-corrections, 2)."""

BLAZEPOSE_COUNT = 33
BLAZEPOSE: dict[str, int] = {
    "nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8,
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14,
    "left_wrist": 15, "right_wrist": 16, "left_hip": 23, "right_hip": 24,
    "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
}  # fmt: skip
"""MediaPipe's landmark of each point that it shares with COCO, in COCO's order."""
BLAZEPOSE_FEET: dict[str, int] = {
    "left_foot": 31, "right_foot": 32, "left_heel": 29, "right_heel": 30,
}  # fmt: skip
"""Of a foot it marks the tip of the toes."""
BLAZEPOSE_KNUCKLES: dict[str, tuple[int, int]] = {"left_hand": (17, 19), "right_hand": (18, 20)}
"""Little finger and index finger; the hand joint of SMPL lies between them."""
BLAZEPOSE_TOES: dict[str, tuple[int, int]] = {"left_foot": (27, 31), "right_foot": (28, 32)}
"""Ankle and tip of the toes; SMPL's foot joint, their base, lies TO_TOE_JOINT of the way."""
TO_TOE_JOINT = 0.8
