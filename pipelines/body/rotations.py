"""Rotations between axis-angle, matrices, quaternions and the 6D form, and their resampling.

Quaternions are (w, x, y, z). The 6D form is the first two rows of the matrix, row-major: the
PyTorch3D convention of EDGE and MACE-Dance:
docs/reference/body.md#rotations-as-six-numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.floating[Any]]


def axis_angle_to_matrix(vectors: Array) -> NDArray[np.float64]:
    """Rotation vectors to matrices. Shape: (..., 3) -> (..., 3, 3)."""
    flat = np.asarray(vectors, dtype=np.float64).reshape(-1, 3)
    matrices = Rotation.from_rotvec(flat).as_matrix()
    return np.asarray(matrices).reshape(*vectors.shape[:-1], 3, 3)


def matrix_to_axis_angle(matrices: Array) -> NDArray[np.float64]:
    """Matrices to rotation vectors of length at most pi. Shape: (..., 3, 3) -> (..., 3)."""
    flat = np.asarray(matrices, dtype=np.float64).reshape(-1, 3, 3)
    vectors = Rotation.from_matrix(flat).as_rotvec()
    return np.asarray(vectors).reshape(*matrices.shape[:-2], 3)


def read_as_euler(vectors: Array) -> NDArray[np.float64]:
    """Rotation vectors (a, b, c) mistaken for Euler angles: Rz(c) Ry(b) Rx(a), as in MEGADance.

    Right for turns about one axis alone. Needed for what was made with that mistake
    (docs/reference/published-evaluation.md#mistakes-and-corrections, 10). Shape: (..., 3) ->
    (..., 3, 3).
    """
    flat = np.asarray(vectors, dtype=np.float64).reshape(-1, 3)
    matrices = Rotation.from_euler("xyz", flat).as_matrix()
    return np.asarray(matrices).reshape(*vectors.shape[:-1], 3, 3)


def euler_as_vectors(matrices: Array) -> NDArray[np.float64]:
    """The rotation vectors that `read_as_euler` was given, as far as it can be told.

    Vectors whose middle number is beyond pi / 2 come back as others that read alike. Shape:
    (..., 3, 3) -> (..., 3).
    """
    flat = np.asarray(matrices, dtype=np.float64).reshape(-1, 3, 3)
    return np.asarray(Rotation.from_matrix(flat).as_euler("xyz")).reshape(*matrices.shape[:-2], 3)


def quaternion_to_matrix(quaternions_wxyz: Array) -> NDArray[np.float64]:
    """Quaternions (w, x, y, z) of any length to matrices. Shape: (..., 4) -> (..., 3, 3)."""
    flat = np.asarray(quaternions_wxyz, dtype=np.float64).reshape(-1, 4)
    matrices = Rotation.from_quat(flat[:, [1, 2, 3, 0]]).as_matrix()
    return np.asarray(matrices).reshape(*quaternions_wxyz.shape[:-1], 3, 3)


def matrix_to_6d(matrices: Array) -> Array:
    """The first two rows of each matrix. Shape: (..., 3, 3) -> (..., 6)."""
    return matrices[..., :2, :].reshape(*matrices.shape[:-2], 6)


def matrix_from_6d(sixes: Array) -> NDArray[np.float64]:
    """Gram-Schmidt inverse of `matrix_to_6d`. Shape: (..., 6) -> (..., 3, 3)."""
    first = sixes[..., :3] / np.linalg.norm(sixes[..., :3], axis=-1, keepdims=True)
    second = sixes[..., 3:] - (first * sixes[..., 3:]).sum(-1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    stacked = np.stack([first, second, np.cross(first, second)], axis=-2)
    return np.asarray(stacked, dtype=np.float64)


def resample_rotations(matrices: Array, times: Array, new_times: Array) -> NDArray[np.float64]:
    """Spherical interpolation along the first axis.

    Args:
        matrices: (T, ..., 3, 3) with T >= 1.
        times: (T,) increasing seconds.
        new_times: (S,) seconds; values outside the range take the nearest end.

    Returns:
        (S, ..., 3, 3).
    """
    matrices = np.asarray(matrices, dtype=np.float64)
    if len(times) == 1:
        return np.repeat(matrices, len(new_times), axis=0)
    clipped = np.clip(new_times, times[0], times[-1])
    upper = np.clip(np.searchsorted(times, clipped, side="right"), 1, len(times) - 1)
    lower = upper - 1
    weight = (clipped - times[lower]) / (times[upper] - times[lower])
    before, after = matrices[lower], matrices[upper]
    step = matrix_to_axis_angle(np.swapaxes(before, -1, -2) @ after)
    weight = weight.reshape(-1, *([1] * (step.ndim - 1)))
    return np.asarray(before @ axis_angle_to_matrix(step * weight))
