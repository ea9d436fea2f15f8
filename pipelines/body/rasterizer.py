"""Drawing a lit triangle mesh on the CPU: a z-buffer with supersampled edges, compiled by numba.

Works without OpenGL. Shapes: V vertices, F triangles, picture (height, width, 3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipelines.body.camera import Camera

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_NEAREST = 0.05
"""Metres before the camera within which triangles are dropped instead of clipped."""


def draw_mesh(
    picture: Picture,
    vertices: NDArray[np.floating[Any]],
    faces: NDArray[np.int32],
    colours: Floats,
    camera: Camera,
    samples: int = 2,
) -> None:
    """Draw a mesh over `picture`, in place.

    Args:
        picture: (height, width, 3) uint8 of the camera's size.
        vertices: (V, 3) metres, z-up world.
        faces: (F, 3) counter-clockwise seen from outside; the other side is not drawn.
        colours: (V, 3) lit colours in [0, 255], blended across each triangle.
        camera: where it is seen from.
        samples: samples per pixel and axis.
    """
    points, depth = camera.project(vertices)
    low = np.clip(np.floor(points.min(0)), 0, None).astype(int)
    high = np.clip(np.ceil(points.max(0)), None, [camera.width, camera.height]).astype(int)
    if (high <= low).any():
        return
    columns, rows = (high - low) * samples
    inverse = np.where(depth > _NEAREST, 1 / np.maximum(depth, _NEAREST), -1.0)
    local = ((points - low) * samples).astype(np.float32)
    inverse_depth = np.zeros((rows, columns), dtype=np.float32)
    drawn = np.empty((rows, columns, 3), dtype=np.float32)
    _fill(local, inverse.astype(np.float32), faces, colours, inverse_depth, drawn)
    window = picture[low[1] : high[1], low[0] : high[0]]
    _blend(window, inverse_depth, drawn, samples)


def vertex_normals(vertices: NDArray[np.floating[Any]], faces: NDArray[np.int32]) -> Floats:
    """Unit normals (V, 3), outward, each the area-weighted mean of its triangles' normals."""
    return np.asarray(_normals(np.ascontiguousarray(vertices, dtype=np.float32), faces))


@njit(cache=True)
def _normals(vertices, faces):  # type: ignore[no-untyped-def]
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


@njit(cache=True, error_model="numpy")
def _fill(points, inverse, faces, colours, inverse_depth, drawn):  # type: ignore[no-untyped-def]
    """Fill triangles into a cleared buffer of 1/depth, which is linear across the screen."""
    rows, columns = inverse_depth.shape
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        if inverse[a] < 0 or inverse[b] < 0 or inverse[c] < 0:
            continue
        ax, ay = points[a, 0], points[a, 1]
        bx, by = points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        # Counter-clockwise from outside turns clockwise under y down: positive means front.
        area = (cx - ax) * (by - ay) - (cy - ay) * (bx - ax)
        if area <= 0:
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(columns - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(rows - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        scale = 1 / area
        b_x, b_y = (cy - ay) * -scale, (cx - ax) * scale
        c_x, c_y = (by - ay) * scale, (bx - ax) * -scale
        for y in range(top, bottom + 1):
            dy = y + np.float32(0.5) - ay
            for x in range(left, right + 1):
                dx = x + np.float32(0.5) - ax
                weight_b = dx * b_x + dy * b_y
                weight_c = dx * c_x + dy * c_y
                weight_a = 1 - weight_b - weight_c
                if weight_a < 0 or weight_b < 0 or weight_c < 0:
                    continue
                near = weight_a * inverse[a] + weight_b * inverse[b] + weight_c * inverse[c]
                if near <= inverse_depth[y, x]:
                    continue
                inverse_depth[y, x] = near
                for k in range(3):
                    drawn[y, x, k] = (
                        weight_a * colours[a, k]
                        + weight_b * colours[b, k]
                        + weight_c * colours[c, k]
                    )


@njit(cache=True)
def _blend(window, inverse_depth, drawn, samples):  # type: ignore[no-untyped-def]
    """Average the samples of each pixel over what was there before."""
    share = np.float32(1 / (samples * samples))
    for y in range(window.shape[0]):
        for x in range(window.shape[1]):
            red = green = blue = np.float32(0)
            count = 0
            for j in range(y * samples, (y + 1) * samples):
                for i in range(x * samples, (x + 1) * samples):
                    if inverse_depth[j, i] > 0:
                        red += drawn[j, i, 0]
                        green += drawn[j, i, 1]
                        blue += drawn[j, i, 2]
                        count += 1
            if count > 0:
                rest = samples * samples - count
                for k, total in enumerate((red, green, blue)):
                    value = (total + rest * window[y, x, k]) * share + np.float32(0.5)
                    window[y, x, k] = np.uint8(min(max(value, 0), 255))
