"""Where a dance is wrong: stretches with a kind, a score and how it looks to a viewer.

Scores per frame, thresholds and lengths: docs/reference/metrics.md#flaws. Joints are (T, 24, 3)
metres, z up.

Shapes: T frames, 24 joints, B beats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from pipelines.body.rotations import matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS, JOINT
from pipelines.metrics.feet import ANKLE_CONTACT, SLIDING_SPEED, TOE_CONTACT
from pipelines.metrics.ground import FLOATING
from pipelines.metrics.joints import Array, Float, body_speed, foot_speed
from pipelines.metrics.penetration import depth_in_itself
from pipelines.metrics.phase_locking import phase_locking
from pipelines.motion.motion import Motion
from pipelines.support.runs import runs

GROUPS: dict[str, tuple[int, ...]] = {
    "head": (12, 15), "torso": (0, 3, 6, 9, 13, 14), "left arm": (16, 18, 20, 22),
    "right arm": (17, 19, 21, 23), "left leg": (1, 4, 7, 10), "right leg": (2, 5, 8, 11),
}  # fmt: skip
_SPIKE, _AROUND_SECONDS = 6.0, 0.5
_SPIKE_SPEED = 1000.0
"""Degrees a second of a group's mean turn below which nothing counts as a spike."""
_SLIDE_SECONDS, _FLOAT_SECONDS, _SINK_SECONDS = 0.1, 0.7, 0.1
_SINKING = 0.03
_FROZEN_SPEED, _FROZEN_SECONDS = 0.05, 0.5
_DEEP, _DEEP_SECONDS = 0.03, 0.15
_BEATS, _STRIDE, _AGAINST = 8, 4, 0.2
_JOINED_SECONDS = 0.2


@dataclass(frozen=True)
class Flaw:
    """A stretch of a dance that is wrong.

    Attributes:
        kind: "spike", "slide", "floating", "sinking", "freezing", "penetration" or "off-beat".
        start, stop: seconds.
        where: the part of the body, or "".
        score: how bad, in `unit`; larger is worse.
    """

    kind: str
    start: float
    stop: float
    where: str
    score: float
    unit: str


def flaws(motion: Motion, beats_B: Array | None = None) -> list[Flaw]:
    """What is wrong with a dance, in order of time; () is a dance without fault.

    Args:
        motion: at any frame rate, three frames or more.
        beats_B: seconds of its song's beats; None: whether it is on the beat is not asked.
    """
    joints = motion.joints()
    found = [*_spikes(motion), *_slides(joints, motion.fps), *_heights(joints, motion.fps)]
    found += _frozen(joints, motion.fps) + _inside(joints, motion.fps)
    if beats_B is not None:
        found += _off_the_beat(joints, np.asarray(beats_B, dtype=np.float64), motion.fps)
    return sorted(found, key=lambda flaw: (flaw.start, flaw.kind, flaw.where))


def spike_scores(motion: Motion) -> dict[str, Float]:
    """(T,) per group of joints: how far its turning energy stands out of the half second around.

    CustomDance's measure: the log of the mean squared turn per second, in robust deviations from
    its running median; of the torso the change of its turn instead.
    """
    rotations = motion.rotations()
    turns = matrix_to_axis_angle(np.swapaxes(rotations[:-1], -1, -2) @ rotations[1:]) * motion.fps
    window = 2 * round(_AROUND_SECONDS * motion.fps / 2) + 1
    scores = {}
    for name, members in GROUPS.items():
        turn = turns[:, list(members)]
        if name == "torso":
            turn = np.diff(turn, axis=0, prepend=turn[:1]) * motion.fps
        energy = np.log1p((turn**2).sum(-1).mean(1))
        energy = np.concatenate([[energy[0]], energy])
        middle = median_filter(energy, window, mode="nearest")
        spread = 1.4826 * median_filter(np.abs(energy - middle), window, mode="nearest")
        least = 0.15 * 1.4826 * float(np.median(np.abs(energy - np.median(energy))))
        over = np.maximum(energy - middle, 0) / np.maximum(np.maximum(spread, least), 1e-6)
        fast = np.linalg.norm(turns[:, list(members)], axis=-1).max(1)
        fast = np.degrees(np.concatenate([[0.0], fast]))
        scores[name] = np.where(fast > _SPIKE_SPEED, over, 0.0)
    return scores


