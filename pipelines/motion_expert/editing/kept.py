"""What of a dance stays while the rest is danced anew.

Shapes: T frames at 30 fps, 24 joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.joint_groups import JOINT_GROUPS
from pipelines.support.runs import runs

Flags = NDArray[np.bool_]


def joints_of(group: str) -> list[int]:
    """Numbers of the joints of one of `JOINT_GROUPS`."""
    names = JOINT_GROUPS[group]
    return [number for number, name in enumerate(JOINT_NAMES)
            if name in names or name.split("_")[-1] in names]  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A dance of which a part stays.

    Attributes:
        motion: the whole of it, T frames at 30 fps.
        joints_TJ: (T, 24) whose turn against its parent stays.
        place_T: (T,) whether the pelvis stays in its place.
    """

    motion: Motion
    joints_TJ: Flags
    place_T: Flags

    @staticmethod
    def of(motion: Motion, stays_T: Flags, groups: Sequence[str] = ()) -> Kept:
        """Frames that stay as a whole, and `JOINT_GROUPS` that stay in all the others."""
        joints = np.repeat(stays_T[:, None], len(JOINT_NAMES), axis=1)
        for group in groups:
            joints[:, joints_of(group)] = True
        place = stays_T | ("lower" in groups)
        return Kept(motion, joints, place)

    @property
    def whole(self) -> Flags:
        """(T,) frames in which everything stays."""
        return np.asarray(self.joints_TJ.all(1) & self.place_T)

    def gaps(self) -> list[tuple[int, int]]:
        """[start, stop) of the frames that are danced anew, in order."""
        return runs(~self.whole)

    def put_back(self, motion: Motion) -> Motion:
        """The motion with everything that stays as it was, to the bit."""
        poses = np.where(self.joints_TJ[..., None], self.motion.poses, motion.poses)
        trans = np.where(self.place_T[:, None], self.motion.trans, motion.trans)
        return replace(motion, poses=poses, trans=trans)
