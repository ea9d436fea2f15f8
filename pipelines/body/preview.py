"""Stick figures and contact sheets: the quickest look at a dance.

frames = list(stick_frames(rotations, trans, 270, 360))
sheet = contact_sheet(frames[::10], columns=8)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import Camera, cameras_of_view
from pipelines.body.skeleton import PARENTS, forward_kinematics
from pipelines.support.files import atomic_path

Picture = NDArray[np.uint8]

_PAPER = (250, 249, 246)
_GRID = (222, 220, 214)
_MIDDLE = (70, 70, 78)
_LEFT = (38, 112, 196)
_RIGHT = (214, 84, 52)
_SUBPIXEL_BITS = 4


def stick_frames(
    rotations_TJ33: NDArray[np.floating[Any]],
    trans_T3: NDArray[np.floating[Any]],
    width: int = 270,
    height: int = 360,
    *,
    view: str = "front",
    fps: float = 30.0,
) -> Iterator[Picture]:
    """A stick figure per frame on a floor grid; the dancer's left is blue, the right is red.

    Args:
        rotations_TJ33: (T, 24, 3, 3) local rotations, z-up world.
        trans_T3: (T, 3) pelvis, metres.
        width, height: pixels.
        view: one of camera.VIEWS.
        fps: frame rate, which paces orbit and follow.

    Yields:
        (height, width, 3) uint8 RGB.
    """
    joints_TJ3, _ = forward_kinematics(rotations_TJ33, trans_T3)
    floor = float(joints_TJ3[..., 2].min())
    cameras = cameras_of_view(view, joints_TJ3, fps, width, height)
    for camera, joints_J3 in zip(cameras, joints_TJ3, strict=True):
        picture = np.full((height, width, 3), _PAPER, dtype=np.uint8)
        _draw_floor(picture, camera, floor)
        _draw_figure(picture, camera, joints_J3, floor)
        yield picture


def contact_sheet(frames: Sequence[Picture], columns: int = 8, gap: int = 4) -> Picture:
    """Equally sized RGB pictures laid out row by row on white."""
    height, width = frames[0].shape[:2]
    rows = -(-len(frames) // columns)
    sheet = np.full(
        (rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, dtype=np.uint8
    )
    for index, frame in enumerate(frames):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = frame
    return sheet


def render_preview(
    rotations_TJ33: NDArray[np.floating[Any]],
    trans_T3: NDArray[np.floating[Any]],
    path: Path,
    *,
    pictures: int = 24,
    columns: int = 8,
    view: str = "front",
) -> None:
    """Write a contact sheet of `pictures` stick figures, evenly spread over the dance, as PNG."""
    chosen = np.linspace(0, len(trans_T3) - 1, min(pictures, len(trans_T3))).round().astype(int)
    frames = list(stick_frames(rotations_TJ33[chosen], trans_T3[chosen], 200, 270, view=view))
    sheet = contact_sheet(frames, columns)
    with atomic_path(path) as temporary:
        cv2.imwrite(str(temporary), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def _draw_figure(
    picture: Picture, camera: Camera, joints_J3: NDArray[np.float64], floor: float
) -> None:
    pixels, depth = camera.project(joints_J3)
    thick = max(1, round(0.055 * camera.focal / float(depth[0])))
    shadow, _ = camera.project(joints_J3[0] * [1, 1, 0] + [0, 0, floor])
    across = 0.28 * camera.focal / float(depth[0])
    axes = (int(across), max(1, int(across * 0.22)))
    cv2.ellipse(
        picture, tuple(shadow.astype(int).tolist()), axes, 0, 0, 360, _GRID, -1, cv2.LINE_AA
    )
    bones = [(joint, parent) for joint, parent in enumerate(PARENTS) if parent >= 0]
    for joint, parent in sorted(bones, key=lambda bone: -depth[list(bone)].mean()):
        _line(picture, pixels[parent], pixels[joint], _colour(joint), thick)
    head = tuple(_fixed(pixels[15]))
    radius = int(0.095 * camera.focal / depth[15] * 2**_SUBPIXEL_BITS)
    cv2.circle(picture, head, radius, _MIDDLE, -1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_floor(picture: Picture, camera: Camera, floor: float) -> None:
    for line in np.arange(-3, 3.01, 0.5):
        for start, end in (([line, -3], [line, 3]), ([-3, line], [3, line])):
            ends = np.array([[*start, floor], [*end, floor]], dtype=np.float64)
            depth = camera.to_camera(ends)[:, 2]
            if depth.max() <= 0.1:
                continue
            if depth.min() < 0.1:
                near, far = ends[depth.argmin()], ends[depth.argmax()]
                share = (0.1 - depth.min()) / (depth.max() - depth.min())
                ends = np.stack([near + (far - near) * share, far])
            pixels, _ = camera.project(ends)
            _line(picture, pixels[0], pixels[1], _GRID, 1)


def _colour(joint: int) -> tuple[int, int, int]:
    if joint in (1, 4, 7, 10, 13, 16, 18, 20, 22):
        return _LEFT
    return _RIGHT if joint in (2, 5, 8, 11, 14, 17, 19, 21, 23) else _MIDDLE


def _line(
    picture: Picture,
    start: NDArray[np.floating[Any]],
    end: NDArray[np.floating[Any]],
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    cv2.line(picture, _fixed(start), _fixed(end), colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _fixed(pixel: NDArray[np.floating[Any]]) -> list[int]:
    # cv2 keeps 16 fractional-and-integer bits; clipping keeps far points of the grid from wrapping.
    return [round(float(v) * 2**_SUBPIXEL_BITS) for v in np.clip(pixel, -1e6, 1e6)]
