"""The triangles of the whole figure over one list of vertices, ready to be painted by group.

The vertices are those of the layers in order, then of the two backs (torso, head), and then, for
a figure that is seen from behind and bent otherwise, of torso, head and their backs once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, TORSO
from pipelines.appearance_expert.puppet.posing.depth_order import Group
from pipelines.appearance_expert.puppet.posing.limb_skin import Skin
from pipelines.appearance_expert.puppet.posing.mesh import Mesh

Triangles = NDArray[np.int32]

FROM_FRONT, FROM_BEHIND = 0, 1
"""Places in the list of a torso's or a head's sheets."""
_LONG = 0.8
"""Radii of the lower bone from which an edge of a triangle is long."""
_LEAST_PIECE = 0.15
"""Share of the largest piece from which another piece of a limb is no crumb."""


@dataclass(frozen=True)
class Sheets:
    """Vertices and triangles.

    Attributes:
        uv: (V, 2) places of all vertices in the atlas.
        triangles: (N, 3) by group; two of them for torso and head, seen from the front and from
            behind, each with the farther side first; one for half a limb.
        rest: (N, 3) lengths of the triangles' edges in the picture, of limbs only.
        lower: radius of each limb's lower bone.
    """

    uv: NDArray[np.float32]
    triangles: dict[Group, list[Triangles]]
    rest: dict[Group, NDArray[np.float64]]
    lower: dict[int, float]

    def drawn_out(
        self, xy: NDArray[np.floating[Any]], group: Group, most: float
    ) -> NDArray[np.bool_]:
        """(N,) triangles of a limb of which an edge has grown beyond `most` times its length.

        The crease of a bent elbow unfolds; only what is also long beside the limb is torn.
        """
        edges = edge_lengths(xy, self.triangles[group][0])
        long_ = edges > _LONG * self.lower[group[0]]
        return np.asarray(((edges > most * self.rest[group]) & long_).any(1))


def lay_out(
    parts: list[int],
    meshes: list[Mesh],
    depths: dict[int, NDArray[np.float64]],
    skins: dict[int, Skin],
) -> Sheets:
    """Number the vertices and sort the triangles.

    Args:
        parts: the layers in order, torso and head first.
        meshes: one per layer, then the backs of torso and head.
        depths: (V,) how far the vertices of torso and head stand out.
        skins: of the limbs.
    """
    count = len(parts)
    placed = [*meshes, *(meshes[i] for i in (0, 1, count, count + 1))]
    base = np.cumsum([0, *(len(mesh.xy) for mesh in placed)])
    triangles: dict[Group, list[Triangles]] = {}
    for place, part in ((0, TORSO), (1, HEAD)):
        nearest_last = np.argsort(depths[part][meshes[place].triangles].mean(1))
        front, back = meshes[place].triangles, meshes[count + place].triangles[:, ::-1]
        face, rear = front + base[place], back + base[count + place]
        from_front = [rear[nearest_last[::-1]], face[nearest_last]]
        face, rear = front + base[count + 2 + place], back + base[count + 4 + place]
        from_behind = [face[nearest_last[::-1]], rear[nearest_last]]
        triangles[part, 0] = [
            np.concatenate(sheets).astype(np.int32) for sheets in (from_front, from_behind)
        ]
    xy = np.concatenate([mesh.xy for mesh in placed])
    rest = {}
    for part, skin in skins.items():
        mesh = meshes[parts.index(part)]
        whole = _without_crumbs(mesh.triangles[~skin.is_web(mesh.triangles)])
        along = (skin.joint + skin.blend)[whole].mean(1)
        for half in (0, 1):
            chosen = whole[(along > 1.5) == bool(half)]
            chosen = (chosen + base[parts.index(part)]).astype(np.int32)
            triangles[part, half], rest[part, half] = [chosen], edge_lengths(xy, chosen)
    uv = np.concatenate([mesh.uv for mesh in placed])
    return Sheets(uv, triangles, rest, {part: skin.radii[1] for part, skin in skins.items()})


def edge_lengths(xy: NDArray[np.floating[Any]], triangles: Triangles) -> NDArray[np.float64]:
    """(N, 3) lengths of the triangles' edges."""
    corners = xy[triangles]
    return np.asarray(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1), np.float64)


def _without_crumbs(triangles: Triangles) -> Triangles:
    """Leave out small pieces that hang on nothing."""
    if not len(triangles):
        return triangles
    size = int(triangles.max()) + 1
    ends = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    piece = connected_components(graph, directed=False)[1][triangles[:, 0]]
    counts = np.bincount(piece)
    return np.asarray(triangles[counts[piece] >= _LEAST_PIECE * counts.max()])
