"""The skeleton picture that Wan-Animate was trained to follow, drawn from our 29 points.

Style "v2" of Wan's preprocessing (docs/reference/wan-animate.md#skeleton-picture): black canvas, 19
limbs as thin filled ellipses in 60 % of their colour, joints as small discs in full colour over
them, hands as one-pixel lines in a hue wheel with blue joints. Later strokes overwrite earlier
ones. No face landmarks.

Our points hold no fingers, so each hand is a relaxed template laid along the hand (HAND_TEMPLATE).
Image axes: x right, y down, pixels.
"""

from __future__ import annotations

import colorsys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import POINT

THRESHOLD = 0.5
"""A stroke is drawn if both its ends are at least this visible."""

# Wan's 20 points, in its order. The neck is the middle of the shoulders, as in COCO.
BODY_POINTS: tuple[tuple[str, ...], ...] = (
    ("nose",), ("left_shoulder", "right_shoulder"),
    ("right_shoulder",), ("right_elbow",), ("right_wrist",),
    ("left_shoulder",), ("left_elbow",), ("left_wrist",),
    ("right_hip",), ("right_knee",), ("right_ankle",),
    ("left_hip",), ("left_knee",), ("left_ankle",),
    ("right_eye",), ("left_eye",), ("right_ear",), ("left_ear",),
    ("left_foot",), ("right_foot",),
)  # fmt: skip

LIMBS: NDArray[np.intp] = np.array([
    (2, 3), (2, 6), (3, 4), (4, 5), (6, 7), (7, 8), (2, 9), (9, 10), (10, 11), (2, 12), (12, 13),
    (13, 14), (2, 1), (1, 15), (15, 17), (1, 16), (16, 18), (14, 19), (11, 20),
]) - 1  # fmt: skip
"""Ends of the limbs as indices into BODY_POINTS, in drawing order."""

PALETTE: tuple[tuple[int, int, int], ...] = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0),
    (0, 255, 0), (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255),
    (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85),
    (200, 200, 0), (100, 100, 0),
)  # fmt: skip

LIMB_PALETTE = tuple((int(r * 0.6), int(g * 0.6), int(b * 0.6)) for r, g, b in PALETTE)

HAND_EDGES: tuple[tuple[int, int], ...] = tuple(
    (0 if knuckle == 0 else 4 * finger + knuckle, 4 * finger + knuckle + 1)
    for finger in range(5)
    for knuckle in range(4)
)
HAND_PALETTE: tuple[tuple[int, int, int], ...] = tuple(
    (round(255 * r), round(255 * g), round(255 * b))
    for r, g, b in (colorsys.hsv_to_rgb(edge / 20, 1.0, 1.0) for edge in range(20))
)
HAND_JOINT_COLOUR = (0, 0, 255)

HAND_TEMPLATE: NDArray[np.float64] = np.array([
    (0.00, 0.00),
    (0.12, 0.16), (0.26, 0.27), (0.38, 0.34), (0.48, 0.38),
    (0.48, 0.15), (0.66, 0.18), (0.77, 0.19), (0.86, 0.19),
    (0.50, 0.04), (0.70, 0.05), (0.83, 0.05), (0.93, 0.05),
    (0.47, -0.06), (0.65, -0.08), (0.77, -0.09), (0.86, -0.09),
    (0.42, -0.15), (0.55, -0.19), (0.63, -0.21), (0.71, -0.22),
])  # fmt: skip
"""A relaxed open hand, 21 points in COCO-WholeBody order (wrist, then thumb to little finger), in
hand lengths: first along the hand, then across it towards the thumb."""

_HAND_POINT_SHARE = 0.48  # SMPL's hand joint lies at the knuckles: this far along the template
_HAND_PER_FOREARM = 0.67  # lengths on the SMPL skeleton: 0.18 m hand, 0.267 m forearm
_ELLIPSE = np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 48, endpoint=False)),
     np.sin(np.linspace(0, 2 * np.pi, 48, endpoint=False))], axis=-1,
)  # fmt: skip
_OPENPOSE_POINTS = 18
_SHIFT = 4  # cv2 takes sub-pixel positions as integers of 1/16 pixel
_BODY_INDEX = np.array([[POINT[n[0]], POINT[n[-1]]] for n in BODY_POINTS])


