"""A dance put on stage: the reference person's proportions, before a camera, inside the canvas.

Shapes: T frames, 24 joints, 29 points (person.POINT_NAMES). World: metres, z up, origin at the
pelvis of the standing dancer where the picture shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.keypoints.camera import Camera, camera_for
from pipelines.keypoints.fit import SOLE, FittedBody, fit_body
from pipelines.keypoints.framing import (
    MOST_SHRINK,
    Frame,
    apply_affine,
    fit_inside,
    reach,
    reference_to_canvas,
)
from pipelines.keypoints.head import face_points, face_visibility
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.keypoints.travel import (
    contained,
    floor_height,
    foot_contacts,
    lowest_feet,
    softly_limited,
    turned_to_camera,
)

Array = NDArray[np.floating[Any]]

_REST_TOE_HEIGHT = SOLE
_REST_ANKLE_HEIGHT = SOLE - float(OFFSETS[[JOINT["left_foot"], JOINT["right_foot"]], 1].mean())

_CONTAINMENTS = ((0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (1.0, 0.8), (1.0, 0.6), (1.0, 0.4))
"""(share of drift removed, gain of what remains), mildest first."""

_UPPER_TRAVEL = 0.35
_UPPER_LIMITS = (0.06, 0.10)
"""Metres sideways and in depth that a half-body figure may sway: its cut edge must not show."""


@dataclass(frozen=True)
class _Placed:
    """The reference person in canvas pixels."""

    xy: NDArray[np.float64]
    reach: NDArray[np.float64]
    body: FittedBody
    ground_y: float
    bottom_y: float
    seen: NDArray[np.bool_]


@dataclass(frozen=True)
class _Danced:
    """The dance in the fitted body, before it is contained: world axes, root at `root`."""

    rotations: NDArray[np.float64]
    root: NDArray[np.float64]
    contact: NDArray[np.bool_]


def stage_dance(
    rotations: Array, trans: Array, fps: float, person: ReferencePerson, width: int, height: int
) -> StagedDance:
    """Place a dance before the camera as the reference person would dance it.

    Args:
        rotations: (T, 24, 3, 3) local rotations and `trans` (T, 3) of a Motion: z up, metres.
        fps: its frame rate.
        person: the reference; gives proportions, starting place, size and what can be seen.
        width, height: canvas in pixels, both even.

    Returns:
        The dance as staged.StagedDance documents it. The dancer starts where the person stands,
        turned so that the dance on the whole faces the camera, on the person's ground line.
    """
    affine = reference_to_canvas(person, width, height)
    placed = _place(person, affine)
    danced = _in_fitted_body(rotations, trans, fps, placed.body)
    camera = _camera(person, placed, height)
    root, frame = _framed(danced, placed, person, camera, fps, width, height)
    points, globals_ = _points(danced.rotations, root, placed.body, camera)
    rotations_camera = camera.axes() @ globals_
    visibility = np.repeat((person.confidence > 0).astype(np.float64)[None], len(points), axis=0)
    visibility[:, 24:] *= face_visibility(points[:, 24:], rotations_camera[:, JOINT["head"]])
    chest_T3 = rotations_camera[:, JOINT["spine3"], :, 2]
    floor = camera.to_camera(np.array([0, 0, -placed.body.standing_height]))
    return StagedDance(
        xy=frame.apply(camera.project(points)),
        depth=points[..., 2],
        visibility=visibility,
        points=points,
        rotations=rotations_camera,
        yaw=np.arctan2(chest_T3[:, 0], -chest_T3[:, 2]),
        contact=danced.contact,
        ground_y=float(frame.apply(camera.project(floor))[1]),
        pixels_per_metre=camera.pixels_per_metre * frame.scale,
        reference_to_canvas=affine,
        figure_scale=frame.scale,
        width=width,
        height=height,
        fps=fps,
        coverage=person.coverage,
    )


def _place(person: ReferencePerson, affine: Array) -> _Placed:
    scale = float(affine[0, 0])
    xy = apply_affine(affine, person.xy)
    body = fit_body(xy, scale * person.depth, person.confidence)
    rows = np.flatnonzero((person.matte > 0.5).any(1))
    bottom = scale * float(rows[-1] + 1 if len(rows) else person.matte.shape[0]) + affine[1, 2]
    feet = [POINT[f"{side}_{joint}"] for side in ("left", "right") for joint in ("ankle", "foot")]
    seen = person.confidence > 0
    ground = float(bottom)
    if seen[feet].any():
        toes = float(xy[feet, 1][seen[feet]].max())
        # A long skirt or a shadow in the matte must not push the ground far below the feet.
        ground = min(ground, toes + 0.06 * body.pixels_per_metre)
        ground = max(ground, toes)
    return _Placed(
        xy=xy, reach=scale * reach(person), body=body, ground_y=ground, bottom_y=float(bottom),
        seen=seen,
    )  # fmt: skip


def _in_fitted_body(rotations: Array, trans: Array, fps: float, body: FittedBody) -> _Danced:
    """Turn to the camera; move the root so that the fitted legs stand where the old ones did."""
    turned, moved = turned_to_camera(rotations, trans)
    joints, globals_ = forward_kinematics(turned, moved)
    soles = lowest_feet(joints, _REST_ANKLE_HEIGHT, _REST_TOE_HEIGHT)
    floor = floor_height(soles)
    contact = foot_contacts(joints, soles, fps)
    ratio = body.leg_ratio
    root = moved * ratio
    fitted = forward_kinematics(turned, root, body.offsets)[0]
    fitted_soles = lowest_feet(fitted, _REST_ANKLE_HEIGHT * ratio, _REST_TOE_HEIGHT * ratio)
    wanted = ratio * (soles.min(1) - floor) - body.standing_height
    root[:, 2] += wanted - fitted_soles.min(1)
    del globals_
    return _Danced(rotations=turned, root=root, contact=contact)


def _camera(person: ReferencePerson, placed: _Placed, height: int) -> Camera:
    """The camera whose image of the standing figure lies on the person in the picture."""
    scale = placed.body.pixels_per_metre
    camera = camera_for(scale, height, np.zeros(2))
    anchor_x = placed.xy[POINT["pelvis"], 0]
    if person.coverage == "upper":
        rest = np.broadcast_to(np.eye(3), (1, 24, 3, 3)).copy()
        rest[0, 0] = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
        neck = forward_kinematics(rest, np.zeros((1, 3)), placed.body.offsets)[0][0, JOINT["neck"]]
        seen = camera.project(camera.to_camera(neck))
        return replace(camera, centre=placed.xy[POINT["neck"]] - seen)
    floor = camera.to_camera(np.array([0, 0, -placed.body.standing_height]))
    return replace(camera, centre=np.array([anchor_x, placed.ground_y]) - camera.project(floor))


def _points(
    rotations: Array, root: Array, body: FittedBody, camera: Camera
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points (T, 29, 3) in camera axes and global rotations (T, 24, 3, 3) in world axes."""
    joints, globals_ = forward_kinematics(rotations, root, body.offsets)
    head = JOINT["head"]
    face = face_points(joints[:, head], globals_[:, head], body.face_offsets)
    return camera.to_camera(np.concatenate([joints, face], axis=1)), globals_


