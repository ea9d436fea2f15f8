"""Drawing a lit triangle mesh on the CPU: a z-buffer with supersampled edges, compiled by numba.

Works without OpenGL. Shapes: V vertices, F triangles, picture (height, width, 3).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import Camera
from pipelines.body.triangles import columns_covered, rows_covered
from pipelines.support.compiled import compiled

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
SurfaceDepth = Callable[[NDArray[np.floating[Any]]], Floats]
"""Pixels (K, 2) -> metres (K,) along the camera's axis to what is drawn there; inf: nothing is."""

_NEAREST = np.float32(0.05)
"""Metres before the camera within which triangles are dropped instead of clipped."""


def draw_mesh(
    picture: Picture,
    vertices: NDArray[np.floating[Any]],
    faces: NDArray[np.int32],
    colours: Floats,
    camera: Camera,
    samples: int = 2,
) -> SurfaceDepth:
    """Draw a mesh over `picture`, in place; returns how far away what was drawn is.

    Args:
        picture: (height, width, 3) uint8 of the camera's size.
        vertices: (V, 3) metres, z-up world.
        faces: (F, 3) counter-clockwise seen from outside; the other side is not drawn.
        colours: (V, 3) lit colours in [0, 255], blended across each triangle.
        camera: where it is seen from.
        samples: samples per pixel and axis.
    """
    points, inverse = _project(
        np.ascontiguousarray(vertices, dtype=np.float32),
        camera.position.astype(np.float32),
        camera.rotation.astype(np.float32),
        np.float32(camera.focal),
        np.array([camera.width, camera.height], dtype=np.float32) / 2,
    )
    seen = points[inverse > 0]
    if len(seen) == 0:
        return no_surface
    size = np.array([camera.width, camera.height])
    low = np.clip(np.floor(seen.min(0)), 0, size).astype(int)
    high = np.clip(np.ceil(seen.max(0)), 0, size).astype(int)
    if (high <= low).any():
        return no_surface
    columns, rows = (high - low) * samples
    points = (points - low.astype(np.float32)) * np.float32(samples)
    inverse_depth = np.zeros((rows, columns), dtype=np.float32)
    drawn = np.empty((rows, columns, 3), dtype=np.uint8)
    _fill(points, inverse, faces, colours, inverse_depth, drawn)
    window = picture[low[1] : high[1], low[0] : high[0]]
    _blend(window, inverse_depth, drawn, samples)
    return partial(surface_depth, inverse_depth, low, samples)


def no_surface(pixels_K2: NDArray[np.floating[Any]]) -> Floats:
    """The depth of a picture in which nothing was drawn."""
    return np.full(len(pixels_K2), np.inf, dtype=np.float32)


def surface_depth(
    inverse_depth: Floats,
    corner: NDArray[np.int_],
    samples: int,
    pixels_K2: NDArray[np.floating[Any]],
) -> Floats:
    """Metres (K,) at pixels (K, 2), from a buffer of 1/depth whose first sample is at `corner`."""
    rows, columns = inverse_depth.shape
    where = (np.nan_to_num(pixels_K2, nan=-1e6) - corner) * samples
    place = np.floor(np.clip(where, -1, [columns, rows])).astype(int)
    inside = ((place >= 0) & (place < [columns, rows])).all(1)
    found = np.zeros(len(place), dtype=np.float32)
    found[inside] = inverse_depth[place[inside, 1], place[inside, 0]]
    with np.errstate(divide="ignore"):
        return np.asarray(1 / found, dtype=np.float32)


def vertex_normals(vertices: NDArray[np.floating[Any]], faces: NDArray[np.int32]) -> Floats:
    """Unit normals (V, 3), outward, each the area-weighted mean of its triangles' normals."""
    return np.asarray(_normals(np.ascontiguousarray(vertices, dtype=np.float32), faces))


@compiled()
def _normals(vertices: Any, faces: Any) -> Any:
    normals = np.zeros_like(vertices)
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ux, uy, uz = vertices[b] - vertices[a]
        vx, vy, vz = vertices[c] - vertices[a]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for vertex in range(normals.shape[0]):
        x, y, z = normals[vertex]
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0:
            normals[vertex] /= length
    return normals


