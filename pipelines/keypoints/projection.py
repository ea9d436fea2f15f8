"""What a camera sees of a dance whose every joint is known: exact points, not detected ones.

World: metres, z up. Shapes: T frames, 24 joints, 29 points (person.POINT_NAMES).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import Camera
from pipelines.body.rasterizer import SurfaceDepth
from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.keypoints.head import face_points, face_visibility
from pipelines.keypoints.person import FACE_NAMES, POINT_NAMES

Array = NDArray[np.floating[Any]]

_CHUNK = 512

_FLESH = {
    "pelvis": 0.22, "hip": 0.20, "spine1": 0.22, "spine2": 0.22, "spine3": 0.22, "collar": 0.18,
    "shoulder": 0.14, "neck": 0.16, "head": 0.18, "elbow": 0.10, "wrist": 0.08, "hand": 0.08,
    "knee": 0.12, "ankle": 0.11, "foot": 0.11, "nose": 0.05, "eye": 0.05, "ear": 0.06,
}  # fmt: skip
"""Metres of a joint's own flesh that may lie before it; a surface still nearer hides it."""

FLESH: NDArray[np.float64] = np.array([_FLESH[name.split("_")[-1]] for name in POINT_NAMES])


@dataclass(frozen=True)
class SeenDance:
    """A dance as its cameras see it.

    Attributes:
        xy: (T, 29, 2) pixels, the top-left corner of the picture is (0, 0).
        depth: (T, 29) metres along the camera's axis.
        facing: (T, 29) in [0, 1]: 0 for face points on the side of the head turned away, 1 for
            all others.
        points: (T, 29, 3) metres, world.
        positions: (T, 3), rotations: (T, 3, 3) and focals: (T,) of the cameras, as in
            `body.camera.Camera`; principal points are picture centres.
        fps, width, height: of the video.
    """

    xy: NDArray[np.float64]
    depth: NDArray[np.float64]
    facing: NDArray[np.float64]
    points: NDArray[np.float64]
    positions: NDArray[np.float64]
    rotations: NDArray[np.float64]
    focals: NDArray[np.float64]
    fps: float
    width: int
    height: int

    def visible(self, frame: int, surface: SurfaceDepth) -> NDArray[np.float64]:
        """How far each point (29,) of a frame can be seen, in [0, 1].

        Nothing is seen outside the picture, on a side turned away, or behind other parts of the
        body: where the drawn surface lies before the point by more than the point's own flesh.
        """
        xy, depth = self.xy[frame], self.depth[frame]
        inside = ((xy >= 0) & (xy < [self.width, self.height])).all(-1) & (depth > 0)
        hidden = surface(xy) < depth - FLESH
        return np.asarray(self.facing[frame] * (inside & ~hidden))


def see_dance(
    rotations_TJ33: Array,
    trans_T3: Array,
    cameras: Sequence[Camera],
    fps: float,
    offsets_J3: Array = OFFSETS,
) -> SeenDance:
    """Project a dance, its five face points too.

    Args:
        rotations_TJ33: (T, 24, 3, 3) local rotations, z-up world.
        trans_T3: (T, 3) pelvis, metres.
        cameras: T of them.
        fps: frames per second.
        offsets_J3: (24, 3) the skeleton of the body that is drawn.
    """
    parts = [
        _seen_part(
            rotations_TJ33[start : start + _CHUNK],
            trans_T3[start : start + _CHUNK],
            cameras[start : start + _CHUNK],
            offsets_J3,
        )
        for start in range(0, len(trans_T3), _CHUNK)
    ]
    xy, depth, facing, points = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return SeenDance(
        xy=xy,
        depth=depth,
        facing=facing,
        points=points,
        positions=np.stack([camera.position for camera in cameras]),
        rotations=np.stack([camera.rotation for camera in cameras]),
        focals=np.array([camera.focal for camera in cameras]),
        fps=fps,
        width=cameras[0].width,
        height=cameras[0].height,
    )


def _seen_part(
    rotations_TJ33: Array, trans_T3: Array, cameras: Sequence[Camera], offsets_J3: Array
) -> tuple[NDArray[np.float64], ...]:
    joints, turned = forward_kinematics(rotations_TJ33, trans_T3, offsets_J3)
    head = turned[:, JOINT["head"]]
    face = face_points(joints[:, JOINT["head"]], head)
    points = np.concatenate([joints, face], axis=1)
    xy, depth = np.empty((*points.shape[:2], 2)), np.empty(points.shape[:2])
    facing = np.ones(points.shape[:2])
    first = len(POINT_NAMES) - len(FACE_NAMES)
    for frame, camera in enumerate(cameras):
        xy[frame], depth[frame] = camera.project(points[frame])
        facing[frame, first:] = face_visibility(
            camera.to_camera(face[frame : frame + 1]), camera.rotation @ head[frame : frame + 1]
        )[0]
    return xy, depth, facing, points
