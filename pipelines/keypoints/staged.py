"""A dance placed before a camera, cut to the proportions of the reference person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import Coverage


@dataclass(frozen=True)
class StagedDance:
    """What an appearance back end draws from. T frames, 29 points (person.POINT_NAMES).

    Camera axes: x right, y down, z away from the camera, metres. The canvas is the output frame.

    Attributes:
        xy: (T, 29, 2) canvas pixels.
        depth: (T, 29) metres from the camera along its axis; larger is further away.
        visibility: (T, 29) in [0, 1]; 0 for face points turned away and for body parts that the
            reference picture does not show.
        points: (T, 29, 3) metres, camera axes, limb lengths fitted to the reference person.
        rotations: (T, 24, 3, 3) global joint rotations in camera axes; identity-like for a rest
            body whose y axis points up is diag(1, -1, -1) @ that body's own axes.
        yaw: (T,) radians, heading of the chest: 0 faces the camera, positive turns to the
            dancer's left (towards +x of the image).
        contact: (T, 2) bool, left and right foot on the ground.
        ground_y: canvas row of the ground under the dancer.
        pixels_per_metre: image scale at the dancer's depth.
        reference_to_canvas: (2, 3) affine map from reference-picture pixels to canvas pixels
            (uniform scale and shift) at which the background plate is laid.
        figure_scale: factor by which the figure was shrunk to stay in the frame; 1 keeps its
            size in the picture.
        width, height: canvas size, both even.
        fps: frame rate of the dance as staged.
        coverage: as in the reference picture.
    """

    xy: NDArray[np.float64]
    depth: NDArray[np.float64]
    visibility: NDArray[np.float64]
    points: NDArray[np.float64]
    rotations: NDArray[np.float64]
    yaw: NDArray[np.float64]
    contact: NDArray[np.bool_]
    ground_y: float
    pixels_per_metre: float
    reference_to_canvas: NDArray[np.float64]
    figure_scale: float
    width: int
    height: int
    fps: float
    coverage: Coverage
