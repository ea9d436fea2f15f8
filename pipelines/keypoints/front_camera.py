"""A camera that stands before the stage and shows it where the reference picture has its person.

`body.camera` has one that goes anywhere but looks through the middle of its picture.

World: metres, z up, the dancer's front towards -y. Camera axes: x right, y down, z away.
The image is u = centre_x + focal * x / z, v = centre_y + focal * y / z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

WORLD_TO_CAMERA: NDArray[np.float64] = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
"""(x, y, z) of the world -> (x, -z, y), a level camera that looks along +y."""

FIELD_OF_VIEW = np.deg2rad(30.0)
PITCH = np.deg2rad(3.0)
"""A standing photographer looks slightly down (docs/reference/wan-animate.md#camera)."""

NEAREST = 3.0
"""Metres. Closer, hands stretched towards the camera would grow grotesquely in half-body shots."""
FURTHEST = 14.0


@dataclass(frozen=True)
class FrontCamera:
    """Intrinsics and the distance from the camera to the world's origin.

    Attributes:
        focal: pixels.
        centre: (2,) principal point in pixels; need not be the middle of the canvas.
        distance: metres from the camera to the origin, along the camera's axis.
        pitch: radians by which the camera looks down, turning about the origin.
    """

    focal: float
    centre: NDArray[np.float64]
    distance: float
    pitch: float = PITCH

    @property
    def pixels_per_metre(self) -> float:
        """Image scale at the world's origin."""
        return self.focal / self.distance

    def axes(self) -> NDArray[np.float64]:
        """(3, 3) rotation from world directions to camera axes."""
        cosine, sine = np.cos(self.pitch), np.sin(self.pitch)
        tilt = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
        return tilt @ WORLD_TO_CAMERA

    def to_camera(self, points: Array) -> NDArray[np.float64]:
        """World points (..., 3) in camera axes, metres from the camera."""
        moved: NDArray[np.float64] = points @ self.axes().T + np.array([0, 0, self.distance])
        return moved

    def to_world(self, points: Array) -> NDArray[np.float64]:
        """The inverse of `to_camera`."""
        moved: NDArray[np.float64] = (points - np.array([0, 0, self.distance])) @ self.axes()
        return moved

    def project(self, points: Array) -> NDArray[np.float64]:
        """Pixels (..., 2) of points (..., 3) given in camera axes; z must be positive."""
        image: NDArray[np.float64] = self.centre + self.focal * points[..., :2] / points[..., 2:]
        return image

    def unproject(self, image: Array, depth: Array) -> NDArray[np.float64]:
        """Points (..., 3) in camera axes that `project` to `image` (..., 2) at `depth` (...)."""
        flat = (np.asarray(image) - self.centre) * np.asarray(depth)[..., None] / self.focal
        return np.concatenate([flat, np.asarray(depth, dtype=np.float64)[..., None]], axis=-1)


def camera_for(pixels_per_metre: float, height: int, centre: Array) -> FrontCamera:
    """The camera that shows the origin at `pixels_per_metre`, `height` pixels spanning 30 degrees.

    The distance is kept within NEAREST and FURTHEST metres; the angle gives way.
    """
    wanted = height / (2 * np.tan(FIELD_OF_VIEW / 2)) / pixels_per_metre
    distance = float(np.clip(wanted, NEAREST, FURTHEST))
    return FrontCamera(
        focal=pixels_per_metre * distance,
        centre=np.asarray(centre, dtype=np.float64),
        distance=distance,
    )
