"""The skeleton as a body: tapered bones and round joints, left blue, right red."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.mesh import BodyMesh, joint_positions
from pipelines.body.rasterizer import vertex_normals
from pipelines.body.shapes import grid_faces
from pipelines.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS

Array = NDArray[np.floating[Any]]

_LEFT, _RIGHT, _MIDDLE = (52, 120, 206), (222, 92, 58), (84, 86, 96)
_ROWS, _TURNS = 12, 14


def skeleton_body(offsets_J3: Array = OFFSETS) -> BodyMesh:
    """A body of bones for a skeleton with the given rest offsets (24, 3)."""
    rest = joint_positions(offsets_J3)
    pieces = []
    for joint, parent in enumerate(PARENTS):
        radius = 0.105 if JOINT_NAMES[joint] == "head" else 0.032
        lift = np.array([0.0, 0.06 if radius > 0.1 else 0.0, 0.0])
        pieces.append((_ball(rest[joint] + lift, radius), joint, joint))
        if parent >= 0:
            pieces.append((_bone(rest[parent], rest[joint]), parent, joint))
    faces = grid_faces(_ROWS, _TURNS)
    count = _ROWS * _TURNS
    template = np.concatenate([points for points, _, _ in pieces]).astype(np.float32)
    all_faces = np.concatenate([faces + count * k for k in range(len(pieces))]).astype(np.int32)
    weights = np.zeros((len(template), 24), dtype=np.float32)
    weights[np.arange(len(template)), np.repeat([mover for _, mover, _ in pieces], count)] = 1
    colours = np.repeat([_colour(joint) for _, _, joint in pieces], count, axis=0)
    return BodyMesh(
        template=template,
        normals=vertex_normals(template, all_faces),
        faces=all_faces,
        weights=weights,
        offsets=np.asarray(offsets_J3, dtype=np.float64),
        colours=colours.astype(np.float32),
    )


def _colour(joint: int) -> tuple[int, int, int]:
    name = JOINT_NAMES[joint]
    return _LEFT if name.startswith("left") else _RIGHT if name.startswith("right") else _MIDDLE


def _ball(centre: Array, radius: float) -> Array:
    return _lathe(np.zeros(3), np.array([0.0, 1.0, 0.0]), np.full(_ROWS, radius), radius) + centre


def _bone(start: Array, end: Array) -> Array:
    """A spindle: thickest near its parent."""
    length = float(np.linalg.norm(end - start))
    share = (1 - np.cos(np.linspace(0, np.pi, _ROWS))) / 2
    # Seen from its end down to its start, as the rows run from the top of `grid_faces`.
    profile = 0.030 * np.sin(np.pi * share**0.6) + 0.006
    profile[[0, -1]] = 0.001
    direction = (end - start) / max(length, 1e-9)
    across = np.cross(direction, [0.3, 0.1, 0.9])
    across /= np.linalg.norm(across)
    other = np.cross(across, direction)
    turn = np.linspace(0, 2 * np.pi, _TURNS, endpoint=False)
    ring = np.cos(turn)[:, None] * other + np.sin(turn)[:, None] * across
    along = end + (start - end) * share[:, None]
    return np.asarray(along[:, None] + profile[::-1, None, None] * ring[None]).reshape(-1, 3)


def _lathe(origin: Array, axis: Array, profile: Array, height: float) -> Array:
    """A sphere as rows of rings from the top of `axis` down."""
    pitch = np.linspace(np.pi / 2, -np.pi / 2, _ROWS)[:, None]
    turn = np.linspace(0, 2 * np.pi, _TURNS, endpoint=False)[None]
    ring = np.stack(
        [np.sin(turn) * np.cos(pitch), 0 * turn * pitch, np.cos(turn) * np.cos(pitch)], -1
    )
    points = ring * profile[:, None, None] + np.sin(pitch)[..., None] * axis * height + origin
    return np.asarray(points).reshape(-1, 3)
