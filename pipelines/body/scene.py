"""What both renderers share: light, the studio behind the dancer, and the shadow on its floor.

Light is computed per vertex here, once, so that OpenGL and the CPU draw the same colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import Camera
from pipelines.support.compiled import compiled

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]

_BITS = (np.arange(8)[:, None] ^ np.arange(8), np.arange(8)[:, None] + 0 * np.arange(8))
_DITHER = (
    sum(((_BITS[0] >> k & 1) * 2 + (_BITS[1] >> k & 1)) * 4.0 ** (2 - k) for k in range(3)) / 64
)  # Bayer's 8 x 8 matrix, in [0, 1)
_SHADOW_CELLS = 112
_SHADOW_METRES = 2.8
_WALL_METRES = 2.6
"""How far behind the dancer the floor bends up into the wall."""


@dataclass(frozen=True)
class Scene:
    """A studio: a floor that bends into a wall, one key light, light from the sky and the floor.

    Attributes:
        wall, floor: RGB in [0, 255] at the brightest place.
        key_light: direction towards the light (right, away from the camera, up), of any length;
            the studio turns with the camera, so that every view is lit from the front.
        key, sky, ground: RGB strength of the three lights.
        floor_height: metres.
        shadow: darkness of the contact shadow, 0 to 1.
    """

    wall: Colour = (226, 232, 240)
    floor: Colour = (214, 214, 220)
    key_light: tuple[float, float, float] = (-0.55, -0.85, 0.75)
    key: Colour = (0.62, 0.60, 0.56)
    sky: Colour = (0.52, 0.54, 0.58)
    ground: Colour = (0.30, 0.28, 0.28)
    floor_height: float = 0.0
    shadow: float = 0.5


def lit_colours(
    scene: Scene, vertices: Floats, normals: Floats, colours: Floats, camera: Camera
) -> Floats:
    """Colours (V, 3) in [0, 255] of vertices under the scene's lights, as the camera sees them."""
    light = _key_direction(scene, camera).astype(np.float32)
    strengths = np.array([scene.key, scene.sky, scene.ground], dtype=np.float32)
    eye = camera.position.astype(np.float32)
    return np.asarray(_shade(vertices, normals, colours, light, strengths, eye))


