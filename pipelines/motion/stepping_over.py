"""Feet that step over: still while they stand, clear of the floor from the first frame they move.

`foot_lock.lock_feet` eases a foot out of its place over a fifth of a second and wants as much time
between two places, which suits a network's slow feet. A dancer steps four times a second and a
foot leaves within a frame or two. Where contacts are known, each is held from its first frame to
its last and every swing gets an arc of its own. Shapes: T frames, 4 foot points in the order of
FOOT_JOINTS, floor at z = 0.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import SOLE_DEPTH, point_speeds
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.foot_lock import with_feet
from pipelines.motion.motion import Motion
from pipelines.motion.pivoting import clear_of_the_floor
from pipelines.support.runs import runs

Floats = NDArray[np.float64]
Spans = list[tuple[int, int]]

_SHORTEST = 2
"""Frames; a contact of one frame is none."""
_LONGEST_DRIFT = 0.15
"""Metres that a foot may have drifted within one contact; beyond, it has taken a small step."""
_STEP = 3
"""Frames of such a step."""
_EASE_SECONDS = 0.2
_CLEARANCE = 0.085
"""Metres between the sole and the floor in the middle of a step."""
_STEEPEST = 0.06
"""Metres that a sole rises per frame at 30 fps, at most."""
_TRAVELS = 0.02
"""Metres: a foot that comes down nearer to where it stood has shifted its weight, not stepped."""
_LINGERS = (0.6, 0.2)
"""Shares of the way back to its place in the first and the second frame of a swing."""
_GLIDES, _HOPS = 0.5, 1.2
"""Metres per second of the slower foot: both feet may glide at the first; at the second nobody
glides, it was a hop whose height the capture has lost."""
_CALM_FRAMES = 0.7
_FEET = ((0, 2), (1, 3))


def step_over(
    motion: Motion, contacts_T4: NDArray[np.floating[Any]], firmly: bool = False
) -> Motion:
    """The motion with feet held where they stand and stepping from place to place in between.

    Args:
        motion: floor at z = 0.
        contacts_T4: contact of each foot point, 0 to 1.
        firmly: whether a foot stands as still as its place; else what trembles faster than two
            frames comes through, and joints move a little more evenly.
    """
    if motion.frames < 4:
        return motion
    targets = motion.joints()[:, list(FOOT_JOINTS)].copy()
    stands_T4 = np.asarray(contacts_T4) > 0.5
    lifts_T2 = np.zeros((motion.frames, 2))
    for number, foot in enumerate(_FEET):
        held = _held(targets[:, list(foot)], stands_T4[:, list(foot)])
        targets[:, list(foot)] += _to_their_places(
            targets[:, list(foot)], stands_T4[:, list(foot)], held, foot, motion.fps, firmly
        )
        _up_before_away(targets, held, foot)
        lifts_T2[:, number] = _clearing(targets, held, foot, motion.fps)
    hop_T = _hop(targets, lifts_T2, motion.fps)
    # Where both feet travel, and not in a hop, the lower one stays as low as it was.
    lifts_T2 += hop_T[:, None] - lifts_T2.min(1, keepdims=True)
    lifts_T2 = gaussian_filter1d(lifts_T2, _CALM_FRAMES, axis=0, mode="nearest")
    targets[..., 2] += np.tile(lifts_T2, 2)
    targets[..., 2] = np.maximum(targets[..., 2], SOLE_DEPTH - 0.01)
    targets = clear_of_the_floor(targets, stands_T4, motion.fps)
    trans = motion.trans + np.pad(hop_T[:, None], ((0, 0), (2, 0))).astype(np.float32)
    return with_feet(replace(motion, trans=trans), targets)


def _held(foot_T23: Floats, stands_T2: NDArray[np.bool_]) -> Spans:
    """[start, stop) frames in which either point of a foot stands, no long drift among them."""
    todo: Spans = runs(stands_T2.any(1))
    found: Spans = []
    while todo:
        start, stop = todo.pop()
        drift = np.ptp(foot_T23[start:stop, :, :2], axis=0).max(-1).min()
        if drift > _LONGEST_DRIFT and stop - start >= 2 * _SHORTEST + _STEP:
            middle = (start + stop - _STEP) // 2
            todo += [(start, middle), (middle + _STEP, stop)]
        elif stop - start >= _SHORTEST:
            found.append((start, stop))
    return sorted(found)


def _to_their_places(
    foot_T23: Floats, stands_T2: NDArray[np.bool_], held: Spans, foot: tuple[int, int], fps: float,
    firmly: bool,
) -> Floats:  # fmt: skip
    """How far (T, 2, 3) to move both points of a foot.

    A point that stands stays in one place; the other one keeps its turn about it, and in between
    the way from one place's correction to the next one's is eased.
    """
    moves = np.zeros_like(foot_T23)
    for start, stop in held:
        part, stands = foot_T23[start:stop], stands_T2[start:stop]
        anchor = np.median(part, axis=0)
        anchor[:, 2] = SOLE_DEPTH[list(foot)]
        firm = stands.mean(0) > 0.5
        if not firm.any():
            firm = stands.mean(0) >= stands.mean(0).max()
        for point in (0, 1):
            other = point if firm[point] else 1 - point
            moves[start:stop, point] = anchor[other] - part[:, other]
    _eased_between(moves, held, max(2, round(_EASE_SECONDS * fps)))
    calm = gaussian_filter1d(moves, _CALM_FRAMES, axis=0, mode="nearest")
    for start, stop in held if firmly else ():
        calm[start:stop] = moves[start:stop]
    return np.asarray(calm)


def _eased_between(moves: Floats, held: Spans, ease: int) -> None:
    """Fill what lies between spans: over short gaps from one move to the next, else to none."""
    frames = len(moves)
    bounds = [(0, 0), *held, (frames, frames)]
    for (_, leaves), (lands, _) in pairwise(bounds):
        count = lands - leaves
        if count < 1:
            continue
        before = moves[leaves - 1] if leaves else np.zeros_like(moves[0])
        after = moves[lands] if lands < frames else np.zeros_like(moves[0])
        reach = min(ease, count)
        since = np.clip(np.arange(1, count + 1) / (reach + 1), 0, 1)
        until = np.clip(np.arange(count, 0, -1) / (reach + 1), 0, 1)
        fall, rise = (1 - (x * x * (3 - 2 * x)) for x in (since, until))
        if leaves:
            moves[leaves:lands] += fall[:, None, None] * before
        if lands < frames:
            moves[leaves:lands] += rise[:, None, None] * after


def _up_before_away(targets_T43: Floats, held: Spans, foot: tuple[int, int]) -> None:
    """Keep a foot nearer to the place it leaves, and to the next one, while it is still low."""
    for (_, leaves), (lands, _) in pairwise(held):
        for share, frame, edge in (
            (_LINGERS[0], leaves, leaves - 1), (_LINGERS[1], leaves + 1, leaves - 1),
            (_LINGERS[0], lands - 1, lands), (_LINGERS[1], lands - 2, lands),
        ):  # fmt: skip
            if lands - leaves >= 2 * (1 + (share == _LINGERS[1])):
                here = targets_T43[frame, list(foot), :2]
                here += share * (targets_T43[edge, list(foot), :2] - here)
                targets_T43[frame, list(foot), :2] = here


def _hop(targets_T43: Floats, lifts_T2: Floats, fps: float) -> Floats:
    """(T,) how high the body goes with both feet where neither stands and both are fast."""
    speed = point_speeds(targets_T43[..., :2], fps)
    slower = np.minimum(speed[:, [0, 2]].min(1), speed[:, [1, 3]].min(1))
    share = np.clip((slower - _GLIDES) / (_HOPS - _GLIDES), 0, 1)
    return np.asarray(gaussian_filter1d(share * lifts_T2.min(1), 1.5 * _CALM_FRAMES))


def _clearing(targets_T43: Floats, held: Spans, foot: tuple[int, int], fps: float) -> Floats:
    """How far (T,) to lift a foot so that it clears the floor between two places."""
    lift = np.zeros(len(targets_T43))
    for (_, leaves), (lands, _) in pairwise(held):
        away = targets_T43[lands, list(foot), :2] - targets_T43[leaves - 1, list(foot), :2]
        if lands == leaves or np.linalg.norm(away, axis=-1).max() < _TRAVELS:
            continue
        frame = np.arange(1, lands - leaves + 1)
        nearest = np.minimum(frame, lands - leaves + 1 - frame)
        clear = np.minimum(_CLEARANCE, _STEEPEST * 30 / fps * nearest)
        low = (targets_T43[leaves:lands, list(foot), 2] - SOLE_DEPTH[list(foot)]).min(1)
        lift[leaves:lands] = np.maximum(clear - low, 0)
    return lift
