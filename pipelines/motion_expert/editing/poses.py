"""Single poses that a dance has to meet: eased into and out of, the standing foot in its place.

A pose is a posture: the turns of all joints, how the pelvis is tilted and how high it is. Which way
the dancer faces and where on the floor they stand is the dance's own.

Shapes: T frames at 30 fps, 24 joints.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.body.facing import forward_of, heading
from pipelines.body.feet import foot_heights
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.contacts import standing
from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.seams import settled_between
from pipelines.support.errors import UnsuitableInput
from pipelines.support.runs import runs

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_REACH = 15
"""Frames over which a pose is eased into, and out of."""
_FASTEST = 9.0
"""Metres a second that a joint may be moved to meet a pose in time, beside what it dances."""
_IN_THE_AIR, _IN_THE_FLOOR = 0.6, 0.08
"""Metres of the lowest foot point over and under the floor; beyond, nobody stands or leaps so."""
_STEEPEST = 15 / 8
"""The bump's greatest slope, per its half width."""


@dataclass(frozen=True)
class PoseAt:
    """A pose to be met.

    Attributes:
        frame: of the dance.
        pose: a motion of one frame.
        name: how it was asked for, for messages.
    """

    frame: int
    pose: Motion
    name: str

    def checked(self) -> PoseAt:
        """Itself; raises UnsuitableInput for a body that is deep in the floor or high over it."""
        lowest = float(foot_heights(self.pose.joints()).min())
        if not -_IN_THE_FLOOR <= lowest <= _IN_THE_AIR:
            where = "over" if lowest > 0 else "in"
            raise UnsuitableInput(
                f"{self.name}: its feet are {abs(lowest):.2f} m {where} the floor",
                "take a pose whose floor is at height 0",
            )
        return self


def with_poses(motion: Motion, poses: tuple[PoseAt, ...], free_T: Flags) -> Motion:
    """The dance, which meets the poses; frames that are not free stay to the bit.

    Raises UnsuitableInput for a pose that is out of reach of what stays around it.
    """
    for one in sorted(poses, key=lambda pose: pose.frame):
        others = [other.frame for other in poses if other is not one]
        motion = _met(motion, one, free_T, others)
        free_T = free_T.copy()
        free_T[one.frame] = False
    return motion


def _met(motion: Motion, one: PoseAt, free_T: Flags, others: list[int]) -> Motion:
    start, stop = next((run for run in runs(free_T) if run[0] <= one.frame < run[1]), (0, 0))
    if start == stop:
        raise UnsuitableInput(f"{one.name}: lies in a stretch that is kept",
                              "keep less, or move the pose")  # fmt: skip
    wanted = _placed(one.pose, motion.sliced(one.frame, one.frame + 1))
    nearest = [abs(frame - one.frame) for frame in others if frame != one.frame]
    room = [_REACH, *nearest]
    if start > 0:
        room.append(one.frame - start + 1)
    if stop < motion.frames:
        room.append(stop - one.frame)
    _refuse_unreachable(motion, wanted, one, min(room))
    bent = _bent(motion, wanted, one.frame, min(room))
    begin, end = max(start, one.frame - min(room)), min(stop, one.frame + min(room) + 1)
    contacts = standing(bent.joints(), motion.fps)
    before = settled_between(motion, bent, contacts, begin, end)
    # Planting moves the legs a little; what it moved of the pose is taken back.
    again = _bent(before, wanted, one.frame, max(1, min(room) // 2))
    poses, trans = again.poses.copy(), again.trans.copy()
    poses[one.frame], trans[one.frame] = wanted.poses[0], wanted.trans[0]
    return replace(again, poses=poses, trans=trans)


def _placed(pose: Motion, there: Motion) -> Motion:
    """The pose turned as the dancer is at that moment, its lower foot where that one was."""
    facing = [heading(forward_of(m.rotations()[:, 0]))[0] for m in (there, pose)]
    about = axis_angle_to_matrix(np.array([0.0, 0.0, facing[0] - facing[1]]))
    poses, trans = pose.poses.copy(), pose.trans.copy()
    poses[:, 0] = matrix_to_axis_angle(about @ axis_angle_to_matrix(pose.poses[:, 0]))
    turned = replace(pose, poses=poses, trans=trans)
    ours, theirs = there.joints()[0, list(FOOT_JOINTS)], turned.joints()[0, list(FOOT_JOINTS)]
    foot = int(theirs[2:, 2].argmin()) + 2
    trans[:, :2] += (ours[foot, :2] - theirs[foot, :2]).astype(np.float32)
    return replace(turned, trans=trans)


def _refuse_unreachable(motion: Motion, wanted: Motion, one: PoseAt, room: int) -> None:
    apart = np.linalg.norm(motion.joints()[one.frame] - wanted.joints()[0], axis=-1).max()
    speed = _STEEPEST * apart / room * motion.fps
    if speed > _FASTEST:
        raise UnsuitableInput(
            f"{one.name}: out of reach, {apart:.1f} m from what is danced "
            f"{room / motion.fps:.2f} s before or after it",
            "move it further from what is kept and from other poses",
        )


def _bent(motion: Motion, wanted: Motion, frame: int, room: int) -> Motion:
    """The motion with a smooth bump towards the pose, `room` frames wide on either side."""
    rows = np.arange(max(0, frame - room + 1), min(motion.frames, frame + room))
    share = (1 - ((rows - frame) / room) ** 2) ** 3
    own = axis_angle_to_matrix(motion.poses[frame])
    way = matrix_to_axis_angle(np.swapaxes(own, -1, -2) @ axis_angle_to_matrix(wanted.poses[0]))
    rotations = axis_angle_to_matrix(motion.poses[rows])
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[rows] = matrix_to_axis_angle(rotations @ axis_angle_to_matrix(share[:, None, None] * way))
    trans[rows] += (share[:, None] * (wanted.trans[0] - motion.trans[frame])).astype(np.float32)
    return replace(motion, poses=poses, trans=trans)
