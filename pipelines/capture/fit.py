"""From landmarks to a dance: the whole fit, `Landmarks` in, a `Motion` of our skeleton out.

The longest piece without a break -> left and right put back -> one length per bone -> a first pose
-> a place before the camera -> pose and place refined over the clip -> the camera's tilt taken out
-> floor, way and feet -> a grade (docs/reference/capture.md). Shapes: T frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.capture.chain import Build, posed
from pipelines.capture.grade import Figures
from pipelines.capture.ground import levelled, planted, walked
from pipelines.capture.landmarks import Landmarks
from pipelines.capture.markers import HIPS, MARKS, mark_trust
from pipelines.capture.pieces import Piece, longest_piece
from pipelines.capture.proportions import measured_build
from pipelines.capture.refine import Seen, Trust, refined
from pipelines.capture.start_pose import start_pose
from pipelines.capture.swaps import DEPTH_TRUST, without_swaps
from pipelines.capture.turning import arc, unit
from pipelines.capture.unseen_legs import LEG_MARKS, LEGS_SEEN, leg_reach, legs_seen, standing_still
from pipelines.capture.upright import camera_tilt, to_world
from pipelines.capture.way import FOCAL, way_before_camera
from pipelines.foot_restoration.treatment import RESTORE
from pipelines.motion.motion import Motion
from pipelines.support.conventions import MOTION_FPS

Floats = NDArray[np.float64]

_TRUST = Trust()
_SURE, _HARDLY = 0.5, 0.1
_LIMBS = [MARKS.index(mark) for mark in (*range(11, 17), *range(23, 29))]
_JUDGED = [joint for joint in range(24) if joint not in (10, 11, 22, 23)]
"""Without toes and hands."""


@dataclass(frozen=True)
class Captured:
    """A dance that was read off a video.

    Attributes:
        motion: on the floor z = 0, at 30 fps; the camera looked along +y.
        start: seconds of the video at its first frame.
        grade: 0 to 1; figures: what it is made of.
        remarks: what a user should know of it, a line each; reasons for what was cut off first.
        drawn: (F, 24, 2) pixels of the fitted joints in the video's own frames from `first` on.
        first: the video's frame with which `drawn` begins.
    """

    motion: Motion
    start: float
    grade: float
    figures: Figures
    remarks: tuple[str, ...]
    drawn: Floats
    first: int


@dataclass(frozen=True)
class _Fitted:
    """A body in the camera's axes: local rotations (T, 24, 3, 3), pelvis (T, 3), its bones.

    `legs`: the share of the time in which they are seen.
    """

    rotations: Floats
    trans: Floats
    build: Build
    seen: Seen
    exchanged: NDArray[np.bool_]
    legs: float


def fit(found: Landmarks, trust: Trust = _TRUST, feet: str = RESTORE) -> Captured:
    """The dance that landmarks show.

    Args:
        feet: what is done to them (`ground.planted`).

    Raises:
        UnsuitableInput: no 2.5 s of one dancer in a piece.
    """
    piece = longest_piece(found.validate())
    body = _in_camera(piece.found, trust)
    joints = posed(body.rotations, body.trans, body.build).joints
    fps = found.fps
    stands = body.legs >= LEGS_SEEN
    tilt = camera_tilt(joints, fps) if stands else None
    motion = _in_world(body, tilt or 0.0, fps)
    motion = _on_floor(motion, feet) if stands else standing_still(motion)
    figures = _figures(piece, body, joints, tilt is not None)
    return Captured(
        motion=replace(motion.resampled(MOTION_FPS), source="capture"),
        start=piece.start / fps,
        grade=figures.grade(),
        figures=figures,
        remarks=(*piece.reasons, *figures.remarks()),
        drawn=_pixels(joints, body.seen.focal, found),
        first=piece.start,
    )


def _in_camera(found: Landmarks, trust: Trust) -> _Fitted:
    put_back, exchanged = without_swaps(found)
    legs = legs_seen(put_back)
    if legs < LEGS_SEEN:
        put_back = replace(put_back, visibility=put_back.visibility.copy())
        put_back.visibility[:, LEG_MARKS] = 0.0
    seen = _seen(put_back, exchanged)
    build, _ = measured_build(put_back.world, put_back.visibility)
    # The finder sees a crop as if the camera looked straight at it.
    world = _towards_dancer(put_back.world, seen)
    rotations = start_pose(world)
    seen = replace(seen, world=world[:, list(MARKS)])
    about = posed(rotations, np.zeros((len(rotations), 3)), build).marks
    way = way_before_camera(about, seen.pixels, seen.weight, seen.focal, found.fps)
    rotations, trans = refined(rotations, way, seen, build, found.fps, trust)
    return _Fitted(rotations, trans, build, seen, exchanged, legs)


def _seen(found: Landmarks, exchanged: NDArray[np.bool_]) -> Seen:
    marks = list(MARKS)
    size = np.array([found.width, found.height])
    image, sure = found.image[:, marks], found.visibility[:, marks]
    inside = ((image >= 0) & (image < size)).all(-1)
    kind = mark_trust()
    metric = np.maximum(sure, _HARDLY) ** 2 * kind
    metric *= np.where(exchanged[:, marks], DEPTH_TRUST, 1.0)
    metric[(sure == 0).all(1)] = 0.0
    return Seen(
        pixels=image - size / 2,
        world=found.world[:, marks],
        weight=np.where((sure > _SURE) & inside, sure**2, 0.0) * kind,
        metric_weight=metric,
        focal=FOCAL * max(found.width, found.height),
    )


def _towards_dancer(world: Floats, seen: Seen) -> Floats:
    """World landmarks turned from the finder's crop to the camera that sees the whole picture."""
    middle = seen.pixels[:, list(HIPS)].mean(1) / seen.focal
    ray = unit(np.concatenate([middle, np.ones((len(middle), 1))], axis=1))
    ahead = np.broadcast_to(np.array([0.0, 0.0, 1.0]), ray.shape)
    return np.asarray(np.einsum("tij,tkj->tki", arc(ahead, ray), world))


