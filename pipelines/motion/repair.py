"""Repair of captured dance: impossible jumps are bridged when they are short, cut out when long.

Optical motion capture loses and swaps markers; the solved skeleton then jumps by a limb's length
within a frame or flips a wrist by half a turn. The limits below lie above what the fast takes of
the CMU archive (breakdance, kicks) reach between their glitches, found by looking at each take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    resample_rotations,
)
from pipelines.body.skeleton import JOINT
from pipelines.motion.motion import Motion
from pipelines.support.runs import runs

Mask = NDArray[np.bool_]


def _numbers(*names: str) -> list[int]:
    return [JOINT[f"{side}_{name}"] for name in names for side in ("left", "right")]


_ANY_SPEED = 20.0
_LEG_SPEED = 13.5
_LEGS = _numbers("knee", "ankle", "foot")
_TURN_SPEEDS = (
    ([JOINT["pelvis"], *_numbers("hip", "knee")], 2100.0),
    (_numbers("ankle"), 3450.0),
    (_numbers("shoulder", "elbow"), 3150.0),
)
_WRIST_TURN_SPEED = 2100.0
_WRISTS = _numbers("wrist")

_MARGIN_SECONDS = 2 / 30
_JOINED_SECONDS = 1 / 3
_BRIDGED_SECONDS = 0.3
_SHORTEST_PIECE_SECONDS = 2.5


@dataclass(frozen=True)
class Repair:
    """What is left of a take.

    Attributes:
        pieces: (first frame in the take, motion), in order; empty if no piece is long enough.
        interpolated: frames that were bridged.
        cut: frames that were removed for jumps; pieces too short to keep come on top.
        wrists: frames in which a wrist's turn was bridged, over both wrists.
    """

    pieces: tuple[tuple[int, Motion], ...]
    interpolated: int = 0
    cut: int = 0
    wrists: int = 0


def repair(motion: Motion) -> Repair:
    """Bridge spans of up to 0.3 s around impossible steps, cut out longer ones, and mend wrists.

    Spans at either end of the take cannot be bridged and are cut. Pieces shorter than 2.5 s are
    dropped. Frames without a jump nearby come back unchanged, bit by bit.
    """
    bad = _with_margin(impossible_steps(motion), motion.fps)
    _join_near_spans(bad, motion.fps)
    cut = np.zeros(motion.frames, bool)
    for start, stop in runs(bad):
        too_long = stop - start > _frames(_BRIDGED_SECONDS, motion.fps)
        if too_long or start == 0 or stop == motion.frames:
            cut[start:stop], bad[start:stop] = True, False
    mended, wrists = _mend_wrists(_bridge(motion, bad, ~bad & ~cut))
    shortest = _frames(_SHORTEST_PIECE_SECONDS, motion.fps)
    pieces = tuple(
        (start, mended.sliced(start, stop))
        for start, stop in runs(~cut)
        if stop - start >= shortest
    )
    return Repair(pieces, int(bad.sum()), int(cut.sum()), wrists)


def impossible_steps(motion: Motion) -> Mask:
    """(T - 1,): true where no dancer gets from one frame to the next.

    A knee, ankle or foot faster than 13.5 m/s, any joint faster than 20 m/s, a pelvis, hip or
    knee that turns by more than 2100 degrees per second (70 per frame at 30 fps), a shoulder or
    elbow by more than 3150, an ankle by more than 3450.
    """
    speeds = np.linalg.norm(np.diff(motion.joints(), axis=0), axis=-1) * motion.fps
    turns = turn_speeds(motion.rotations(), motion.fps)
    found = (speeds[:, _LEGS] > _LEG_SPEED).any(1) | (speeds > _ANY_SPEED).any(1)
    for joints, limit in _TURN_SPEEDS:
        found |= (turns[:, joints] > limit).any(1)
    return np.asarray(found)


def turn_speeds(rotations: NDArray[np.floating[Any]], fps: float) -> NDArray[np.float64]:
    """Degrees per second between neighbouring frames. Shape: (T, ..., 3, 3) -> (T - 1, ...)."""
    traces = np.einsum("...ik,...ik->...", rotations[1:], rotations[:-1])
    return np.asarray(np.degrees(np.arccos(np.clip((traces - 1) / 2, -1, 1))) * fps)


def t_pose_frames(motion: Motion) -> Mask:
    """(T,): true where the dancer stands as archives begin: arms level and straight out, legs
    upright."""
    joints = motion.joints()

    def direction(first: str, second: str) -> NDArray[np.float64]:
        bone = joints[:, JOINT[second]] - joints[:, JOINT[first]]
        return np.asarray(bone / np.linalg.norm(bone, axis=-1, keepdims=True))

    left, right = (direction(f"{s}_shoulder", f"{s}_wrist") for s in ("left", "right"))
    level = (abs(left[:, 2]) < 0.25) & (abs(right[:, 2]) < 0.25)
    apart = (left * right).sum(-1) < -0.85
    upright = [direction(f"{s}_hip", f"{s}_ankle")[:, 2] < -0.97 for s in ("left", "right")]
    return np.asarray(level & apart & upright[0] & upright[1])


def dance_start(motion: Motion, lead: int = 0) -> int:
    """First frame of the dance: `lead` frames are dropped in any case, then the T-pose.

    A T-pose counts where it begins within half a second of the lead and within the first four
    seconds; a tenth of a second in which the dancer leaves it goes with it.
    """
    half, tenth = _frames(0.5, motion.fps), _frames(0.1, motion.fps)
    posed = t_pose_frames(motion)
    if not posed[lead : lead + half].any():
        return lead
    start = lead
    for frame in np.flatnonzero(posed[: 8 * half]):
        if frame - start <= half:
            start = int(frame) + 1
    return start + tenth


def _frames(seconds: float, fps: float) -> int:
    return round(seconds * fps)


def _with_margin(steps: Mask, fps: float) -> Mask:
    """Frames on both sides of the marked steps, and the margin around them."""
    frames = np.zeros(len(steps) + 1, bool)
    margin = _frames(_MARGIN_SECONDS, fps)
    for step in np.flatnonzero(steps):
        frames[max(0, step - margin) : step + margin + 2] = True
    return frames


def _join_near_spans(bad: Mask, fps: float) -> None:
    near = _frames(_JOINED_SECONDS, fps)
    marked = np.flatnonzero(bad)
    for before, after in pairwise(marked):
        if 1 < after - before < near:
            bad[before:after] = True


def _bridge(motion: Motion, bad: Mask, good: Mask) -> Motion:
    """The bad frames interpolated between the good ones around them."""
    if not bad.any():
        return motion
    times = np.arange(motion.frames) / motion.fps
    poses, trans = motion.poses.copy(), motion.trans.copy()
    bridged = resample_rotations(motion.rotations()[good], times[good], times[bad])
    poses[bad] = matrix_to_axis_angle(bridged)
    for axis in range(3):
        trans[bad, axis] = np.interp(times[bad], times[good], motion.trans[good, axis])
    return replace(motion, poses=poses, trans=trans)


def _mend_wrists(motion: Motion) -> tuple[Motion, int]:
    """Wrists whose turn flips are bridged on their own, and the number of frames of it."""
    poses, mended = motion.poses.copy(), 0
    times = np.arange(motion.frames) / motion.fps
    for wrist in _WRISTS:
        rotations = axis_angle_to_matrix(motion.poses[:, wrist])
        flips = turn_speeds(rotations, motion.fps) > _WRIST_TURN_SPEED
        bad = _with_margin(flips, motion.fps)
        if bad.any() and not bad.all():
            mended += int(bad.sum())
            bridged = resample_rotations(rotations[~bad], times[~bad], times[bad])
            poses[bad, wrist] = matrix_to_axis_angle(bridged)
    return replace(motion, poses=poses), mended
