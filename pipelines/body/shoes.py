"""Shoes, around the convex hull of each foot."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from pipelines.body.mesh import RestBody
from pipelines.body.outfit import SHOES, SOLES, Fit, Outfit, Piece, mesh_normals
from pipelines.body.shapes import Patchwork, grid_faces, hull_distance, smoothed


def shoe(plain: RestBody, shaped: RestBody, outfit: Outfit, fitted: Fit, side: int) -> Piece:
    """A shoe around the convex hull of one foot, the left one for `side` 1, the right for -1."""
    foot = np.flatnonzero((plain.vertices[:, 1] < -0.725) & (plain.vertices[:, 0] * side > 0))
    points = shaped.vertices[foot].astype(np.float64)
    floor = points[:, 1].min()
    centre = (points.min(0) + points.max(0)) / 2
    centre[1] = floor + 0.03
    rows, turns = 28, 40
    pitch = np.linspace(np.pi / 2, -np.pi / 2, rows)[:, None]
    turn = np.linspace(0, 2 * np.pi, turns, endpoint=False)[None]
    directions = np.stack(
        [np.sin(turn) * np.cos(pitch), np.sin(pitch) + 0 * turn, np.cos(turn) * np.cos(pitch)], -1
    ).reshape(-1, 3)
    # Directions along the foot need more samples than the round sphere gives them.
    directions *= [0.6, 0.6, 1.6]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    reach = hull_distance(points, centre, directions)
    grid = centre + directions * (reach[:, None] + 0.011)
    faces = grid_faces(rows, turns)
    grid = smoothed(grid, faces, 3)
    grid += mesh_normals(grid, faces) * 0.002
    grid[:, 1] = np.maximum(grid[:, 1], floor)
    distance, nearest = cKDTree(points).query(grid, k=8)
    share = 1 / (distance + 0.004) ** 2
    share /= share.sum(1, keepdims=True)
    weights = np.einsum("vk,vkj->vj", share, plain.weights[foot][nearest])
    surface = fitted(grid, weights)
    columns = [grid, surface, mesh_normals(surface, faces), weights]
    work = Patchwork(np.hstack(columns), faces, np.full(len(faces), SHOES))
    toe_cap = 0.010 * np.clip((grid[:, 2] - centre[2] - 0.05) / 0.05, 0, 1)
    work = work.cut(floor + 0.019 + toe_cap - grid[:, 1], SHOES, SOLES)
    values, faces, kind, _ = work.separated()
    colours = np.where((kind == SOLES)[:, None], outfit.soles, outfit.shoes)
    return Piece(values[:, 3:6], values[:, 6:9], values[:, 9:], colours, faces)
