"""Where BlazePose's landmarks lie on our skeleton: each is fixed to one joint.

Offsets: docs/reference/capture.md#markers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, PARENTS
from pipelines.keypoints.skeletons import BLAZEPOSE, BLAZEPOSE_FEET

Floats = NDArray[np.float64]

_LEFT: dict[str, tuple[str, tuple[float, float, float]]] = {
    "ear": ("head", (0.050, 0.037, 0.030)),
    "shoulder": ("left_shoulder", (-0.012, -0.016, 0.023)),
    "elbow": ("left_elbow", (0.006, 0.004, 0.020)),
    "wrist": ("left_wrist", (0.0, 0.0, 0.0)),
    "hip": ("pelvis", (0.086, -0.045, 0.008)),
    "knee": ("left_knee", (0.0, 0.009, -0.004)),
    "ankle": ("left_ankle", (0.0, 0.021, 0.007)),
    "heel": ("left_ankle", (-0.015, -0.045, -0.044)),
    "foot": ("left_ankle", (0.045, -0.052, 0.173)),
}
"""Of the left side: the joint, and metres from it in its own axes at rest."""
_HANDS: dict[int, tuple[float, float, float]] = {17: (0.081, -0.018, -0.012),
                                                 19: (0.088, -0.021, 0.006)}  # fmt: skip
"""Knuckles of the left hand's little and index finger, from the wrist."""
_NOSE = (0.0, 0.016, 0.108)


def _placed() -> tuple[tuple[int, int, tuple[float, float, float]], ...]:
    """(landmark, joint, offset) of every landmark that is used, both sides alike."""
    numbers = BLAZEPOSE | BLAZEPOSE_FEET
    placed: list[tuple[int, int, tuple[float, float, float]]] = [
        (numbers["nose"], JOINT["head"], _NOSE)
    ]
    for name, (joint, (x, y, z)) in _LEFT.items():
        for side, sign in (("left", 1.0), ("right", -1.0)):
            number = JOINT[joint.replace("left", side)]
            placed.append((numbers[f"{side}_{name}"], number, (sign * x, y, z)))
    for mark, (x, y, z) in _HANDS.items():
        placed.append((mark, JOINT["left_wrist"], (x, y, z)))
        placed.append((mark + 1, JOINT["right_wrist"], (-x, y, z)))
    return tuple(sorted(placed))


_PLACED = _placed()
MARKS: tuple[int, ...] = tuple(mark for mark, _, _ in _PLACED)
"""The K landmarks that are used, by BlazePose's numbers."""
MARK_JOINTS: tuple[int, ...] = tuple(joint for _, joint, _ in _PLACED)
"""(K,) the joint that each is fixed to."""
MARK_OFFSETS: Floats = np.array([offset for _, _, offset in _PLACED])
"""(K, 3) metres in that joint's axes, for the skeleton of `OFFSETS`."""
HIPS = tuple(MARKS.index(BLAZEPOSE[f"{side}_hip"]) for side in ("left", "right"))
"""Places in MARKS of the two that the origin of world landmarks lies between."""


def mark_trust() -> Floats:
    """(K,) how far each kind of landmark is to be trusted: hands and face less than limbs."""
    trust = np.ones(len(MARKS))
    for place, mark in enumerate(MARKS):
        if mark in (17, 18, 19, 20):
            trust[place] = 0.15
        elif mark in (0, 7, 8):
            trust[place] = 0.3
        elif mark in (29, 30, 31, 32):
            trust[place] = 0.5
    return trust


def moved_by() -> NDArray[np.bool_]:
    """(K, 24) whether turning a joint moves a landmark: it, or its joint, hangs on it."""
    chain = np.zeros((len(MARKS), len(PARENTS)), bool)
    for place, joint in enumerate(MARK_JOINTS):
        above = joint
        while above >= 0:
            chain[place, above] = True
            above = PARENTS[above]
    return chain
