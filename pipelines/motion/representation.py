"""The 151 numbers per frame that the Motion Expert speaks in, and their scaling.

Those of other systems: docs/reference/motion.md#the-151-numbers.

`layout` names the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import EDGE_CONTACT
from pipelines.body.rotations import (
    matrix_from_6d,
    matrix_to_6d,
    matrix_to_axis_angle,
    resample_rotations,
)
from pipelines.body.skeleton import FOOT_JOINTS, JOINT_NAMES
from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.support.conventions import MOTION_FPS

Array = NDArray[np.float32]


def encode(motion: Motion) -> Array:
    """A 30 fps motion as (T, 151) features, not normalised; the last frame counts as planted."""
    joints_T43 = motion.joints()[:, FOOT_JOINTS]
    speed_T4 = np.zeros(joints_T43.shape[:2])
    speed_T4[:-1] = np.linalg.norm(np.diff(joints_T43, axis=0), axis=-1) * motion.fps
    sixes = matrix_to_6d(motion.rotations()).reshape(motion.frames, -1)
    parts = [EDGE_CONTACT.holds(speed_T4).astype(np.float32), motion.trans, sixes]
    encoded: Array = np.concatenate(parts, axis=1).astype(np.float32)
    return encoded


def decode(
    features: Array, genre: str | None = None, least_area: float = 0.0
) -> tuple[Motion, Array]:
    """Features (T, 151) as a motion at 30 fps and contact labels (T, 4) in [0, 1].

    `least_area`: the two rows of a rotation span an area of 1. A network that wavers between two
    ways to turn answers with their mean, whose rows span hardly any: it says nothing of the
    rotation, and a body that follows it tumbles. Where the area is less, the rotation goes from
    the one before to the one after.
    """
    sixes = features[:, layout.sixes].reshape(-1, len(JOINT_NAMES), layout.SIX).astype(np.float64)
    # Two rows on one line, as an untrained network gives them, are no rotation: take none.
    area = np.linalg.norm(np.cross(sixes[..., :3], sixes[..., 3:]), axis=-1, keepdims=True)
    matrices = matrix_from_6d(np.where(area < 1e-6, [1.0, 0, 0, 0, 1, 0], sixes))
    if least_area > 0:
        _bridge(matrices, area[..., 0] >= least_area)
    motion = Motion(
        poses=matrix_to_axis_angle(matrices).astype(np.float32),
        trans=features[:, layout.root].astype(np.float32),
        fps=MOTION_FPS,
        genre=genre,
        source="motion-expert",
    )
    return motion, features[:, layout.contacts]


def _bridge(matrices_TJ33: NDArray[np.float64], sure_TJ: NDArray[np.bool_]) -> None:
    """Turn each joint evenly from its last sure rotation to its next one, in place."""
    frames = np.arange(len(matrices_TJ33), dtype=np.float64)
    for joint, sure_T in enumerate(sure_TJ.T):
        if sure_T.any() and not sure_T.all():
            sure = matrices_TJ33[sure_T, joint]
            matrices_TJ33[:, joint] = resample_rotations(sure, frames[sure_T], frames)


@dataclass(frozen=True)
class Normalizer:
    """Per-column min-max scaling to [-1, 1], fitted on training frames only.

    docs/reference/motion.md#normaliser tells who does it otherwise.

    Attributes:
        low: (K,) smallest value per column.
        scale: (K,) 2 / range; 1 where the column is constant.
    """

    low: Array
    scale: Array

    @staticmethod
    def fit(sequences: list[Array]) -> Normalizer:
        """Fit on a list of (T, K) arrays."""
        low = np.min([array.min(0) for array in sequences], axis=0)
        high = np.max([array.max(0) for array in sequences], axis=0)
        span = high - low
        constant = span < 10 * np.finfo(np.float32).eps
        scale = np.where(constant, 1.0, 2.0 / np.where(constant, 1.0, span))
        return Normalizer(low.astype(np.float32), scale.astype(np.float32))

    def transform(self, values: Array) -> Array:
        """Scale to [-1, 1], clipped."""
        return np.clip((values - self.low) * self.scale - 1.0, -1.0, 1.0).astype(np.float32)

    def inverse(self, values: Array) -> Array:
        """Clip to [-1, 1] and scale back."""
        return ((np.clip(values, -1.0, 1.0) + 1.0) / self.scale + self.low).astype(np.float32)


@dataclass(frozen=True)
class Standardizer:
    """Zero mean and unit variance per music-feature column, fitted on the training split."""

    mean: Array
    std: Array

    @staticmethod
    def fit(sequences: list[Array]) -> Standardizer:
        """Fit on a list of (T, F) arrays; constant columns keep a standard deviation of 1."""
        stacked = np.concatenate(sequences).astype(np.float64)
        std = stacked.std(0)
        std = np.where(std < 1e-6, 1.0, std)
        return Standardizer(stacked.mean(0).astype(np.float32), std.astype(np.float32))

    def transform(self, values: Array) -> Array:
        """(x - mean) / std."""
        return ((values - self.mean) / self.std).astype(np.float32)