def _framed(
    danced: _Danced,
    placed: _Placed,
    person: ReferencePerson,
    camera: Camera,
    fps: float,
    width: int,
    height: int,
) -> tuple[NDArray[np.float64], Frame]:
    """The contained root track (T, 3) and the frame that keeps the figure on the canvas."""
    if person.coverage == "upper":
        return _framed_upper(danced, placed, camera, width, height)
    tries: list[tuple[NDArray[np.float64], Frame]] = []
    for drift, gain in _CONTAINMENTS:
        root = danced.root.copy()
        root[:, 0] = contained(root[:, 0], fps, drift, gain)
        root[:, 1] = contained(root[:, 1], fps, drift, gain)
        root[:, 1] = softly_limited(root[:, 1], 0.3 * camera.distance)
        points = _points(danced.rotations, root, placed.body, camera)[0]
        frame = fit_inside(
            camera.project(points)[:, placed.seen], placed.reach[placed.seen],
            camera.centre, width, height,
        )  # fmt: skip
        tries.append((root, frame))
        if frame.scale >= MOST_SHRINK:
            return tries[-1]
    # Steps are not what makes this dance wide: of equally good ways keep the mildest.
    best = max(frame.scale for _, frame in tries)
    return next(pair for pair in tries if pair[1].scale >= 0.97 * best)


def _framed_upper(
    danced: _Danced, placed: _Placed, camera: Camera, width: int, height: int
) -> tuple[NDArray[np.float64], Frame]:
    """A figure cut off by the picture sways and dips in place; its cut edge stays at the bottom."""
    root = danced.root.copy()
    for axis, limit in zip((0, 1), _UPPER_LIMITS, strict=True):
        track = root[:, axis] - np.median(root[:, axis])
        root[:, axis] = softly_limited(_UPPER_TRAVEL * track, limit)
    dip = np.minimum(root[:, 2] - np.percentile(root[:, 2], 90), 0.0)
    root[:, 2] = softly_limited(0.6 * dip, 0.15)
    points = _points(danced.rotations, root, placed.body, camera)[0]
    anchor = np.array([placed.xy[POINT["neck"], 0], placed.bottom_y])
    free = fit_inside(
        camera.project(points)[:, placed.seen],
        placed.reach[placed.seen],
        anchor,
        width,
        10 * height,
    )
    scale = max(MOST_SHRINK, free.scale)
    return root, Frame(anchor=anchor, scale=scale, shift=np.zeros(2))
