"""What a dressed body is made of: its colours, the regions of its surface, and pieces of mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]
Colour = tuple[float, float, float]
Fit = Callable[[Array, Array], Array]
"""Vertices (V, 3) of the T-pose and their skin weights (V, 24) -> where they lie on the skeleton
that will pose them."""

(
    SKIN, SHIRT, STRIPE, TROUSERS, SHOES, SOLES, LIPS, BROWS, EYES, IRIS, PUPIL, HIDDEN,
) = range(12)  # fmt: skip


@dataclass(frozen=True)
class Outfit:
    """Colours of a dressed body, RGB in [0, 255], and how far its hair hangs below the ears, m."""

    skin: Colour = (238, 192, 166)
    hair: Colour = (84, 50, 40)
    eyes: Colour = (70, 104, 96)
    shirt: Colour = (246, 182, 64)
    stripe: Colour = (252, 243, 226)
    trousers: Colour = (56, 80, 130)
    shoes: Colour = (218, 80, 70)
    soles: Colour = (246, 244, 238)
    hair_length: float = 0.085


@dataclass(frozen=True)
class Piece:
    """Fitted vertices with normals, skin weights and colours, and their triangles."""

    vertices: Array
    normals: Array
    weights: Array
    colours: Array
    faces: Integers


def mesh_normals(points: Array, faces: NDArray[np.integer[Any]]) -> Array:
    """Normals (V, 3) of a triangle mesh's vertices, larger triangles counting more."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, faces[:, k], flat)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))
