"""The pose of every frame by least squares over the clip: picture, metres, habits of bodies, calm.

    sum over marks  v ( |pixels of FK - u|^2 / s_u^2  +  |FK - w|^2 / s_w^2 )     both robust
  + sum over joints |log R|^2 / s_prior^2  +  |log(R^T smooth(R))|^2 / s_smooth^2

Gauss-Newton, frame by frame at once; what couples the frames, the pull towards their own smoothed
course, is renewed after every step: docs/reference/capture.md#least-squares.
Shapes: T frames, K marks, J = 24 joints, P parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, PARENTS
from pipelines.capture.chain import (
    BALLS,
    PARAMETERS,
    ROOT,
    TRANS,
    Build,
    Posed,
    ball,
    hinge,
    jacobian,
    posed,
    turned_by,
)
from pipelines.capture.markers import HIPS
from pipelines.capture.start_pose import HINGES
from pipelines.capture.turning import calmed

Floats = NDArray[np.float64]

ROUNDS = 8
_WIDE = 6.0
"""How much more a landmark may be off in the first step before it is doubted."""
_CHUNK = 256
_DAMPING = 1e-2


@dataclass(frozen=True)
class Trust:
    """How much each source is believed: standard deviations.

    What else was tried for the depth of limbs: docs/reference/capture.md#depth.

    Attributes:
        picture: metres, of a landmark across the line of sight.
        across, depth: metres, of world landmarks in the picture's plane and along the sight.
        pose: radians, of the wide joints from rest; stiff: of those that hardly turn.
        calm, calm_way: radians and metres from the smoothed course.
        calm_seconds: of the Gaussian that smooths it.
        rough: residuals, in standard deviations, beyond which a landmark is doubted.
    """

    picture: float = 0.02
    across: float = 0.05
    depth: float = 0.12
    pose: float = 1.2
    stiff: float = 0.35
    calm: float = 0.10
    calm_way: float = 0.02
    calm_seconds: float = 0.06
    rough: float = 3.0


_TRUST = Trust()
_STIFF = {JOINT[name] for name in ("spine1", "spine2", "spine3", "left_collar", "right_collar",
                                   "left_wrist", "right_wrist", "left_ankle",
                                   "right_ankle")}  # fmt: skip
_MOST_BENT = 2.7


@dataclass(frozen=True)
class Seen:
    """What a pose is fitted to.

    Attributes:
        pixels: (T, K, 2) from the picture's centre; world: (T, K, 3) metres.
        weight, metric_weight: (T, K) trust in each, 0: not seen.
        focal: pixels.
    """

    pixels: Floats
    world: Floats
    weight: Floats
    metric_weight: Floats
    focal: float

    def part(self, span: slice) -> Seen:
        """Some of the frames."""
        return replace(
            self, pixels=self.pixels[span], world=self.world[span], weight=self.weight[span],
            metric_weight=self.metric_weight[span],
        )  # fmt: skip


def refined(
    rotations_TJ33: Floats,
    trans_T3: Floats,
    seen: Seen,
    build: Build,
    fps: float,
    trust: Trust = _TRUST,
    rounds: int = ROUNDS,
) -> tuple[Floats, Floats]:
    """Local rotations (T, 24, 3, 3) and pelvis (T, 3) in the camera's axes, fitted.

    Args:
        rotations_TJ33, trans_T3: where to begin.
    """
    rotations, trans = rotations_TJ33.copy(), trans_T3.copy()
    sigma = max(0.5, trust.calm_seconds * fps)
    # What is doubted at once stays where it begins: an arm flung up beside a hand at the mouth.
    for wide in np.geomspace(_WIDE, 1, rounds):
        doubts = replace(trust, rough=trust.rough * wide)
        calm = calmed(rotations, sigma)
        calm_way = gaussian_filter1d(trans, sigma, axis=0, mode="nearest")
        for start in range(0, len(rotations), _CHUNK):
            part = slice(start, start + _CHUNK)
            body = posed(rotations[part], trans[part], build)
            step = _step(body, rotations[part], calm[part], calm_way[part], seen.part(part), doubts)
            rotations[part] = _bounded(turned_by(rotations[part], body, step))
            trans[part] += step[:, TRANS]
    return rotations, trans


def _step(
    body: Posed, rotations: Floats, calm: Floats, calm_way: Floats, seen: Seen, trust: Trust
) -> Floats:
    """(T, P) one Gauss-Newton step."""
    moves = jacobian(body)
    frames = len(rotations)
    normal = np.zeros((frames, PARAMETERS, PARAMETERS))
    pull = np.zeros((frames, PARAMETERS))
    for rows, off in (_picture(body, moves, seen, trust), _metric(body, moves, seen, trust)):
        flat = rows.astype(np.float32).reshape(frames, -1, PARAMETERS)
        turned = np.swapaxes(flat, -1, -2)
        normal += turned @ flat
        pull += (turned @ off.astype(np.float32).reshape(frames, -1, 1))[..., 0]
    _add_habits(normal, pull, body, rotations, calm, trust)
    way = 1 / trust.calm_way**2
    normal[:, range(3), range(3)] += way
    pull[:, TRANS] += way * (calm_way - body.joints[:, 0])
    diagonal = range(PARAMETERS)
    normal[:, diagonal, diagonal] *= 1 + _DAMPING
    step: Floats = np.linalg.solve(normal, pull[..., None])[..., 0]
    return np.clip(step, -0.6, 0.6)


def _picture(body: Posed, moves: Floats, seen: Seen, trust: Trust) -> tuple[Floats, Floats]:
    """Weighted rows (T, K, 2, P) and residuals (T, K, 2) of where marks are seen."""
    x, y, z = np.moveaxis(body.marks, -1, 0)
    z = np.maximum(z, 0.3)
    flat = np.stack([x, y], -1) / z[..., None]
    # In metres at the dancer's distance, so that near and far clips are alike.
    distance = np.maximum(body.joints[:, 0, 2], 0.3)[:, None]
    off = (seen.pixels / seen.focal - flat) * distance[..., None]
    rows = moves[:, :, :2] - flat[..., None] * moves[:, :, 2:]
    rows = rows * (distance / z)[..., None, None]
    weight = np.sqrt(seen.weight * _robust(off, trust.picture, trust.rough)) / trust.picture
    return rows * weight[..., None, None], off * weight[..., None]


def _metric(body: Posed, moves: Floats, seen: Seen, trust: Trust) -> tuple[Floats, Floats]:
    """The same of world landmarks (T, K, 3), whose origin lies between the hips."""
    hips = list(HIPS)
    off = seen.world - (body.marks - body.marks[:, hips].mean(1, keepdims=True))
    rows = moves - moves[:, hips].mean(1, keepdims=True)
    spread = np.array([trust.across, trust.across, trust.depth])
    weight = np.sqrt(seen.metric_weight * _robust(off / spread, 1.0, trust.rough))
    scale = weight[..., None] / spread
    return rows * scale[..., None], off * scale


def _robust(off: Floats, spread: float, rough: float) -> Floats:
    """Geman-McClure weights of residual vectors (..., D)."""
    size = (off**2).sum(-1) / (spread * rough) ** 2
    result: Floats = 1 / (1 + size) ** 2
    return result


def _add_habits(
    normal: Floats, pull: Floats, body: Posed, rotations: Floats, calm: Floats, trust: Trust
) -> None:
    """Pull joints towards rest and towards their smoothed course, in place."""
    vectors = matrix_to_axis_angle(rotations)
    towards = matrix_to_axis_angle(calm @ np.swapaxes(rotations, -1, -2))
    steady = 1 / trust.calm**2
    root = range(ROOT.start, ROOT.stop)
    normal[:, root, root] += steady
    pull[:, ROOT] += steady * towards[:, 0]
    for group, joints in enumerate(BALLS[1:], start=1):
        place = ball(group)
        for joint in joints:
            above = body.turned[:, PARENTS[joint]]
            rest = 1 / (trust.stiff if joint in _STIFF else trust.pose) ** 2
            share = 1 / len(joints)
            wanted = steady * towards[:, joint] - rest * vectors[:, joint]
            pull[:, place] += share * np.einsum("tij,tj->ti", above, wanted)
            own = range(place.start, place.stop)
            normal[:, own, own] += share**2 * (steady + rest)
    for number, (joint, axis) in enumerate(HINGES.items()):
        place_h = hinge(number)
        pull[:, place_h] += steady * (towards[:, joint] @ np.array(axis))
        pull[:, place_h] -= (vectors[:, joint] @ np.array(axis)) / trust.pose**2
        normal[:, place_h, place_h] += steady + 1 / trust.pose**2


def _bounded(rotations: Floats) -> Floats:
    """Knees and elbows within what they can bend."""
    for joint, axis in HINGES.items():
        bend = matrix_to_axis_angle(rotations[:, joint]) @ np.array(axis)
        bend = np.clip(bend, 0.0, _MOST_BENT)
        rotations[:, joint] = axis_angle_to_matrix(bend[:, None] * np.array(axis))
    return rotations
