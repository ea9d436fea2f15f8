"""Motion on a skeleton that is not ours, as read from a file and before retargeting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.support.errors import UnsuitableInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SourceMotion:
    """A skeleton in its own units and axes, and its local rotations over time.

    Shapes: T frames, J joints of the source.

    Attributes:
        names: one per joint.
        parents: index of each joint's parent, -1 for a root; parents come before their children.
        offsets: (J, 3) each joint's place in its parent's frame.
        rotations: (T, J, 3, 3) local rotations; all identity is the rest pose.
        root: (T, 3) position of joint 0.
        fps: frames per second.
        path: for error messages.
        translations: (T, J, 3) each joint's place in its parent's frame over time, where bones
            change length or a joint other than the root travels; None: the offsets always hold.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Floats
    rotations: Floats
    root: Floats
    fps: float
    path: str = ""
    translations: Floats | None = None

    def validate(self) -> SourceMotion:
        """Return self, or raise UnsuitableInput if it holds no frames or a number is not finite."""
        if len(self.rotations) == 0:
            raise UnsuitableInput(f"{self.path}: holds no frames")
        if not 0 < self.fps <= 1000:
            raise UnsuitableInput(f"{self.path}: frame rate {self.fps} is not plausible")
        for array in (self.offsets, self.rotations, self.root, self.translations):
            if array is not None and not np.isfinite(array).all():
                raise UnsuitableInput(f"{self.path}: holds NaN or infinity")
        return self

    def rest_positions(self) -> Floats:
        """(J, 3) joint positions when no joint is turned."""
        positions = np.zeros_like(self.offsets)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                positions[joint] = positions[parent] + self.offsets[joint]
        return positions

    def pose(self) -> tuple[Floats, Floats]:
        """Positions (T, J, 3) and global rotations (T, J, 3, 3), in the file's units and axes."""
        positions = np.empty(self.rotations.shape[:-1])
        turned = np.empty_like(self.rotations)
        for joint, parent in enumerate(self.parents):
            if parent < 0:
                positions[:, joint] = self.root
                turned[:, joint] = self.rotations[:, joint]
                continue
            if self.translations is None:
                bone = turned[:, parent] @ self.offsets[joint]
            else:
                bone = np.einsum("tij,tj->ti", turned[:, parent], self.translations[:, joint])
            positions[:, joint] = positions[:, parent] + bone
            turned[:, joint] = turned[:, parent] @ self.rotations[:, joint]
        return positions, turned
