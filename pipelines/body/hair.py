"""Hair: a shell round the skull."""

from __future__ import annotations

import numpy as np

from pipelines.body.mesh import RestBody
from pipelines.body.outfit import Array, Fit, Outfit, Piece, mesh_normals
from pipelines.body.shapes import grid_faces, hull_distance
from pipelines.body.skeleton import JOINT


def hair(plain: RestBody, shaped: RestBody, outfit: Outfit, fitted: Fit) -> Piece:
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
    return Piece(surface, mesh_normals(surface, faces), weights, colours, faces)


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
