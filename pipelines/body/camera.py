"""A pinhole camera in the z-up world, and where to put it so that the dance fits the picture.

Camera axes: x right, y down, z away from the camera, metres; pixels have their origin at the
top-left corner of the picture, so the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

VIEWS: tuple[str, ...] = ("front", "side", "orbit", "follow")

_BODY_MARGIN = 0.17
"""Metres of flesh beyond a joint: crown over the head joint, fingertips beyond the hand joint."""

_ORBIT_SECONDS = 12.0
_FOLLOW_SECONDS = 0.8


@dataclass(frozen=True)
class Lens:
    """How a camera looks at a dance, whichever side it looks from.

    Attributes:
        pitch: how far it looks down, radians.
        zoom: size of the dancer against the tightest framing, at most 1.
        vertical_view: full vertical angle of view, radians.
    """

    pitch: float = 0.05
    zoom: float = 1.0
    vertical_view: float = 0.55


@dataclass(frozen=True)
class Camera:
    """A camera anywhere, at `position`, with world-to-camera rotation rows (right, down, forward).

    Attributes:
        position: (3,) metres, z-up world.
        rotation: (3, 3) rows right, down, forward in world axes.
        focal: pixels.
        width, height: picture size in pixels; the principal point is its centre.
        distance: metres from the camera to the middle of what it was made to show.
    """

    position: NDArray[np.float64]
    rotation: NDArray[np.float64]
    focal: float
    width: int
    height: int
    distance: float

    def to_camera(self, points: Array) -> NDArray[np.float64]:
        """World points (..., 3) in camera axes (..., 3)."""
        return np.asarray((points - self.position) @ self.rotation.T, dtype=np.float64)

    def project(self, points: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels (..., 2) and depth in metres (...) of world points (..., 3)."""
        local = self.to_camera(points)
        depth = local[..., 2]
        centre = np.array([self.width, self.height]) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            return local[..., :2] / depth[..., None] * self.focal + centre, depth


def looking_at(heading: float, pitch: float = 0.0) -> NDArray[np.float64]:
    """Rotation (3, 3) of a camera that looks into the face of a dancer of this heading.

    Heading 0 (`body.facing`) looks along +y, at a dancer at rest; pi/2 looks along -x. Radians;
    `pitch` tilts it down.
    """
    forward = np.array([-np.sin(heading), np.cos(heading), 0.0]) * np.cos(pitch)
    forward[2] = -np.sin(pitch)
    right = np.array([np.cos(heading), np.sin(heading), 0.0])
    return np.stack([right, np.cross(forward, right), forward])


def frame_points(
    points: Array,
    width: int,
    height: int,
    *,
    heading: float = 0.0,
    lens: Lens = Lens(),
    margin: float = _BODY_MARGIN,
) -> Camera:
    """The nearest camera of a given direction that has every point in its picture.

    Args:
        points: (N, 3) world points, metres.
        width, height: picture size.
        heading: direction of view, radians, as in `looking_at`.
        lens: tilt and angle of view, and how far it steps back from the tightest fit.
        margin: metres kept free around every point.
    """
    rotation = looking_at(heading, lens.pitch)
    focal = height / 2 / np.tan(lens.vertical_view / 2)
    local = points @ rotation.T
    spans = np.array([width, height]) / 2 / focal / (1 / 0.94)
    # A point is inside when |x - cx| <= (z - cz) * span: two half-planes per side whose tightest
    # members meet at the apex (cx, cz).
    high = (local[:, :2] + margin - local[:, 2:] * spans).max(0)
    low = (-local[:, :2] + margin - local[:, 2:] * spans).max(0)
    nearest = float((-(high + low) / (2 * spans)).min())
    centre = (high - low) / 2
    middle = float(local[:, 2].mean())
    back = middle - (middle - nearest) / lens.zoom
    position = np.array([centre[0], centre[1], back]) @ rotation
    return Camera(position, rotation, focal, width, height, middle - back)


def cameras_of_view(
    view: str,
    joints_TJ3: Array,
    fps: float,
    width: int,
    height: int,
    front: float = 0.0,
    lens: Lens = Lens(),
) -> list[Camera]:
    """One camera per frame for a dance.

    Args:
        view: one of VIEWS. front, side: one fixed camera; orbit: once around in 12 s; follow:
            from the front, moving with the dancer.
        joints_TJ3: (T, 24, 3) metres.
        fps: frame rate of the dance.
        width, height: picture size.
        front: heading that counts as the front, radians; 0 looks along +y.
        lens: tilt, size and angle of view.
    """
    frames = len(joints_TJ3)
    if view in ("front", "side"):
        heading = front + (np.pi / 2 if view == "side" else 0.0)
        points = joints_TJ3.reshape(-1, 3)
        return [frame_points(points, width, height, heading=heading, lens=lens)] * frames
    centre = joints_TJ3[:, 0] * np.array([1.0, 1.0, 0.0])
    if view == "follow":
        path = _smoothed(centre, fps * _FOLLOW_SECONDS)
        around = (joints_TJ3 - path[:, None]).reshape(-1, 3)
        still = frame_points(around, width, height, heading=front, lens=lens)
        return [_moved(still, step) for step in path]
    middle = centre.mean(0)
    rim = _rim(joints_TJ3 - middle)
    headings = front + 2 * np.pi * np.arange(frames) / (fps * _ORBIT_SECONDS)
    orbit = [
        frame_points(rim, width, height, heading=float(heading), lens=lens) for heading in headings
    ]
    return [_moved(camera, middle) for camera in orbit]


def _moved(camera: Camera, by: Array) -> Camera:
    return replace(camera, position=camera.position + by)


def _rim(points_TJ3: Array) -> NDArray[np.float64]:
    """The rim of the upright cylinder that holds the dance: the same from every heading."""
    radius = np.linalg.norm(points_TJ3[..., :2], axis=-1).max()
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    ring = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=-1)
    ends = (points_TJ3[..., 2].min(), points_TJ3[..., 2].max())
    return np.concatenate([np.column_stack([ring, np.full(64, end)]) for end in ends])


def _smoothed(path_T3: Array, frames: float) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(
        np.asarray(path_T3, dtype=np.float64), frames, axis=0, mode="nearest"
    )
    return np.asarray(smooth)
