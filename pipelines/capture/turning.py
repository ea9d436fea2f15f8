"""Small tools for turning bones: frames from two directions, arcs, rotation vectors.

Shapes: T frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import axis_angle_to_matrix

Floats = NDArray[np.float64]


def unit(vectors: Floats) -> Floats:
    """Directions (..., 3) at length 1; those without a length stay 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Floats = vectors / np.maximum(length, 1e-12)
    return result


def dot(a: Floats, b: Floats) -> Floats:
    """(..., 3), (..., 3) -> (..., 1)."""
    result: Floats = (a * b).sum(-1, keepdims=True)
    return result


def frame_of(first: Floats, second: Floats) -> Floats:
    """Rotations (..., 3, 3) whose x column is `first`, whose y column leans to `second`."""
    x = unit(first)
    y = unit(second - dot(second, x) * x)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def arc(source: Floats, target: Floats) -> Floats:
    """Shortest rotations (..., 3, 3) between unit vectors."""
    axis = np.cross(source, target)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, dot(source, target))
    return axis_angle_to_matrix(axis / np.maximum(sine, 1e-12) * angle)


def skew(vectors: Floats) -> Floats:
    """(..., 3) -> (..., 3, 3) with skew(a) b = a x b."""
    matrix = np.zeros((*vectors.shape, 3))
    x, y, z = np.moveaxis(vectors, -1, 0)
    matrix[..., 0, 1], matrix[..., 0, 2], matrix[..., 1, 2] = -z, y, -x
    matrix[..., 1, 0], matrix[..., 2, 0], matrix[..., 2, 1] = z, -y, x
    return matrix


def calmed(matrices: Floats, frames: float) -> Floats:
    """Rotations (T, ..., 3, 3) through a Gaussian of `frames` along time, made rotations again.

    Quaternions are averaged, each on the side of the one before: right for turns that differ little
    within the window.
    """
    flat = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat()
    quats = flat.reshape(*matrices.shape[:-2], 4)
    turns = np.sign((quats[1:] * quats[:-1]).sum(-1, keepdims=True))
    quats[1:] *= np.cumprod(np.where(turns == 0, 1.0, turns), axis=0)
    smooth = gaussian_filter1d(quats, frames, axis=0, mode="nearest")
    return np.asarray(Rotation.from_quat(smooth.reshape(-1, 4)).as_matrix()).reshape(matrices.shape)
