"""A staged dance as a pose detector sees it: the body drawn, its points found in the picture.

This is the paper's way from 3D to 2D (MACE-Dance 3.3: pyrender, then ViTPose). The staged joints
know better where they are; this exists to compare, and for whoever reproduces the paper.
Shapes: T frames, 24 joints, 29 points (person.POINT_NAMES).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.body.bodies import open_body
from pipelines.body.camera import Camera
from pipelines.body.mesh import Body
from pipelines.body.renderer import drawn_frames, floor_under, open_renderer
from pipelines.body.scene import Scene
from pipelines.body.skeleton import JOINT, PARENTS, forward_kinematics
from pipelines.body.variety import Look
from pipelines.keypoints.head import face_points, face_visibility
from pipelines.keypoints.person import POINT
from pipelines.keypoints.skeletons import (
    BLAZEPOSE,
    BLAZEPOSE_KNUCKLES,
    BLAZEPOSE_TOES,
    TO_TOE_JOINT,
)
from pipelines.keypoints.staged import StagedDance
from pipelines.keypoints.video_pose import follow

Floats = NDArray[np.float64]

DRIVING: tuple[str, ...] = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    *(f"{side}_{joint}" for side in ("left", "right")
      for joint in ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "foot")),
)  # fmt: skip
"""The points that Wan's skeleton is drawn from."""

_SEEN = 0.5
_SIDE = 512  # MediaPipe looks at 256 pixels

_WORLD_OF_CAMERA = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def found_in_rendering(
    staged: StagedDance, drawn: Callable[[], None] = lambda: None
) -> tuple[StagedDance, float]:
    """The dance with its points found by the pose detector in a drawn body.

    The body is the default one, as large as the dancer's legs are long: it has proportions of its
    own, and so has what is found. Points that are not found have visibility 0.

    Args:
        staged: as keypoints.staging makes it.
        drawn: called after every frame.

    Returns:
        The dance with `xy` and `visibility` replaced, and the share of DRIVING points that the
        exact projection shows and the detector does not.
    """
    marks, drawing = _watched(staged, drawn)
    xy, seen = _our_points(marks, drawing)
    shown = staged.visibility[:, _driving()] >= _SEEN
    missing = shown & (seen[:, _driving()] < _SEEN)
    # Points that no skeleton shows stay where the joints are.
    known = np.isfinite(xy)
    visibility = np.where(known.all(-1), np.minimum(seen, _given(staged)), staged.visibility)
    found = replace(staged, xy=np.where(known, xy, staged.xy), visibility=visibility)
    return found, float(missing.sum() / max(1, shown.sum()))


def detection_errors(staged: StagedDance) -> tuple[Floats, NDArray[np.bool_]]:
    """How far the detector is off, measured against the drawn body's own projected joints.

    Returns:
        Distances (T, len(DRIVING)) in pixels of the canvas, nan where a point is not found, and
        which points (T, len(DRIVING)) there are to find: not turned away, inside the canvas.
    """
    marks, drawing = _watched(staged)
    xy, seen = _our_points(marks, drawing)
    truth, facing = _truth(drawing)
    off = np.linalg.norm(xy - truth, axis=-1)[:, _driving()]
    inside = ((truth >= 0) & (truth < [staged.width, staged.height])).all(-1)
    there = (facing >= _SEEN) & inside
    off[seen[:, _driving()] < _SEEN] = np.nan
    return off, there[:, _driving()]


@dataclass(frozen=True)
class _Drawing:
    """A body, how it moves, and the camera that sees it in a picture larger than the canvas.

    Attributes:
        rotations: (T, 24, 3, 3) local; roots: (T, 3); both of a z-up world with the camera at its
            origin, in metres of the body.
        corner: of the canvas in the camera's picture, whole pixels.
        shift: pixels by which the canvas' points lie right of and below the staged ones.
        size: width and height of the small canvas; scale: its pixels per staged pixel.
    """

    body: Body
    rotations: Floats
    roots: Floats
    camera: Camera
    corner: tuple[int, int]
    shift: Floats
    size: tuple[int, int]
    scale: float


def _drawing(staged: StagedDance, scale: float, body: Body) -> _Drawing:
    focal, centre = _lens(staged)
    focal, centre = focal * scale, centre * scale
    size = (round(staged.width * scale), round(staged.height * scale))
    halves = [int(np.ceil(max(c, s - c, 1))) for c, s in zip(centre, size, strict=True)]
    corner = [round(float(half - c)) for half, c in zip(halves, centre, strict=True)]
    globals_ = _WORLD_OF_CAMERA @ staged.rotations
    rotations = globals_.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            rotations[:, joint] = np.swapaxes(globals_[:, parent], -1, -2) @ globals_[:, joint]
    larger = _leg(staged.points[0]) / _leg(forward_kinematics(
        np.broadcast_to(np.eye(3), (1, 24, 3, 3)), np.zeros((1, 3)), body.offsets)[0][0]
    )  # fmt: skip
    camera = Camera(
        np.zeros(3), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), focal,
        2 * halves[0], 2 * halves[1], float(np.median(staged.depth)) / larger,
    )  # fmt: skip
    return _Drawing(
        body=body,
        rotations=rotations,
        roots=staged.points[:, 0] @ _WORLD_OF_CAMERA.T / larger,
        camera=camera,
        corner=(corner[0], corner[1]),
        shift=np.array(halves) - corner - centre,
        size=size,
        scale=scale,
    )


