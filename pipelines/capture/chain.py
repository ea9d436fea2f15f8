"""How landmarks move when joints turn: the Jacobian of a posed skeleton's marks.

Turns are rotation vectors in the axes of the space that the body stands in (here the camera's),
for groups of joints that turn together; knees and elbows only bend.
Shapes: T frames, K marks, J = 24 joints, P = 46 parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT, PARENTS, forward_kinematics
from pipelines.capture.markers import MARK_JOINTS, MARK_OFFSETS, moved_by
from pipelines.capture.start_pose import HINGES
from pipelines.capture.turning import skew

Floats = NDArray[np.float64]

_SIDES = ("left", "right")
BALLS: tuple[tuple[int, ...], ...] = (
    (JOINT["pelvis"],),
    (JOINT["spine1"], JOINT["spine2"], JOINT["spine3"]),
    (JOINT["neck"], JOINT["head"]),
    *(
        (JOINT[f"{side}_{name}"],)
        for name in ("collar", "shoulder", "wrist", "hip", "ankle")
        for side in _SIDES
    ),
)
"""Groups of joints that turn freely; those of one group share a turn."""
TRANS = slice(0, 3)
ROOT = slice(3, 6)
_FIRST_HINGE = 3 + 3 * len(BALLS)
PARAMETERS = _FIRST_HINGE + len(HINGES)


def ball(group: int) -> slice:
    """The parameters of a group of BALLS."""
    return slice(3 + 3 * group, 6 + 3 * group)


def hinge(number: int) -> int:
    """The parameter of a joint of HINGES."""
    return _FIRST_HINGE + number


@dataclass(frozen=True)
class Build:
    """The lengths of one person's bones.

    Attributes:
        offsets: (24, 3) joints' places in their parents' frames.
        marks: (K, 3) landmarks' places in their joints' frames.
    """

    offsets: Floats
    marks: Floats

    @staticmethod
    def of(offsets: Floats, scale: float = 1.0) -> Build:
        """A body with these offsets whose landmarks lie as far off its joints as `scale` says."""
        return Build(offsets, MARK_OFFSETS * scale)


@dataclass(frozen=True)
class Posed:
    """A posed body: joints (T, J, 3), global rotations (T, J, 3, 3) and marks (T, K, 3)."""

    joints: Floats
    turned: Floats
    marks: Floats


def posed(rotations_TJ33: Floats, trans_T3: Floats, build: Build) -> Posed:
    """Forward kinematics of joints and marks."""
    joints, turned = forward_kinematics(rotations_TJ33, trans_T3, build.offsets)
    here = list(MARK_JOINTS)
    marks = joints[:, here] + np.einsum("tkij,kj->tki", turned[:, here], build.marks)
    return Posed(joints, turned, marks)


def jacobian(body: Posed) -> Floats:
    """(T, K, 3, P): how each mark moves with each parameter."""
    frames, marks = body.marks.shape[:2]
    found = np.zeros((frames, marks, 3, PARAMETERS))
    found[..., TRANS] = np.eye(3)
    chain = moved_by()
    for group, joints in enumerate(BALLS):
        for joint in joints:
            arm = body.marks - body.joints[:, joint, None]
            moved = chain[:, joint]
            found[:, moved, :, ball(group)] += skew(arm[:, moved]) / -len(joints)
    for number, (joint, axis) in enumerate(HINGES.items()):
        moved = chain[:, joint]
        arm = body.marks[:, moved] - body.joints[:, joint, None]
        around = (body.turned[:, joint] @ np.array(axis))[:, None]
        place = slice(hinge(number), hinge(number) + 1)
        found[:, moved, :, place] = np.cross(around, arm)[..., None]
    return found


def turned_by(rotations_TJ33: Floats, body: Posed, step_TP: Floats) -> Floats:
    """Local rotations after a step of the parameters; the translation's part is left to you."""
    rotations = rotations_TJ33.copy()
    for group, joints in enumerate(BALLS):
        turn = axis_angle_to_matrix(step_TP[:, ball(group)] / len(joints))
        for joint in joints:
            parent = PARENTS[joint]
            if parent < 0:
                rotations[:, joint] = turn @ rotations[:, joint]
                continue
            above = body.turned[:, parent]
            here = np.swapaxes(above, -1, -2) @ turn @ above
            rotations[:, joint] = here @ rotations[:, joint]
    for number, (joint, axis) in enumerate(HINGES.items()):
        bend = axis_angle_to_matrix(step_TP[:, hinge(number), None] * np.array(axis))
        rotations[:, joint] = rotations[:, joint] @ bend
    return rotations
