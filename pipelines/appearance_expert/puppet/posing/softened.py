"""A dance with less of itself where a puppet cannot follow it (docs/reference/puppet.md#softening).

Within a span the pose goes from the last good one before it to the first good one after it, and
each part of the body takes part in the dance by a share of its own. Shapes: T frames, 29 points,
P parts (PART_NAMES).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from pipelines.appearance_expert.puppet.cutting.body_parts import ARMS, CHAINS, PART_NAMES, TORSO
from pipelines.appearance_expert.puppet.posing.vectors import smoothstep
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.support.runs import runs

Array = NDArray[np.float64]

FADE_SECONDS = 0.4
"""In which a part gives way before a span, and comes back after it."""
_FACING = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Pose:
    """One pose: xy (29, 2), points (29, 3) and rotations (24, 3, 3), as in StagedDance."""

    xy: Array
    points: Array
    rotations: Array


def reference_pose(person: ReferencePerson, dance: StagedDance) -> Pose:
    """The pose of the picture, where the dancer is most of the time: it can always be drawn."""
    pelvis = POINT["pelvis"]
    scale = float(dance.reference_to_canvas[0, 0]) * dance.figure_scale
    away = scale * (person.xy - person.xy[pelvis])
    xy = np.median(dance.xy[:, pelvis], axis=0) + away
    points = np.median(dance.points[:, pelvis], axis=0) + np.concatenate(
        [away, scale * person.depth[:, None]], axis=1
    ) / max(dance.pixels_per_metre, 1e-6)
    return Pose(xy, points, np.broadcast_to(_FACING, dance.rotations.shape[1:]).copy())


def soften(dance: StagedDance, wanted_TP: Array, still: Pose) -> StagedDance:
    """The dance in which each part takes part by at most the wanted share, smoothly in time.

    A frame in which every part dances fully, and none does less within FADE_SECONDS of it, stays
    as it is, bit by bit.

    Args:
        wanted_TP: shares in [0, 1] by part; the torso's stands for the whole body.
        still: danced where there is no good pose before or after.
    """
    share = shares_in_time(np.minimum(wanted_TP, wanted_TP[:, TORSO : TORSO + 1]), dance.fps)
    touched = (share < 1).any(1)
    if not touched.any():
        return dance
    xy, points, rotations = dance.xy.copy(), dance.points.copy(), dance.rotations.copy()
    for start, stop in runs(touched):
        rest = _between(dance, start, stop, still)
        rows = slice(start, stop)
        weights = _by_point(share[rows])
        body = share[rows, TORSO]
        xy[rows] = _mixed(rest[0], dance.xy[rows], weights)
        points[rows] = _mixed(rest[1], dance.points[rows], weights)
        rotations[rows] = _turned(rest[2], dance.rotations[rows], body)
    chest = rotations[:, POINT["spine3"], :, 2]
    yaw = np.where(touched, np.arctan2(chest[:, 0], -chest[:, 2]), dance.yaw)
    return replace(
        dance, xy=xy, points=points, depth=points[..., 2], rotations=rotations, yaw=yaw
    )  # fmt: skip


def shares_in_time(wanted_TP: Array, fps: float) -> Array:
    """The shares as they can be danced: low where wanted, and smooth before and after it."""
    reach = max(1, round(FADE_SECONDS * fps / 2))
    low = minimum_filter1d(wanted_TP, 2 * reach + 1, axis=0, mode="nearest")
    smooth = gaussian_filter1d(low, reach / 3, axis=0, mode="nearest", truncate=3.0)
    # Rounding aside, what is nowhere lowered is 1.
    return np.asarray(np.where(smooth > 1 - 1e-9, 1.0, smooth))


def _between(dance: StagedDance, start: int, stop: int, still: Pose) -> tuple[Array, Array, Array]:
    """What is danced from [start, stop) instead: from the pose before to the pose after."""
    before = _pose(dance, start - 1) if start > 0 else None
    after = _pose(dance, stop) if stop < len(dance.xy) else None
    first, last = before or after or still, after or before or still
    rise = smoothstep((np.arange(stop - start) + 1) / (stop - start + 1))
    way = rise[:, None, None]
    return (
        first.xy + way * (last.xy - first.xy),
        first.points + way * (last.points - first.points),
        _turned(
            np.broadcast_to(first.rotations, (stop - start, *first.rotations.shape)),
            np.broadcast_to(last.rotations, (stop - start, *last.rotations.shape)),
            rise,
        ),
    )


def _pose(dance: StagedDance, frame: int) -> Pose:
    return Pose(dance.xy[frame], dance.points[frame], dance.rotations[frame])


def _by_point(share_TP: Array) -> Array:
    """(T, 29) the share of each point: its limb's, else the torso's."""
    weights = np.repeat(share_TP[:, TORSO : TORSO + 1], len(POINT), axis=1)
    for part in range(len(PART_NAMES)):
        for name in CHAINS.get(part, ())[1:]:
            weights[:, POINT[name]] = share_TP[:, part]
    return weights


def _mixed(rest: Array, danced: Array, weights: Array) -> Array:
    """Points (T, 29, D) between rest and dance; arms keep their lengths, legs their ground."""
    result = rest + weights[..., None] * (danced - rest)
    for part, chain in CHAINS.items():
        places = [POINT[name] for name in chain]
        if part in ARMS:
            for near, far in pairwise(places):
                result[:, far] = result[:, near] + _swung(
                    rest[:, far] - rest[:, near], danced[:, far] - danced[:, near], weights[:, far]
                )
    return result


def _swung(rest: Array, danced: Array, weight: Array) -> Array:
    """Vectors (T, D) between two, of a length between theirs."""
    mixed = rest + weight[:, None] * (danced - rest)
    long = [np.linalg.norm(one, axis=1) for one in (rest, danced, mixed)]
    length = long[0] + weight * (long[1] - long[0])
    return np.asarray(mixed * (length / np.maximum(long[2], 0.2 * length + 1e-9))[:, None])


def _turned(first: Array, last: Array, share: Array) -> Array:
    """Rotations (T, 24, 3, 3) a share (T,) of the way from one to the other."""
    step = matrix_to_axis_angle(np.swapaxes(first, -1, -2) @ last)
    return np.asarray(first @ axis_angle_to_matrix(share[:, None, None] * step))
