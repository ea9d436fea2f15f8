"""From the camera's axes to a world that stands upright: the camera's tilt, found from the dancer.

A dancer who stands is upright on the average, so the mean way from feet to head in the frames in
which legs and trunk go on in one line is up; cameras are taken to be level from left to right
(docs/reference/capture.md#upright). Shapes: T frames, J = 24 joints.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import looking_at
from pipelines.body.skeleton import JOINT
from pipelines.capture.turning import dot, unit

Floats = NDArray[np.float64]

_STANDS = np.cos(np.radians(35.0))
_FEWEST_SECONDS = 0.5
_MOST_TILT = np.radians(30.0)


def camera_tilt(joints_TJ3: Floats, fps: float) -> float | None:
    """How far the camera looks down, radians; None where the dancer hardly ever stands.

    Args:
        joints_TJ3: metres, in the camera's axes (x right, y down, z away).
    """
    feet = joints_TJ3[:, [JOINT["left_ankle"], JOINT["right_ankle"]]].mean(1)
    pelvis, neck = joints_TJ3[:, JOINT["pelvis"]], joints_TJ3[:, JOINT["neck"]]
    legs, trunk, body = unit(pelvis - feet), unit(neck - pelvis), unit(neck - feet)
    upright = -body[:, 1] > np.cos(_MOST_TILT + np.radians(20.0))
    stands = (dot(legs, trunk)[:, 0] > _STANDS) & upright
    if stands.sum() < _FEWEST_SECONDS * fps:
        return None
    up = np.median(body[stands], axis=0)
    tilt = float(np.arctan2(-up[2], -up[1]))
    return float(np.clip(tilt, -_MOST_TILT, _MOST_TILT))


def to_world(tilt: float) -> Floats:
    """(3, 3) from the axes of a camera that looks along +y, down by `tilt`, to the z-up world."""
    return looking_at(0.0, tilt).T
