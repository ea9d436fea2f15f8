"""Triangle surgery for dressing a body: cutting along a field, subdividing, shells round points.

Shapes: V vertices, F triangles, A attributes per vertex (positions, weights, whatever is linear).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Patchwork:
    """Triangles that each belong to one region.

    Attributes:
        values: (V, A) attributes; the first three columns are the position that fields read.
        faces: (F, 3).
        region: (F,) a number per triangle.
    """

    values: Array
    faces: Integers
    region: Integers

    @property
    def points(self) -> Array:
        """(V, 3) positions."""
        return self.values[:, :3]

    def cut(self, field_V: Array, source: int, result: int) -> Patchwork:
        """Make the part of region `source` where a field is positive region `result`.

        Triangles that the border crosses are split on it; attributes are interpolated.
        """
        # A border through a vertex would leave triangles of no area.
        field = np.where(np.abs(field_V) < 1e-6, 1e-6, field_V)
        inside = field > 0
        count = inside[self.faces].sum(1)
        of_source = self.region == source
        region = np.where(of_source & (count == 3), result, self.region)
        crossed = of_source & (count > 0) & (count < 3)
        if not crossed.any():
            return Patchwork(self.values, self.faces, region)
        # Turn each triangle so that the vertex alone on its side comes first.
        corners = self.faces[crossed]
        alone = inside[corners] == (count[crossed] == 1)[:, None]
        turn = (alone.argmax(1)[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(corners, turn, 1).T
        edges = np.stack([np.stack([a, b], 1), np.stack([a, c], 1)], 1).reshape(-1, 2)
        unique, index = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
        start, end = unique.T
        share = np.clip(field[start] / (field[start] - field[end]), 0.01, 0.99)[:, None]
        border = self.values[start] * (1 - share) + self.values[end] * share
        p, q = (len(self.values) + index.reshape(-1, 2)).T
        tips = np.where(inside[a], result, source)
        bases = np.where(inside[a], source, result)
        pieces = [np.stack(t, 1) for t in ((a, p, q), (p, b, c), (p, c, q))]
        return Patchwork(
            np.concatenate([self.values, border]),
            np.concatenate([self.faces[~crossed], *pieces]),
            np.concatenate([region[~crossed], tips, bases, bases]),
        )

    def subdivided(self, chosen_F: NDArray[np.bool_]) -> Patchwork:
        """Each chosen triangle split into four at the middles of its edges."""
        corners = self.faces[chosen_F]
        edges = np.sort(corners[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        unique, index = np.unique(edges, axis=0, return_inverse=True)
        middles = (self.values[unique[:, 0]] + self.values[unique[:, 1]]) / 2
        ab, bc, ca = (len(self.values) + index.reshape(-1, 3)).T
        a, b, c = corners.T
        quarters = [np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        return Patchwork(
            np.concatenate([self.values, middles]),
            np.concatenate([self.faces[~chosen_F], *quarters]),
            np.concatenate([self.region[~chosen_F], *[self.region[chosen_F]] * 4]),
        )

    def without(self, regions: tuple[int, ...]) -> Patchwork:
        """The triangles of all other regions."""
        kept = ~np.isin(self.region, regions)
        return Patchwork(self.values, self.faces[kept], self.region[kept])

    def separated(self) -> tuple[Array, Integers, Integers, Integers]:
        """Each region with its own vertices.

        Returns:
            values (W, A), faces (F, 3), region of each vertex (W,), and the vertex each came from.
        """
        keys = self.region[:, None] * len(self.values) + self.faces
        unique, index = np.unique(keys, return_inverse=True)
        origin = unique % len(self.values)
        faces = index.reshape(-1, 3)
        return self.values[origin], faces, unique // len(self.values), origin


def smoothed(points: Array, faces: Integers, rounds: int) -> Array:
    """Points (V, 3) moved towards the mean of their neighbours, `rounds` times."""
    from scipy.sparse import coo_matrix, diags

    rows = faces[:, [0, 1, 2, 1, 2, 0]].ravel()
    columns = faces[:, [1, 2, 0, 0, 1, 2]].ravel()
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(points),) * 2).tocsr()
    graph.data[:] = 1
    mean = diags(1 / np.maximum(np.asarray(graph.sum(1)).ravel(), 1)) @ graph
    result = np.asarray(points, dtype=np.float64)
    for _ in range(rounds):
        result = 0.4 * result + 0.6 * (mean @ result)
    return result


def hull_distance(points: Array, centre: Array, directions: Array) -> NDArray[np.float64]:
    """How far the convex hull of `points` reaches from `centre` along unit directions (N, 3)."""
    from scipy.spatial import ConvexHull

    planes = ConvexHull(points).equations
    along = directions @ planes[:, :3].T
    reach = -(planes[:, :3] @ centre + planes[:, 3])
    return np.asarray(np.where(along > 1e-9, reach / np.maximum(along, 1e-9), np.inf).min(1))


def grid_faces(rows: int, columns: int) -> Integers:
    """Triangles of a grid whose last column joins its first; outward when columns run to +x
    at the front and rows run down."""
    index = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], right[:-1], index[1:], right[1:]
    return np.asarray(np.stack([a, c, b, b, c, d], axis=-1).reshape(-1, 3))
