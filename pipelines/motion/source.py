"""Motion on a skeleton that is not ours, as read from a file and before retargeting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import UnsuitableInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SourceMotion:
    """A skeleton in its own units and axes, and its local rotations over time.

    Shapes: T frames, J joints of the source.

    Attributes:
        names: one per joint.
        parents: index of each joint's parent, -1 for a root; parents come before their children.
        offsets_J3: each joint's place in its parent's frame.
        rotations_TJ33: local rotations relative to the pose in which every rotation is identity.
        root_T3: position of joint 0.
        fps: frames per second.
        path: for error messages.
        translations_TJ3: each joint's place in its parent's frame over time, where bones change
            length or a joint other than the root travels; None: the offsets always hold.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets_J3: Floats
    rotations_TJ33: Floats
    root_T3: Floats
    fps: float
    path: str = ""
    translations_TJ3: Floats | None = None

    def validate(self) -> SourceMotion:
        """Return self, or raise UnsuitableInput if it holds no frames or a number is not finite."""
        if len(self.rotations_TJ33) == 0:
            raise UnsuitableInput(f"{self.path}: holds no frames")
        if not 0 < self.fps <= 1000:
            raise UnsuitableInput(f"{self.path}: frame rate {self.fps} is not plausible")
        for array in (self.offsets_J3, self.rotations_TJ33, self.root_T3, self.translations_TJ3):
            if array is not None and not np.isfinite(array).all():
                raise UnsuitableInput(f"{self.path}: holds NaN or infinity")
        return self

    def rest_positions(self) -> Floats:
        """(J, 3) joint positions when no joint is turned."""
        positions = np.zeros_like(self.offsets_J3)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                positions[joint] = positions[parent] + self.offsets_J3[joint]
        return positions

    def pose(self) -> tuple[Floats, Floats]:
        """Positions (T, J, 3) and global rotations (T, J, 3, 3), in the file's units and axes."""
        positions = np.empty(self.rotations_TJ33.shape[:-1])
        turned = np.empty_like(self.rotations_TJ33)
        for joint, parent in enumerate(self.parents):
            if parent < 0:
                positions[:, joint] = self.root_T3
                turned[:, joint] = self.rotations_TJ33[:, joint]
                continue
            if self.translations_TJ3 is None:
                bone = turned[:, parent] @ self.offsets_J3[joint]
            else:
                bone = np.einsum("tij,tj->ti", turned[:, parent], self.translations_TJ3[:, joint])
            positions[:, joint] = positions[:, parent] + bone
            turned[:, joint] = turned[:, parent] @ self.rotations_TJ33[:, joint]
        return positions, turned
