"""Shirt and trousers: parts of the skin where a smooth field of the rest position is positive.

The triangles that a garment's border crosses are cut there, so edges are crisp at any resolution
and in any renderer; cloth is smoother than skin, lifted off it, and ends in a hem.

Fields are written in the coordinates of the baked T-pose (ANNY.md): metres, y up, facing +z.
"""

from __future__ import annotations

import numpy as np

from pipelines.body.face import brows, from_gaze, lips, round_face, smiling
from pipelines.body.mesh import RestBody
from pipelines.body.outfit import (
    BROWS,
    EYES,
    HIDDEN,
    IRIS,
    LIPS,
    PUPIL,
    SHIRT,
    SKIN,
    STRIPE,
    TROUSERS,
    Array,
    Fit,
    Integers,
    Outfit,
    Piece,
    mesh_normals,
)
from pipelines.body.paint import painted
from pipelines.body.shapes import Patchwork

_LIFT = {SHIRT: 0.011, STRIPE: 0.011, TROUSERS: 0.008}
# The shirt hangs over the trousers, both over the skin.
_RANK = np.array([0, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0])
# Columns of the attributes while the skin is cut: rest position, fitted skin, fitted cloth, their
# normals, weights.
_REST, _BARE, _BARE_NORMAL, _CLOTH, _CLOTH_NORMAL = (slice(k, k + 3) for k in range(0, 15, 3))
_WEIGHTS = slice(15, 39)


def clothed_skin(plain: RestBody, shaped: RestBody, outfit: Outfit, fitted: Fit) -> Piece:
    """The body's own surface, cut into regions, with the cloth lifted off it."""
    faces = plain.faces.astype(np.int64)
    bare = fitted(smiling(plain.vertices, shaped.vertices), shaped.weights)
    bare_normals = mesh_normals(bare, faces)
    cloth = bare.copy()
    wearable = (np.abs(plain.vertices[:, 0]) < 0.37) & (plain.vertices[:, 1] < 0.58)
    cloth[wearable] = _taut(bare[wearable], bare_normals[wearable])
    cloth_normals = mesh_normals(cloth, faces)
    columns = [plain.vertices, bare, bare_normals, cloth, cloth_normals, plain.weights]
    region = np.array([SKIN, HIDDEN, EYES, EYES])[plain.parts[plain.faces[:, 0]]]
    work = Patchwork(np.hstack(columns), faces, region)
    work = work.subdivided((work.region == EYES) | round_face(work))
    work = work.subdivided(work.region == EYES)
    for field, source, result in (
        (_shirt, SKIN, SHIRT), (_stripe, SHIRT, STRIPE), (_trousers, SKIN, TROUSERS),
        (_inside_shoe, SKIN, HIDDEN), (lips, SKIN, LIPS), (brows, SKIN, BROWS),
    ):  # fmt: skip
        work = work.cut(field(work.points), source, result)
    for radius, source, result in ((0.0065, EYES, IRIS), (0.0030, IRIS, PUPIL)):
        work = work.cut(radius - from_gaze(work.points, plain), source, result)
    values, faces, kind, origin = work.without((HIDDEN,)).separated()
    on_cloth = (_RANK[kind] > 0)[:, None]
    body = Piece(
        np.where(on_cloth, _lifted(values, kind), values[:, _BARE]),
        np.where(on_cloth, values[:, _CLOTH_NORMAL], values[:, _BARE_NORMAL]),
        values[:, _WEIGHTS],
        painted(values[:, _REST], kind, outfit),
        faces,
    )
    return _with_hems(body, _RANK[kind], origin)


def _shirt(p: Array) -> Array:
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    neck = 0.545 - y - 0.5 * z
    return np.asarray(np.minimum(np.minimum(y - 0.035, neck), 0.31 - x))


def _stripe(p: Array) -> Array:
    return np.asarray(np.minimum(0.033 - np.abs(p[:, 1] - 0.335), 0.205 - np.abs(p[:, 0])))


def _trousers(p: Array) -> Array:
    return np.asarray(np.minimum(0.2 - p[:, 1], p[:, 1] + 0.735))


def _inside_shoe(p: Array) -> Array:
    return np.asarray(-0.748 - p[:, 1])


def _taut(points: Array, normals: Array) -> Array:
    """A body surface pulled smooth as by cloth: along its normals only, so that seams stay put.

    Smoothing over the mesh would leave what is finely meshed, which is what cloth should hide.
    """
    from scipy.spatial import cKDTree

    _, index = np.unique(np.floor(points / 0.011).astype(int), axis=0, return_inverse=True)
    index = index.reshape(-1)
    count = np.bincount(index)[:, None]
    middles, directions = (
        np.stack([np.bincount(index, values[:, k]) for k in range(3)], axis=1) / count
        for values in (points, normals)
    )
    distance, near = cKDTree(middles).query(points, k=56)
    alike = np.einsum("vkc,vc->vk", directions[near], normals)
    share = np.exp(-((distance / 0.034) ** 2)) * np.clip(alike, 1e-3, None) ** 2
    mean = np.einsum("vk,vkc->vc", share / share.sum(1, keepdims=True), middles[near])
    inward = ((mean - points) * normals).sum(1, keepdims=True)
    return np.asarray(points + inward * normals)


def _lifted(values: Array, kind: Integers) -> Array:
    """Cloth off the skin; sleeves, hem and trouser legs flare towards their ends."""
    x, y = np.abs(values[:, 0]), values[:, 1]
    lift = np.zeros(len(values))
    for region, height in _LIFT.items():
        lift[kind == region] = height
    shirt = 0.012 * np.clip((x - 0.2) / 0.1, 0, 1) + 0.009 * np.clip((0.2 - y) / 0.16, 0, 1)
    legs = 0.014 * np.clip((-0.15 - y) / 0.5, 0, 1)
    lift += np.where(kind == TROUSERS, legs, shirt)
    return np.asarray(values[:, _CLOTH] + values[:, _CLOTH_NORMAL] * lift[:, None])


def _with_hems(piece: Piece, rank: Integers, origin: Integers) -> Piece:
    """Add strips, with vertices of their own, from each garment's edge to what lies under it."""
    edges = piece.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    size = origin.max() + 1
    # The two triangles at a border run along it in opposite directions.
    forth = origin[edges[:, 0]] * size + origin[edges[:, 1]]
    back = origin[edges[:, 1]] * size + origin[edges[:, 0]]
    order = np.argsort(forth)
    found = order[np.clip(np.searchsorted(forth, back, sorter=order), 0, len(order) - 1)]
    over = (forth[found] == back) & (rank[edges[:, 0]] > rank[edges[found, 0]])
    a, b = edges[over].T
    under_b, under_a = edges[found[over]].T
    taken = np.concatenate([a, b, under_a, under_b])
    lent = np.concatenate([a, b, a, b])
    new = len(piece.vertices) + np.arange(len(taken)).reshape(4, -1)
    strips = [new[[1, 0, 2]].T, new[[1, 2, 3]].T]
    return Piece(
        np.concatenate([piece.vertices, piece.vertices[taken]]),
        np.concatenate([piece.normals, piece.normals[lent]]),
        np.concatenate([piece.weights, piece.weights[taken]]),
        np.concatenate([piece.colours, piece.colours[lent] * 0.92]),
        np.concatenate([piece.faces, *strips]),
    )
