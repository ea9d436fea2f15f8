"""Where the dancer is before the camera: the translation that puts the posed marks where seen.

f (X + t_x) = u (Z + t_z) and f (Y + t_y) = v (Z + t_z), linear in t, over all marks of a frame:
docs/reference/capture.md#translation. Shapes: T frames, K marks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Floats = NDArray[np.float64]

FOCAL = 1.2
"""Focal length over the picture's longer side, where nobody knows it."""
_FEWEST = 4.0
_DEPTH_SECONDS = 0.2
_ROUNDS, _ROUGH = 3, 0.08


def way_before_camera(
    marks_TK3: Floats, pixels_TK2: Floats, weight_TK: Floats, focal: float, fps: float
) -> Floats:
    """(T, 3) metres in the camera's axes, from which the marks are seen at those pixels.

    Args:
        marks_TK3: about the pelvis, in the camera's axes.
        pixels_TK2: from the picture's centre.
        weight_TK: trust in each; frames with less than four marks' worth are interpolated.
    """
    x, y, z = np.moveaxis(marks_TK3, -1, 0)
    u, v = pixels_TK2[..., 0] / focal, pixels_TK2[..., 1] / focal
    zero, one = np.zeros_like(u), np.ones_like(u)
    rows = np.stack([np.stack([one, zero, -u], -1), np.stack([zero, one, -v], -1)], 2)
    right = np.stack([u * z - x, v * z - y], -1)
    weight = weight_TK.copy()
    for _ in range(_ROUNDS):
        weighted = rows * weight[..., None, None]
        normal = np.einsum("tkri,tkrj->tij", weighted, rows) + 1e-6 * np.eye(3)
        found = np.linalg.solve(normal, np.einsum("tkri,tkr->ti", weighted, right)[..., None])
        off = np.linalg.norm((rows @ found[:, None])[..., 0] - right, axis=-1)
        weight = weight_TK / (1 + (off / _ROUGH) ** 2) ** 2
    way = found[..., 0]
    known = (weight_TK.sum(1) >= _FEWEST) & (way[:, 2] > 0.3)
    frames = np.arange(len(way))
    if not known.any():
        return np.tile([0.0, 0.0, 3.0], (len(way), 1))
    way = np.stack([np.interp(frames, frames[known], way[known, k]) for k in range(3)], -1)
    depth = gaussian_filter1d(way[:, 2], _DEPTH_SECONDS * fps, mode="nearest")
    # Across the sight a place follows from the depth: keep where it is seen, not where it was.
    way[:, :2] *= (depth / way[:, 2])[:, None]
    way[:, 2] = depth
    return np.asarray(way)