def _spikes(motion: Motion) -> list[Flaw]:
    return [
        flaw
        for name, score in spike_scores(motion).items()
        for flaw in _stretches("spike", score > _SPIKE, score, motion.fps, name, "deviations")
    ]


def _slides(joints_TJ3: Array, fps: float) -> list[Flaw]:
    """A foot that is down by the thresholds of foot skating, and moves all the same."""
    floor = np.percentile(joints_TJ3[:, [JOINT["left_foot"], JOINT["right_foot"]], 2], 2)
    found: list[Flaw] = []
    for side, (ankle, toe) in (("left", FOOT_JOINTS[0::2]), ("right", FOOT_JOINTS[1::2])):
        low = (joints_TJ3[:, ankle, 2] - floor <= ANKLE_CONTACT) & (
            joints_TJ3[:, toe, 2] - floor <= TOE_CONTACT
        )
        foot = joints_TJ3[:, [ankle, toe], :2]
        steps = np.diff(foot, axis=0, append=foot[-1:])
        speed = np.linalg.norm(steps, axis=-1).min(1) * fps
        found += _stretches(
            "slide", low & (speed > SLIDING_SPEED), speed, fps, f"{side} foot", "m/s",
            _SLIDE_SECONDS,
        )  # fmt: skip
    return found


def _heights(joints_TJ3: Array, fps: float) -> list[Flaw]:
    lowest = joints_TJ3[..., 2].min(1)
    over = lowest - np.percentile(lowest, 5)
    return [
        *_stretches("floating", over > FLOATING, over, fps, "", "m", _FLOAT_SECONDS),
        *_stretches("sinking", over < -_SINKING, -over, fps, "", "m", _SINK_SECONDS),
    ]


def _frozen(joints_TJ3: Array, fps: float) -> list[Flaw]:
    """Stretches in which nobody moves; how long they last is how bad they are."""
    still = body_speed(joints_TJ3, fps) < _FROZEN_SPEED
    return [
        Flaw("freezing", start / fps, stop / fps, "", round((stop - start) / fps, 2), "s")
        for start, stop in runs(still) if stop - start >= _FROZEN_SECONDS * fps
    ]  # fmt: skip


def _inside(joints_TJ3: Array, fps: float) -> list[Flaw]:
    depth = depth_in_itself(joints_TJ3)
    return list(_stretches("penetration", depth > _DEEP, depth, fps, "", "m", _DEEP_SECONDS))


def _off_the_beat(joints_TJ3: Array, beats_B: Float, fps: float) -> list[Flaw]:
    """Eight beats in which neither feet nor body, as far as they move, rest on the beat."""
    inside = beats_B[(beats_B >= 0) & (beats_B <= len(joints_TJ3) / fps)]
    against = np.zeros(len(joints_TJ3))
    both = foot_speed(joints_TJ3, fps), body_speed(joints_TJ3, fps)
    for first in range(0, len(inside) - _BEATS, _STRIDE):
        beats = inside[first : first + _BEATS + 1]
        rows = slice(round(beats[0] * fps), round(beats[-1] * fps))
        moving = [speed for speed in both if speed[rows].mean() > _FROZEN_SPEED]
        held = max((phase_locking(speed, beats, fps).alignment() for speed in moving), default=0.0)
        against[rows] = np.maximum(against[rows], -held)
    return list(_stretches("off-beat", against > _AGAINST, against, fps, "", "of 1"))


def _stretches(
    kind: str, bad: NDArray[np.bool_], score_T: Float, fps: float, where: str, unit: str,
    least_seconds: float = 0.0,
) -> Iterable[Flaw]:  # fmt: skip
    """Runs of bad frames that last, those near each other as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in runs(bad):
        if stop - start < least_seconds * fps:
            continue
        if joined and start - joined[-1][1] <= _JOINED_SECONDS * fps:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    for start, stop in joined:
        worst = float(score_T[start:stop].max())
        yield Flaw(kind, round(start / fps, 3), round(stop / fps, 3), where, round(worst, 3), unit)
