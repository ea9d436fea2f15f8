"""The body around a pulse: what two pieces of dance must share where one hands over to the other.

Shapes: U units, N different pulses, 24 joints at 3 moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.facing import forward_of, heading
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT_NAMES, MIRROR, forward_kinematics
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.counting import Counted
from pipelines.motion_expert.library.storage import FPS, Library

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

AROUND_SECONDS = (-0.2, 0.0, 0.2)
_KEPT = 64
_SAMPLED = 4000
_FAR_APART = 1.0
"""Metres between the wrists."""
_JOINT_WEIGHTS = {"ankle": 1.6, "foot": 1.6, "hand": 0.7}


@dataclass(frozen=True)
class UnitShapes:
    """Body shapes of units: joints over the pelvis, in its heading, a little before, at and after
    a pulse.

    Attributes:
        head, tail: (U, 216) around the first and the last pulse.
        spread: (U,) metres, RMS distance of a joint from its mean place over the unit's pulses.
        wide: (U,) share of its pulses at which the hands are far from each other.
    """

    head: Floats
    tail: Floats
    spread: Floats
    wide: Floats


def unit_shapes(
    library: Library, counted: list[Counted], row: Whole, start: Whole, per_bar: int
) -> UnitShapes:
    """Shapes of units of so many pulses of the counted takes, each from pulse `start` (U,)."""
    shapes, where = shapes_at_pulses(library, counted, row, start, per_bar)
    wide = _wide(shapes)[where].mean(1)
    return UnitShapes(shapes[where[:, 0]], shapes[where[:, -1]], _spread(shapes, where), wide)


def shapes_at_pulses(
    library: Library, counted: list[Counted], row: Whole, start: Whole, per_bar: int
) -> tuple[Floats, Whole]:
    """(N, 216) shapes around all pulses of such units, and (U, per_bar + 1) which are whose."""
    pulse = start[:, None] + np.arange(per_bar + 1)
    keys = np.stack([np.broadcast_to(row[:, None], pulse.shape), pulse], -1).reshape(-1, 2)
    unique, where = np.unique(keys, axis=0, return_inverse=True)
    first = np.array([library.takes[c.number].first for c in counted])
    frames = np.array([library.takes[c.number].frames for c in counted])
    seconds = np.concatenate([c.times for c in counted])
    offset = np.concatenate([[0], np.cumsum([len(c.times) for c in counted])])
    at = seconds[offset[unique[:, 0]] + unique[:, 1]]
    rows = np.round((at[:, None] + np.array(AROUND_SECONDS)) * FPS).astype(int)
    rows = first[unique[:, 0], None] + np.clip(rows, 0, frames[unique[:, 0], None] - 1)
    shapes = joints_in_heading(library, rows)
    return shapes, where.reshape(pulse.shape)


def _wide(shapes_ND: Floats) -> Floats:
    """(N,) 1 where the wrists are far from each other, else 0."""
    moments = shapes_ND.reshape(len(shapes_ND), len(AROUND_SECONDS), 24, 3)
    left, right = (JOINT_NAMES.index(f"{side}_wrist") for side in ("left", "right"))
    apart = np.linalg.norm(moments[:, 1, left] - moments[:, 1, right], axis=-1)
    return np.asarray(apart > _FAR_APART * _weights()[left], dtype=np.float64)


def _spread(shapes_ND: Floats, where_UB: Whole) -> Floats:
    """(U,) how far the shapes of each unit's pulses lie from their mean."""
    moments = shapes_ND.reshape(len(shapes_ND), len(AROUND_SECONDS), -1)
    square = (moments**2).sum(-1).mean(1)[where_UB].mean(1)
    mean = moments.mean(1)[where_UB].mean(1)
    return np.asarray(np.sqrt(np.maximum(square - (mean**2).sum(-1), 0)))


def joints_in_heading(library: Library, rows_N3: Whole) -> Floats:
    """(N, 3 x 24 x 3) weighted joints around the pelvis, turned as at the middle one of each."""
    flat, back = np.unique(rows_N3, return_inverse=True)
    return _relative(library.poses(flat), library.places(flat), back.reshape(rows_N3.shape))


def shapes_in_motion(motion: Motion, frames_N: Whole) -> Floats:
    """(N, 216) the same of a dance at 30 fps, around these of its frames."""
    rows = frames_N[:, None] + np.round(np.array(AROUND_SECONDS) * FPS).astype(int)
    rows = np.clip(rows, 0, motion.frames - 1)
    return _relative(motion.poses, motion.trans, rows)


def _relative(
    poses_FJ3: NDArray[np.floating[Any]], place_F3: NDArray[np.floating[Any]], back_N3: Whole
) -> Floats:
    turned = axis_angle_to_matrix(poses_FJ3)
    joints = forward_kinematics(turned, place_F3)[0]
    yaw = heading(forward_of(turned[:, 0]))
    middle = back_N3[:, 1]
    centre = place_F3[middle] * [1, 1, 0]
    relative = joints[back_N3] - centre[:, None, None]
    cos, sin = np.cos(-yaw[middle])[:, None, None], np.sin(-yaw[middle])[:, None, None]
    x = relative[..., 0] * cos - relative[..., 1] * sin
    y = relative[..., 0] * sin + relative[..., 1] * cos
    result = np.stack([x, y, relative[..., 2]], -1) * _weights()[:, None]
    return np.asarray(result.reshape(len(back_N3), -1))


def _weights() -> Floats:
    """(24,) how much each joint counts, such that the mean square over joints has weight 1."""
    weights = np.array([_JOINT_WEIGHTS.get(name.split("_")[-1], 1.0) for name in JOINT_NAMES])
    return np.asarray(weights / np.sqrt(3 * len(weights)))


def mirrored_shapes(shapes: Floats) -> Floats:
    """The shapes (N, 216) of the mirror images."""
    body = shapes.reshape(len(shapes), 3, 24, 3)[:, :, list(MIRROR)] * [-1, 1, 1]
    return np.asarray(body.reshape(len(shapes), -1))


def main_directions(shapes: Floats) -> Floats:
    """(N, D) directions that hold nearly all distance between shapes."""
    sample = shapes[:: max(1, len(shapes) // _SAMPLED)]
    _, vectors = np.linalg.eigh(np.cov(sample.T))
    return np.asarray(vectors[:, ::-1][:, :_KEPT])