def draw_backdrop(scene: Scene, camera: Camera) -> Picture:
    """The empty studio (height, width, 3): it only depends on the camera's height and tilt."""
    height, width = camera.height, camera.width
    bend = camera.position + _level_forward(camera) * (camera.distance + _WALL_METRES)
    bend_row = camera.project(np.array([bend[0], bend[1], scene.floor_height]))[0][1]
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - bend_row) / height
    columns = (np.arange(width, dtype=np.float32)[None] + 0.5 - width / 2) / height
    on_floor = 1 / (1 + np.exp(-np.clip(rows / 0.018, -30, 30)))
    glow = np.exp(-((columns / 0.62) ** 2) - ((rows + 0.30) / 0.75) ** 2)
    wall = np.array(scene.wall) * (0.80 + 0.22 * glow)[..., None]
    pool = np.exp(-((columns / 0.55) ** 2) - ((rows - 0.10) / 0.22) ** 2)
    floor = np.array(scene.floor) * (0.80 + 0.22 * pool)[..., None]
    picture = wall + (floor - wall) * on_floor[..., None]
    # An ordered dither keeps the slow gradients from showing bands, and compresses well.
    tiles = (-(-height // 8), -(-width // 8))
    dither = np.tile(_DITHER, tiles)[:height, :width, None]
    return np.asarray(np.clip(picture + dither, 0, 255), dtype=np.uint8)


def draw_shadow(picture: Picture, scene: Scene, vertices: Floats, camera: Camera) -> None:
    """Darken the floor where the body stands on it or above it, in place."""
    light = _key_direction(scene, camera)
    cell = _SHADOW_METRES / _SHADOW_CELLS
    # A steeper light than the key keeps the shadow under the dancer, as in a soft studio.
    slant = (light[:2] / light[2] * 0.35).astype(np.float32)
    ground, height = _on_ground(vertices, np.float32(scene.floor_height), slant)
    corner = np.median(ground, axis=0) - _SHADOW_METRES / 2
    touching, above = _counted(ground, height, corner, cell, _SHADOW_CELLS)
    contact = cv2.GaussianBlur(np.minimum(touching / 2, 1), (0, 0), 1.2)
    body = cv2.GaussianBlur(np.minimum(above / 3, 1), (0, 0), 4.5)
    darkness = np.minimum(0.75 * contact + 0.55 * body, 1) * np.float32(scene.shadow)
    to_picture, window = _floor_window(camera, corner, cell, scene.floor_height)
    if window is None:
        return
    left, top, right, bottom = window
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ to_picture
    alpha = cv2.warpPerspective(darkness, shift, (right - left, bottom - top))
    _darken(picture[top:bottom, left:right], alpha)


def _level_forward(camera: Camera) -> NDArray[np.float64]:
    """Unit vector along the floor, away from the camera."""
    right = camera.rotation[0]
    return np.array([-right[1], right[0], 0.0])


def _key_direction(scene: Scene, camera: Camera) -> NDArray[np.float64]:
    across, away, up = scene.key_light
    light = camera.rotation[0] * across + _level_forward(camera) * away + np.array([0, 0, up])
    return np.asarray(light / np.linalg.norm(light))


def _floor_window(
    camera: Camera, corner: Array, cell: float, floor: float
) -> tuple[Array, tuple[int, int, int, int] | None]:
    """The homography from shadow cells to pixels, and the part of the picture that they cover."""
    ends = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (_SHADOW_CELLS - 1.0)
    world = np.column_stack([(ends + 0.5) * cell + corner, np.full(4, floor)])
    pixels, depth = camera.project(world)
    if depth.min() < 0.1:
        return np.eye(3), None
    low = np.clip(np.floor(pixels.min(0)), 0, [camera.width, camera.height]).astype(int)
    high = np.clip(np.ceil(pixels.max(0)), 0, [camera.width, camera.height]).astype(int)
    if (high <= low).any():
        return np.eye(3), None
    # warpPerspective counts from pixel centres.
    to_picture = cv2.getPerspectiveTransform(
        ends.astype(np.float32), (pixels - 0.5).astype(np.float32)
    )
    return to_picture, (int(low[0]), int(low[1]), int(high[0]), int(high[1]))


@compiled()
def _shade(vertices: Any, normals: Any, colours: Any, light: Any, strengths: Any, eye: Any) -> Any:
    lit = np.empty_like(colours)
    for vertex in range(vertices.shape[0]):
        nx, ny, nz = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        facing = nx * light[0] + ny * light[1] + nz * light[2]
        # Wrapped diffuse light: a large soft box reaches a little past the edge.
        key = max(np.float32(0), (facing + np.float32(0.3)) / np.float32(1.3))
        key *= key * np.float32(0.4) + np.float32(0.6)
        up = nz * np.float32(0.5) + np.float32(0.5)
        vx = eye[0] - vertices[vertex, 0]
        vy = eye[1] - vertices[vertex, 1]
        vz = eye[2] - vertices[vertex, 2]
        length = np.sqrt(vx * vx + vy * vy + vz * vz)
        across = 1 - max(np.float32(0), (nx * vx + ny * vy + nz * vz) / length)
        rim = np.float32(22) * across * across * across * (np.float32(0.4) + up)
        for k in range(3):
            ambient = strengths[2, k] + (strengths[1, k] - strengths[2, k]) * up
            value = colours[vertex, k] * (ambient + strengths[0, k] * key) + rim
            lit[vertex, k] = min(value, np.float32(255))
    return lit


@compiled()
def _on_ground(vertices: Any, floor: Any, slant: Any) -> Any:
    """Where the shadows (V, 2) of vertices fall, and how high (V,) they are above the floor."""
    ground = np.empty((vertices.shape[0], 2), dtype=np.float32)
    height = np.empty(vertices.shape[0], dtype=np.float32)
    for vertex in range(vertices.shape[0]):
        height[vertex] = max(vertices[vertex, 2] - floor, np.float32(0))
        for k in range(2):
            ground[vertex, k] = vertices[vertex, k] - height[vertex] * slant[k]
    return ground, height


@compiled()
def _counted(ground: Any, height: Any, corner: Any, cell: Any, cells: Any) -> Any:
    """Vertices per shadow cell: weighed by how near the floor they are, and all alike."""
    touching = np.zeros((cells, cells), dtype=np.float32)
    above = np.zeros((cells, cells), dtype=np.float32)
    for vertex in range(ground.shape[0]):
        across = (ground[vertex, 0] - corner[0]) / cell
        up = (ground[vertex, 1] - corner[1]) / cell
        if 0 <= across < cells and 0 <= up < cells:
            column, row = int(across), int(up)
            above[row, column] += 1
            if height[vertex] < 0.8:
                touching[row, column] += np.exp(-height[vertex] / np.float32(0.10))
    return touching, above


@compiled()
def _darken(window: Any, alpha: Any) -> Any:
    for y in range(window.shape[0]):
        for x in range(window.shape[1]):
            if alpha[y, x] > 0.002:
                rest = 1 - alpha[y, x]
                for k in range(3):
                    window[y, x, k] = np.uint8(window[y, x, k] * rest + np.float32(0.5))