def stroke_radius(width: int, height: int) -> int:
    """Half-width of limbs and radius of joints in pixels: 2 at 720p, 1 below 600 lines."""
    return max(min(width, height) // 200 - 1, 1)


def draw_pose(
    xy: NDArray[np.floating[Any]],
    visibility: NDArray[np.floating[Any]],
    width: int,
    height: int,
    *,
    radius: int | None = None,
    feet: bool = True,
) -> NDArray[np.uint8]:
    """Draw one dancer.

    Args:
        xy: (29, 2) pixels, person.POINT_NAMES order; points may lie outside the canvas. A point
            that is not finite counts as invisible.
        visibility: (29,) in [0, 1].
        width, height: canvas size.
        radius: of joints and half the width of limbs, pixels; default: `stroke_radius`.
        feet: whether feet are drawn: Wan's skeleton has them, OpenPose's 18 points have not.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    canvas = np.zeros((height, width, 3), dtype=np.uint8)
    points = np.asarray(xy, dtype=np.float64)
    visible = (np.asarray(visibility) >= THRESHOLD) & np.isfinite(points).all(axis=-1)
    points = np.clip(np.where(visible[:, None], points, 0.0), -1e6, 1e6)
    radius = stroke_radius(width, height) if radius is None else radius

    body, body_visible = wan_body(points, visible)
    body_visible[_OPENPOSE_POINTS:] &= feet
    _draw_limbs(canvas, body, body_visible, radius)
    _draw_joints(canvas, body[body_visible], radius, np.array(PALETTE)[body_visible])
    for side in ("left", "right"):
        hand = hand_points(points, visible, side)
        if hand is not None:
            _draw_hand(canvas, hand, radius)
    return canvas


def wan_body(
    points: NDArray[np.float64], visible: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Wan's 20 body points (20, 2) and which of them are visible (20,), from our 29."""
    return points[_BODY_INDEX].mean(axis=1), visible[_BODY_INDEX].all(axis=1)


def hand_points(
    points: NDArray[np.float64], visible: NDArray[np.bool_], side: str
) -> NDArray[np.float64] | None:
    """The relaxed hand (21, 2) in pixels, or None where wrist and its direction are not known.

    It points from the wrist to the hand joint (else along the forearm) and shortens with it. The
    palm is taken to face backwards under a hanging arm, down under a level one and forwards on a
    raised one, which fixes the thumb's side: the hand passes through its edge in between, and
    likewise when the dancer's shoulders turn, so nothing ever flips from one frame to the next.
    """
    elbow, wrist, tip = (POINT[f"{side}_{name}"] for name in ("elbow", "wrist", "hand"))
    if not visible[wrist]:
        return None
    if visible[tip]:
        along = (points[tip] - points[wrist]) / _HAND_POINT_SHARE
    elif visible[elbow]:
        along = (points[wrist] - points[elbow]) * _HAND_PER_FOREARM
    else:
        return None
    length = float(np.hypot(*along))
    if length < 1e-6:
        return None
    hanging = along[1] / length
    mirrored = 1.0 if side == "right" else -1.0
    openness = hanging * mirrored * _frontality(points, visible)
    across = np.array([along[1], -along[0]]) * openness
    hand: NDArray[np.float64] = points[wrist] + HAND_TEMPLATE @ np.stack([along, across])
    return hand


def _frontality(points: NDArray[np.float64], visible: NDArray[np.bool_]) -> float:
    """1 for a picture of somebody from the front, -1 from behind, in between while turning."""
    left, right = POINT["left_shoulder"], POINT["right_shoulder"]
    neck, pelvis = POINT["neck"], POINT["pelvis"]
    if not visible[[left, right, neck, pelvis]].all():
        return 1.0
    torso = float(np.hypot(*(points[neck] - points[pelvis])))
    # Shoulders are about 0.7 of neck-to-pelvis wide; half of that already counts as facing.
    return float(np.clip((points[left, 0] - points[right, 0]) / max(0.35 * torso, 1e-6), -1, 1))


def _draw_limbs(
    canvas: NDArray[np.uint8],
    body: NDArray[np.float64],
    visible: NDArray[np.bool_],
    half_width: int,
) -> None:
    start, end = body[LIMBS[:, 0]], body[LIMBS[:, 1]]
    axis = (end - start) / 2
    length = np.maximum(np.hypot(axis[:, 0], axis[:, 1]), 1e-9)[:, None]
    normal = np.stack([-axis[:, 1], axis[:, 0]], axis=-1) / length * half_width
    outline = (start + end)[:, None] / 2 + np.einsum(
        "pk,lkd->lpd", _ELLIPSE, np.stack([axis, normal], axis=1)
    )
    polygons = np.rint(outline * (1 << _SHIFT)).astype(np.int32)
    for limb in np.flatnonzero(visible[LIMBS].all(axis=1)):
        cv2.fillConvexPoly(canvas, polygons[limb], LIMB_PALETTE[limb], shift=_SHIFT)


def _draw_joints(
    canvas: NDArray[np.uint8],
    centres: NDArray[np.float64],
    radius: int,
    colours: NDArray[np.integer[Any]],
) -> None:
    fixed = np.rint(centres * (1 << _SHIFT)).astype(int).tolist()
    for centre, colour in zip(fixed, colours.tolist(), strict=True):
        cv2.circle(canvas, centre, radius << _SHIFT, colour, -1, shift=_SHIFT)


def _draw_hand(canvas: NDArray[np.uint8], hand: NDArray[np.float64], radius: int) -> None:
    fixed = np.rint(hand * (1 << _SHIFT)).astype(int).tolist()
    thickness = max(radius // 2, 1)
    for edge, (start, end) in enumerate(HAND_EDGES):
        cv2.line(canvas, fixed[start], fixed[end], HAND_PALETTE[edge], thickness, shift=_SHIFT)
    _draw_joints(canvas, hand, radius, np.tile(HAND_JOINT_COLOUR, (len(hand), 1)))