@compiled()
def _project(vertices: Any, position: Any, rotation: Any, focal: Any, centre: Any) -> Any:
    """Pixels (V, 2) and 1/depth (V,); 1/depth is -1 where a vertex is too near or behind."""
    count = vertices.shape[0]
    points = np.zeros((count, 2), dtype=np.float32)
    inverse = np.full(count, np.float32(-1))
    for vertex in range(count):
        x = vertices[vertex, 0] - position[0]
        y = vertices[vertex, 1] - position[1]
        z = vertices[vertex, 2] - position[2]
        depth = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z
        if depth > _NEAREST:
            inverse[vertex] = 1 / depth
            for k in range(2):
                across = rotation[k, 0] * x + rotation[k, 1] * y + rotation[k, 2] * z
                points[vertex, k] = across / depth * focal + centre[k]
    return points, inverse


@compiled(error_model="numpy")
def _fill(
    points: Any, inverse: Any, faces: Any, colours: Any, inverse_depth: Any, drawn: Any
) -> Any:
    """Fill triangles into a cleared buffer of 1/depth, which is linear across the screen."""
    rows, columns = inverse_depth.shape
    half = np.float32(0.5)
    corners = np.empty((3, 2))
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay = points[a, 0], points[a, 1]
        bx, by = points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        # Counter-clockwise from outside turns clockwise under y down: positive means front.
        area = (cx - ax) * (by - ay) - (cy - ay) * (bx - ax)
        if area <= 0 or inverse[a] < 0 or inverse[b] < 0 or inverse[c] < 0:
            continue
        corners[0, 0], corners[0, 1] = ax, ay
        corners[1, 0], corners[1, 1] = bx, by
        corners[2, 0], corners[2, 1] = cx, cy
        top, bottom = rows_covered(corners)
        scale = 1 / area
        b_x, b_y = (ay - cy) * scale, (cx - ax) * scale
        c_x, c_y = (by - ay) * scale, (ax - bx) * scale
        near_a, near_b, near_c = inverse[a], inverse[b] - inverse[a], inverse[c] - inverse[a]
        for y in range(max(0, top), min(rows, bottom)):
            dy = np.float32(y) + half - ay
            row_b, row_c = dy * b_y, dy * c_y
            left, right = columns_covered(corners, y + 0.5)
            for x in range(max(0, left), min(columns, right)):
                dx = np.float32(x) + half - ax
                weight_b = row_b + dx * b_x
                weight_c = row_c + dx * c_x
                near = near_a + weight_b * near_b + weight_c * near_c
                if near <= inverse_depth[y, x]:
                    continue
                inverse_depth[y, x] = near
                weight_a = 1 - weight_b - weight_c
                for k in range(3):
                    colour = (
                        weight_a * colours[a, k]
                        + weight_b * colours[b, k]
                        + weight_c * colours[c, k]
                    )
                    drawn[y, x, k] = np.uint8(colour + half)


@compiled()
def _blend(window: Any, inverse_depth: Any, drawn: Any, samples: Any) -> Any:
    """Average the samples of each pixel over what was there before."""
    total = samples * samples
    half = total // 2
    for y in range(window.shape[0]):
        reach = _reach(inverse_depth[y * samples : (y + 1) * samples])
        for x in range(reach[0] // samples, (reach[1] + samples - 1) // samples):
            red = green = blue = count = 0
            for j in range(y * samples, (y + 1) * samples):
                for i in range(x * samples, (x + 1) * samples):
                    if inverse_depth[j, i] > 0:
                        red += drawn[j, i, 0]
                        green += drawn[j, i, 1]
                        blue += drawn[j, i, 2]
                        count += 1
            if count > 0:
                rest = total - count
                window[y, x, 0] = (red + rest * window[y, x, 0] + half) // total
                window[y, x, 1] = (green + rest * window[y, x, 1] + half) // total
                window[y, x, 2] = (blue + rest * window[y, x, 2] + half) // total


@compiled()
def _reach(rows: Any) -> Any:
    """First column in which something was drawn, and the one after the last; (0, 0): nothing."""
    first, end = rows.shape[1], 0
    for j in range(rows.shape[0]):
        left = 0
        while left < first and rows[j, left] <= 0:
            left += 1
        first = left
        right = rows.shape[1]
        while right > end and rows[j, right - 1] <= 0:
            right -= 1
        end = right
    return (first, end) if end > first else (0, 0)