def _lens(staged: StagedDance) -> tuple[float, Floats]:
    """Focal length and principal point in canvas pixels, from what they did to the points."""
    rays = (staged.points[..., :2] / staged.points[..., 2:]).reshape(-1, 2)
    pixels = staged.xy.reshape(-1, 2)
    middle, origin = pixels.mean(0), rays.mean(0)
    focal = float(((pixels - middle) * (rays - origin)).sum() / ((rays - origin) ** 2).sum())
    return focal, middle - focal * origin


def _leg(points: Floats) -> float:
    """Metres from hips over knees to ankles, both legs."""
    chains = [[JOINT[f"{side}_{part}"] for part in ("hip", "knee", "ankle")]
              for side in ("left", "right")]  # fmt: skip
    return float(sum(np.linalg.norm(np.diff(points[chain], axis=0), axis=1).sum()
                     for chain in chains))  # fmt: skip


class DrawnBody:
    """The default body dancing where the dancer dances, as pictures of any size.

    Args:
        staged: as keypoints.staging makes it.
        width, height: of the pictures; the canvas' shape, but for rounding.
    """

    def __init__(self, staged: StagedDance, width: int, height: int) -> None:
        self._size = (width, height)
        scale = max(width / staged.width, height / staged.height)
        self._drawing = _drawing(staged, scale, open_body("anny", Look()))
        drawing = self._drawing
        self._floor = floor_under(drawing.body, drawing.rotations, drawing.roots)

    def pictures(self, frames: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """RGB (height, width, 3) of these frames of the dance, one after the other."""
        drawing, chosen = self._drawing, np.asarray(frames)
        camera, (left, top), (width, height) = drawing.camera, drawing.corner, drawing.size
        renderer = open_renderer(drawing.body, camera.width, camera.height)
        try:
            drawn = drawn_frames(
                renderer, drawing.body, drawing.rotations[chosen], drawing.roots[chosen],
                [camera] * len(chosen), Scene(floor_height=self._floor),
            )  # fmt: skip
            for picture, _ in drawn:
                part = picture[top : top + height, left : left + width]
                if part.shape[1::-1] != self._size:
                    part = np.asarray(cv2.resize(part, self._size), dtype=np.uint8)
                yield part
        finally:
            renderer.close()


def _watched(
    staged: StagedDance, drawn: Callable[[], None] = lambda: None
) -> tuple[Floats, _Drawing]:
    """BlazePose's landmarks (T, 33, 3) in the drawn body, and how it was drawn."""
    scale = min(1.0, _SIDE / max(staged.width, staged.height))
    body = DrawnBody(staged, round(staged.width * scale), round(staged.height * scale))

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for picture in body.pictures(range(len(staged.xy))):
            yield picture
            drawn()

    return follow(pictures()), body._drawing


def _our_points(marks_T33x3: Floats, drawing: _Drawing) -> tuple[Floats, Floats]:
    """Staged pixels (T, 29, 2), nan for points that no skeleton shows, and visibility (T, 29)."""
    places = (marks_T33x3[..., :2] * drawing.size - drawing.shift) / drawing.scale
    inside = ((marks_T33x3[..., :2] >= 0) & (marks_T33x3[..., :2] < 1)).all(-1)
    seen = np.where(inside, marks_T33x3[..., 2], 0.0)
    xy = np.full((len(places), len(POINT), 2), np.nan)
    visibility = np.zeros((len(places), len(POINT)))
    for name, mark in BLAZEPOSE.items():
        xy[:, POINT[name]], visibility[:, POINT[name]] = places[:, mark], seen[:, mark]
    for name, pair in BLAZEPOSE_KNUCKLES.items():
        xy[:, POINT[name]] = places[:, pair].mean(1)
        visibility[:, POINT[name]] = seen[:, pair].min(1)
    for name, (ankle, toe) in BLAZEPOSE_TOES.items():
        xy[:, POINT[name]] = places[:, ankle] + TO_TOE_JOINT * (places[:, toe] - places[:, ankle])
        visibility[:, POINT[name]] = seen[:, [ankle, toe]].min(1)
    return xy, visibility


def _truth(drawing: _Drawing) -> tuple[Floats, Floats]:
    """Where the drawn body's points are, (T, 29, 2) staged pixels, and how far they face us."""
    joints, globals_ = forward_kinematics(drawing.rotations, drawing.roots, drawing.body.offsets)
    head = JOINT["head"]
    points = np.concatenate([joints, face_points(joints[:, head], globals_[:, head])], axis=1)
    camera = drawing.camera
    pixels = camera.project(points)[0] - drawing.corner
    facing = np.ones(points.shape[:2])
    turned = np.swapaxes(_WORLD_OF_CAMERA, 0, 1) @ globals_[:, head]
    facing[:, 24:] = face_visibility(camera.to_camera(points[:, 24:]), turned)
    return (pixels - drawing.shift) / drawing.scale, facing


def _given(staged: StagedDance) -> Floats:
    """1 for body parts that the reference picture shows at all, (29,)."""
    return np.asarray(staged.visibility.max(0) > 0, dtype=np.float64)


def _driving() -> list[int]:
    return [POINT[name] for name in DRIVING]
