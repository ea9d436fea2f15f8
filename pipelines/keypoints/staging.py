"""A dance put on stage: the reference person's proportions, before a camera, inside the canvas.

Shapes: T frames, 24 joints, 29 points (person.POINT_NAMES). World: metres, z up, origin at the
pelvis of the standing dancer where the picture shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import level_of
from pipelines.body.skeleton import JOINT, OFFSETS, forward_kinematics
from pipelines.keypoints.fit import SOLE, FittedBody, fit_body
from pipelines.keypoints.footing import planted
from pipelines.keypoints.framing import (
    MOST_SHRINK,
    MOST_SHRINK_UPPER,
    Frame,
    apply_affine,
    fit_inside,
    reach,
    reference_to_canvas,
)
from pipelines.keypoints.front_camera import FrontCamera, camera_for
from pipelines.keypoints.head import face_points, face_visibility
from pipelines.keypoints.person import POINT, POINT_NAMES, ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.keypoints.travel import (
    contained,
    foot_contacts,
    lowest_feet,
    softly_limited,
    turned_to_camera,
)

Array = NDArray[np.floating[Any]]

_ANKLES = [JOINT["left_ankle"], JOINT["right_ankle"]]
_HANDS = [POINT["left_hand"], POINT["right_hand"]]
_REST_TOE_HEIGHT = SOLE
_REST_ANKLE_HEIGHT = SOLE - float(OFFSETS[[JOINT["left_foot"], JOINT["right_foot"]], 1].mean())

_CONTAINMENTS = (
    (0.0, np.inf), (0.5, np.inf), (1.0, np.inf), (1.0, 0.4), (1.0, 0.25), (1.0, 0.15), (1.0, 0.08),
)  # fmt: skip
"""(share of wandering removed, metres that steps may go either way), mildest first."""

_NEAR_BEST = 0.93
"""Of the size at which a dance without any travel would fit: worth more travel than that."""

_DEPTH_LIMIT = 0.10
"""Of the camera's distance: steps towards the camera change the dancer's size by no more."""

_UPPER_TRAVEL = 0.35
_UPPER_LIMITS = (0.06, 0.10)
"""Metres sideways and in depth that a half-body figure may sway: its cut edge must not show."""


# Metres that hair, clothes and fingers may reach around a point; next to the body, pixels of the
# body would be taken for the hand's.
_REACH_LIMITS = np.full(len(POINT_NAMES), 0.45)
for _name in POINT_NAMES:
    if _name.endswith(("elbow", "wrist", "shoulder")):
        _REACH_LIMITS[POINT[_name]] = 0.16
    elif _name.endswith("hand"):
        _REACH_LIMITS[POINT[_name]] = 0.12


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
    """A dance in the fitted body.

    Local rotations (T, 24, 3, 3), root track (T, 3), height of the lower sole above the ground
    (T,), contact (T, 2), and how far other proportions carry the feet astray, (T, 2, 2) metres.
    """

    rotations: Array
    root: Array
    above: Array
    contact: NDArray[np.bool_]
    astray: Array


def stage_dance(
    rotations: Array,
    trans: Array,
    fps: float,
    person: ReferencePerson,
    width: int,
    height: int,
    *,
    keep_size: bool = False,
) -> StagedDance:
    """Place a dance before the camera as the reference person would dance it.

    Args:
        rotations: (T, 24, 3, 3) local rotations and `trans` (T, 3) of a Motion: z up, metres.
        fps: its frame rate.
        person: the reference; gives proportions, starting place, size and what can be seen.
        width, height: canvas in pixels, both even.
        keep_size: leave the figure as large as in the picture, though arms may leave the canvas.

    Returns:
        The dance as staged.StagedDance documents it. The dancer starts where the person stands,
        turned so that the dance on the whole faces the camera, on the person's ground line.
    """
    affine = reference_to_canvas(person, width, height)
    placed = _place(person, affine)
    danced = _in_fitted_body(rotations, trans, fps, placed.body)
    camera = _camera(person, placed, height)
    danced, frame = _framed(danced, placed, person, camera, fps, width, height)
    if keep_size:
        frame = replace(frame, scale=1.0, shift=np.zeros(2))
    world, globals_ = _world_points(danced, placed.body)
    points = camera.to_camera(world)
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
    around = scale * reach(person)
    # Feet stand on the ground: what the picture shows below them is all the room that they need.
    around = np.minimum(around, _REACH_LIMITS * body.pixels_per_metre)
    around[feet] = np.minimum(around[feet], np.maximum(ground - xy[feet, 1], 2.0))
    return _Placed(
        xy=xy, reach=around, body=body, ground_y=ground, bottom_y=float(bottom),
        seen=seen,
    )  # fmt: skip


def _in_fitted_body(rotations: Array, trans: Array, fps: float, body: FittedBody) -> _Danced:
    """Turn to the camera; move the root so that the fitted legs stand where the old ones did."""
    turned, moved = turned_to_camera(rotations, trans)
    joints = forward_kinematics(turned, moved)[0]
    soles = lowest_feet(joints, _REST_ANKLE_HEIGHT, _REST_TOE_HEIGHT)
    above = body.leg_ratio * (soles.min(1) - level_of(soles.min(1)))
    contact = foot_contacts(joints, soles, fps)
    root = grounded(turned, moved * body.leg_ratio, above, body)
    fitted = forward_kinematics(turned, root, body.offsets)[0]
    astray = (fitted - body.leg_ratio * joints)[:, _ANKLES, :2]
    return _Danced(turned, root, above, contact, astray)


def grounded(rotations: Array, root: Array, above_T: Array, body: FittedBody) -> Array:
    """The root (T, 3) raised or lowered so that the lower sole is `above_T` over the ground."""
    joints = forward_kinematics(rotations, root, body.offsets)[0]
    ankle, toe = (height * body.leg_ratio for height in (_REST_ANKLE_HEIGHT, _REST_TOE_HEIGHT))
    lowest = lowest_feet(joints, ankle, toe).min(1)
    placed = np.array(root, dtype=np.float64)
    placed[:, 2] += above_T - body.standing_height - lowest
    return placed


def _camera(person: ReferencePerson, placed: _Placed, height: int) -> FrontCamera:
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


def _world_points(danced: _Danced, body: FittedBody) -> tuple[Array, Array]:
    """Points (T, 29, 3) and global rotations (T, 24, 3, 3) in world axes."""
    joints, globals_ = forward_kinematics(danced.rotations, danced.root, body.offsets)
    head = JOINT["head"]
    face = face_points(joints[:, head], globals_[:, head], body.face_offsets)
    return np.concatenate([joints, face], axis=1), globals_


def _framed(
    danced: _Danced,
    placed: _Placed,
    person: ReferencePerson,
    camera: FrontCamera,
    fps: float,
    width: int,
    height: int,
) -> tuple[_Danced, Frame]:
    """The dance with its steps contained, and the frame that keeps it on the canvas."""
    if person.coverage == "upper":
        return _framed_upper(danced, placed, camera, width)
    depth_limit = _DEPTH_LIMIT * camera.distance
    anchor = np.array([camera.centre[0], placed.ground_y])
    hands = [hand for hand in _HANDS if placed.seen[hand]]
    radius = np.concatenate([placed.reach[placed.seen], placed.reach[hands]])
    joints = _world_points(danced, placed.body)[0]

    def frame_of(points: Array) -> Frame:
        xy = camera.project(camera.to_camera(points))
        xy = np.concatenate([xy[:, placed.seen], _carried(xy, hands, placed)], axis=1)
        return fit_inside(xy, radius, anchor, width, height)

    roots = [_contained(danced, *way, depth_limit, fps) for way in _CONTAINMENTS]
    scales = [frame_of(joints + (root - danced.root)[:, None]).scale for root in roots]
    enough = min(MOST_SHRINK, _NEAR_BEST * max(scales))
    root = next(root for root, scale in zip(roots, scales, strict=True) if scale >= enough)
    smaller = _with_root(danced, root, placed.body, fps)
    return smaller, frame_of(_world_points(smaller, placed.body)[0])


def _carried(xy_T29: Array, hands: list[int], placed: _Placed) -> Array:
    """Where hands (T, H, 2) would be if the trunk carried the arms as the picture shows them.

    An Appearance Expert that cannot free an arm from the trunk does that, and those hands, too,
    have to stay on the canvas.
    """
    neck, pelvis = POINT["neck"], POINT["pelvis"]
    spine = xy_T29[:, neck] - xy_T29[:, pelvis]
    rest = placed.xy[neck] - placed.xy[pelvis]
    angle = np.arctan2(spine[:, 1], spine[:, 0]) - np.arctan2(rest[1], rest[0])
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1)
    arms = placed.xy[hands] - placed.xy[neck]
    carried = np.einsum("tij,hj->thi", turn.reshape(-1, 2, 2), arms)
    return np.asarray(xy_T29[:, neck, None] + carried)


def _contained(
    danced: _Danced, drift: float, limit: float, depth_limit: float, fps: float
) -> NDArray[np.float64]:
    root = np.array(danced.root, dtype=np.float64)
    root[:, 0] = contained(root[:, 0], fps, drift, limit)
    root[:, 1] = contained(root[:, 1], fps, drift, min(limit, depth_limit))
    return root


def _with_root(danced: _Danced, root: Array, body: FittedBody, fps: float) -> _Danced:
    """The dance with another root track, its planted feet staying planted."""
    shifts = (root - danced.root)[:, None, :2] + danced.astray
    rotations = planted(danced.rotations, danced.root, shifts, danced.contact, body.offsets, fps)
    return replace(danced, rotations=rotations, root=grounded(rotations, root, danced.above, body))


def _framed_upper(
    danced: _Danced, placed: _Placed, camera: FrontCamera, width: int
) -> tuple[_Danced, Frame]:
    """A figure cut off by the picture sways and dips in place; its cut edge stays at the bottom."""
    root = danced.root.copy()
    for axis, limit in zip((0, 1), _UPPER_LIMITS, strict=True):
        track = root[:, axis] - np.median(root[:, axis])
        root[:, axis] = softly_limited(_UPPER_TRAVEL * track, limit)
    dip = np.minimum(root[:, 2] - np.percentile(root[:, 2], 90), 0.0)
    root[:, 2] = softly_limited(0.6 * dip, 0.15)
    swaying = replace(danced, root=root)
    points = camera.to_camera(_world_points(swaying, placed.body)[0])
    anchor = np.array([placed.xy[POINT["neck"], 0], placed.bottom_y])
    radius = placed.reach[placed.seen, None]
    xy = camera.project(points)[:, placed.seen]
    left, top = (anchor - (xy - radius).min((0, 1))) / np.maximum(anchor, 1.0)
    right = ((xy + radius)[..., 0].max() - anchor[0]) / max(1.0, width - anchor[0])
    scale = float(np.clip(1 / max(left, top, right), MOST_SHRINK_UPPER, 1.0))
    return swaying, Frame(anchor=anchor, scale=scale, shift=np.zeros(2))
