"""The one type of 3D dance that everything here passes around."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    resample_rotations,
)
from pipelines.body.skeleton import MIRROR, OFFSETS, forward_kinematics
from pipelines.support.errors import UnsuitableInput

_CHUNK = 2048
_NO_BETAS: NDArray[np.float32] = np.zeros(10, dtype=np.float32)


@dataclass(frozen=True)
class Motion:
    """A dance: z up, metres, the rest pose facing -y.

    Attributes:
        poses: (T, 24, 3) float32 axis-angle, SMPL joint order; joint 0 turns the y-up rest body
            into the z-up world.
        trans: (T, 3) float32 position of the pelvis.
        fps: frames per second.
        genre: label of the dance style, or None.
        source: where it came from (file, dataset, "motion-expert").
        gender: as AMASS writes it.
        betas: (10,) float32 body shape; ignored by our skeleton.
    """

    poses: NDArray[np.float32]
    trans: NDArray[np.float32]
    fps: float
    genre: str | None = None
    source: str = ""
    gender: str = "neutral"
    betas: NDArray[np.float32] = field(default_factory=_NO_BETAS.copy)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.poses)

    @property
    def seconds(self) -> float:
        """Length in seconds: frames / fps."""
        return self.frames / self.fps

    def validate(self) -> Motion:
        """Return self, or raise UnsuitableInput on wrong shapes, no frames or non-finite values."""
        name = self.source or "motion"
        if self.poses.ndim != 3 or self.poses.shape[1:] != (24, 3):
            raise UnsuitableInput(f"{name}: poses are {self.poses.shape}, expected (T, 24, 3)")
        if self.trans.shape != (self.frames, 3):
            raise UnsuitableInput(
                f"{name}: trans is {self.trans.shape}, expected ({self.frames}, 3)"
            )
        if self.frames == 0:
            raise UnsuitableInput(f"{name}: holds no frames")
        if not (np.isfinite(self.poses).all() and np.isfinite(self.trans).all()):
            bad = ~(np.isfinite(self.poses).all((1, 2)) & np.isfinite(self.trans).all(1))
            raise UnsuitableInput(f"{name}: NaN or infinity, first in frame {int(bad.argmax())}")
        if not 0 < self.fps <= 1000:
            raise UnsuitableInput(f"{name}: frame rate {self.fps} is not plausible")
        return self

    def rotations(self) -> NDArray[np.float64]:
        """Local rotation matrices (T, 24, 3, 3)."""
        return axis_angle_to_matrix(self.poses)

    def joints(self, offsets_J3: NDArray[np.float64] = OFFSETS) -> NDArray[np.float64]:
        """Joint positions (T, 24, 3), metres, z up, of a skeleton with these rest offsets."""
        positions = np.empty((self.frames, 24, 3))
        for start in range(0, self.frames, _CHUNK):
            part = slice(start, start + _CHUNK)
            rotations = axis_angle_to_matrix(self.poses[part])
            positions[part] = forward_kinematics(rotations, self.trans[part], offsets_J3)[0]
        return positions

    def sliced(self, start: int, stop: int) -> Motion:
        """Frames start (inclusive) to stop (exclusive)."""
        return replace(self, poses=self.poses[start:stop], trans=self.trans[start:stop])

    def resampled(self, fps: float) -> Motion:
        """The same dance at another frame rate, interpolated in time; the length is kept."""
        if fps == self.fps:
            return self
        count = max(1, round(self.frames * fps / self.fps))
        return self.at_times(np.arange(count) / fps, fps)

    def at_times(self, seconds: NDArray[np.floating[Any]], fps: float) -> Motion:
        """The dance sampled at the given times (S,), to be played at `fps`."""
        times = np.arange(self.frames) / self.fps
        trans = np.stack([np.interp(seconds, times, self.trans[:, k]) for k in range(3)], axis=-1)
        poses = np.empty((len(seconds), *self.poses.shape[1:]), dtype=np.float32)
        # Piece by piece: matrices take ten times the memory of the poses.
        for start in range(0, len(seconds), _CHUNK):
            wanted = seconds[start : start + _CHUNK]
            first = max(0, int(np.searchsorted(times, wanted.min(), "right")) - 1)
            last = int(np.searchsorted(times, wanted.max(), "left")) + 1
            here = axis_angle_to_matrix(self.poses[first:last])
            turned = resample_rotations(here, times[first:last], wanted)
            poses[start : start + _CHUNK] = matrix_to_axis_angle(turned)
        return replace(self, poses=poses, trans=trans.astype(np.float32), fps=fps)

    def mirrored(self) -> Motion:
        """The dance seen in a mirror: left and right limbs swapped, x negated."""
        poses = self.poses[:, list(MIRROR)] * np.array([1, -1, -1], dtype=np.float32)
        trans = self.trans * np.array([-1, 1, 1], dtype=np.float32)
        return replace(self, poses=poses, trans=trans)