def _in_world(body: _Fitted, tilt: float, fps: float) -> Motion:
    """On our skeleton and upright; the way is that of legs as long as ours."""
    turn = to_world(tilt)
    rotations = body.rotations.copy()
    rotations[:, 0] = turn @ rotations[:, 0]
    larger = _leg(OFFSETS) / _leg(body.build.offsets)
    trans = body.trans @ turn.T * larger
    trans[:, :2] -= trans[0, :2]
    return Motion(
        matrix_to_axis_angle(rotations).astype(np.float32), trans.astype(np.float32), fps,
        source="capture",
    ).validate()  # fmt: skip


def _on_floor(motion: Motion, feet: str) -> Motion:
    return planted(levelled(walked(levelled(motion))), feet)


def _leg(offsets: Floats) -> float:
    return float(sum(np.linalg.norm(offsets[JOINT[f"{side}_{name}"]])
                     for side in ("left", "right") for name in ("knee", "ankle")))  # fmt: skip


def _pixels(joints: Floats, focal: float, found: Landmarks) -> Floats:
    centre = np.array([found.width, found.height]) / 2
    return np.asarray(joints[..., :2] / np.maximum(joints[..., 2:], 0.1) * focal + centre)


def _figures(piece: Piece, body: _Fitted, joints: Floats, upright: bool) -> Figures:
    found, seen = piece.found, body.seen
    marks = posed(body.rotations, body.trans, body.build).marks
    flat = marks[..., :2] / np.maximum(marks[..., 2:], 0.1) * seen.focal
    torso = np.linalg.norm(joints[:, JOINT["neck"]] - joints[:, JOINT["pelvis"]], axis=-1)
    torso_pixels = torso / joints[:, 0, 2] * seen.focal
    off = np.linalg.norm(flat - seen.pixels, axis=-1)[:, _LIMBS] / torso_pixels[:, None]
    limbs = [MARKS[place] for place in _LIMBS]
    sure = (found.visibility[:, limbs] > _SURE)[~piece.bridged]
    hips = list(HIPS)
    deep = np.linalg.norm(
        seen.world - (marks - marks[:, hips].mean(1, keepdims=True)), axis=-1
    )[:, _LIMBS]  # fmt: skip
    touched = body.exchanged[:, limbs].any(1)
    touched |= ((found.visibility > 0) & (body.seen.metric_weight == 0).all(1)[:, None]).any(1)
    return Figures(
        seen=float(sure.mean()) if len(sure) else 0.0,
        bridged=float(piece.bridged.mean()),
        exchanged=float(touched.mean()),
        misfit=float(off[seen.weight[:, _LIMBS] > 0].mean()) if sure.any() else 1.0,
        depth_misfit=float(deep[~piece.bridged].mean()),
        speed=_speed(joints, found.fps),
        pixels=float(np.median(np.ptp(flat[..., 1], axis=1))),
        camera=float(np.median(found.camera)) * found.fps,
        fps=found.fps,
        upright=upright or body.legs < LEGS_SEEN,
        legs=body.legs,
        leg_reach=leg_reach(found),
    )


def _speed(joints: Floats, fps: float) -> float:
    about = joints[:, _JUDGED] - joints[:, :1]
    return float(np.linalg.norm(np.diff(about, axis=0), axis=-1).mean() * fps)
