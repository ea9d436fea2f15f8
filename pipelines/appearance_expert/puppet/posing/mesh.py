"""Triangle grids over layers, and the atlas that their textures share."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.layers import Layer

GRID_STEP = 9
CLOSED_STEP = 5
"""Of layers with a back: the nearer to the outline a relief may rise, the rounder it is."""
_ATLAS_GAP = 2


@dataclass(frozen=True)
class Mesh:
    """A grid over one layer.

    Attributes:
        xy: (V, 2) float64 vertices in texture space.
        uv: (V, 2) float32 the same vertices in the atlas.
        triangles: (N, 3) int32, wound so that their area is positive with y down.
    """

    xy: NDArray[np.float64]
    uv: NDArray[np.float32]
    triangles: NDArray[np.int32]


def grid_over(
    alpha: NDArray[np.float32], step: int = GRID_STEP
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Vertices (V, 2) and triangles (N, 3) of the grid cells that hold any of the layer."""
    height, width = alpha.shape
    solid = cv2.dilate((alpha > 0.004).astype(np.uint8), np.ones((3, 3), np.uint8))
    rows, columns = -(-height // step), -(-width // step)
    padded = np.zeros((rows * step, columns * step), np.uint8)
    padded[:height, :width] = solid
    used = padded.reshape(rows, step, columns, step).max((1, 3)) > 0
    number = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    a, b = number[:-1, :-1][used], number[:-1, 1:][used]
    c, d = number[1:, :-1][used], number[1:, 1:][used]
    triangles = np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])
    kept, triangles = np.unique(triangles, return_inverse=True)
    y, x = np.divmod(kept, columns + 1)
    xy = np.stack([np.minimum(x * step, width), np.minimum(y * step, height)], 1).astype(float)
    return xy, triangles.reshape(-1, 3).astype(np.int32)


def build_atlas(
    layers: list[Layer], backs: dict[int, NDArray[np.float32]]
) -> tuple[NDArray[np.uint8], list[Mesh]]:
    """Pack the layers' boxes above each other.

    Args:
        layers: the layers in the order of the meshes to return.
        backs: (H, W, 3) colours of a second side by part; these meshes come after the others.

    Returns:
        premultiplied RGBA atlas (Ha, Wa, 4) and one mesh per layer, then one per back.
    """
    sheets = [(layer.alpha, layer.colour) for layer in layers]
    sheets += [(layer.alpha, backs[layer.part]) for layer in layers if layer.part in backs]
    pieces, meshes, top = [], [], 0
    steps = [CLOSED_STEP if layer.part in backs else GRID_STEP for layer in layers]
    steps += [CLOSED_STEP] * len(backs)
    for (alpha, colour), step in zip(sheets, steps, strict=True):
        xy, triangles = grid_over(alpha, step)
        x0, y0 = (max(0, int(v) - _ATLAS_GAP) for v in xy.min(0))
        x1, y1 = (int(v) + _ATLAS_GAP for v in xy.max(0))
        piece = np.dstack([colour * alpha[..., None], alpha * 255])[y0:y1, x0:x1]
        piece = np.clip(np.rint(piece), 0, 255).astype(np.uint8)
        meshes.append(Mesh(xy, (xy + np.array([-x0, top - y0])).astype(np.float32), triangles))
        pieces.append(piece)
        top += len(piece) + _ATLAS_GAP
    atlas = np.zeros((top + 1, max(piece.shape[1] for piece in pieces) + 1, 4), np.uint8)
    row = 0
    for piece in pieces:
        atlas[row : row + len(piece), : piece.shape[1]] = piece
        row += len(piece) + _ATLAS_GAP
    return atlas, meshes
