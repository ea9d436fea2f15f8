"""Geometric ("manual") features: how often a dancer is in each of 32 named poses or movements.

Each is a yes or no per frame, averaged over frames 1 .. T-1 (spec E.3; after Mueller's relational
features). Joints are (T, J >= 22, 3) metres, z up, centred as the protocol wants.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT
from pipelines.metrics.joints import Array, Float, checked

FEATURE_COUNT = 32
PUBLISHED_FRAME_TIME = 1 / 120
"""What every published script divides by, whatever the data's rate."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RestLengths:
    """Lengths of the rest pose in metres: the unit of all thresholds."""

    upper_arm: float
    shoulders: float
    hips: float


REST_LENGTHS = RestLengths(0.2568381, 0.3908484, 0.1192471)
MISINDEXED_REST_LENGTHS = RestLengths(0.2493235, 0.4857136, 0.4241398)
"""Of the older published file, which measures between the wrong joints."""


def geometric_features(
    joints_TJ3: Array,
    frame_time: float,
    lengths: RestLengths = REST_LENGTHS,
    published_move: bool = False,
) -> Float:
    """Share of frames (32,) in which each feature holds.

    Args:
        joints_TJ3: metres, z up.
        frame_time: 1 / fps; PUBLISHED_FRAME_TIME to reproduce published numbers.
        lengths: the thresholds' units.
        published_move: reproduce that the published "move" ignores its fourth joint, which makes
            features 4 and 5 the same and blind to the wrists.
    """
    body = _Body(checked(joints_TJ3, least_frames=2), frame_time, published_move)
    flags = [*_arms(body, lengths), *_legs(body, lengths), *_posture(body, lengths)]
    shares: Float = np.mean(flags, axis=1)
    return shares


def _arms(body: _Body, unit: RestLengths) -> list[Flags]:
    arm, at = unit.upper_arm, body.at
    return [
        body.nmove("neck", "right_hip", "left_hip", "right_wrist", 1.8 * arm),
        body.nmove("neck", "left_hip", "right_hip", "left_wrist", 1.8 * arm),
        _nplane(at("spine3"), at("neck"), at("neck"), at("right_wrist"), 0.2 * arm),
        _nplane(at("spine3"), at("neck"), at("neck"), at("left_wrist"), 0.2 * arm),
        body.move("spine1", "spine3", "spine3", "right_wrist", 1.8 * arm),
        body.move("spine1", "spine3", "spine3", "left_wrist", 1.8 * arm),
        _bent(at("right_elbow"), at("right_shoulder"), at("right_wrist")),
        _bent(at("left_elbow"), at("left_shoulder"), at("left_wrist")),
        _nplane(at("left_shoulder"), at("right_shoulder"), at("left_wrist"), at("right_wrist"),
                2.5 * unit.shoulders),
        body.move("left_wrist", "right_wrist", "right_wrist", "left_wrist", 1.4 * arm),
        body.move("right_wrist", "pelvis", "left_wrist", "pelvis", 1.4 * arm),
        body.move("left_wrist", "pelvis", "right_wrist", "pelvis", 1.4 * arm),
        body.fast("right_wrist", 2.5 * arm),
        body.fast("left_wrist", 2.5 * arm),
    ]  # fmt: skip


def _legs(body: _Body, unit: RestLengths) -> list[Flags]:
    arm, at = unit.upper_arm, body.at
    return [
        _plane(at("pelvis"), at("left_hip"), at("left_foot"), at("right_ankle"), 0.38 * arm),
        _plane(at("pelvis"), at("right_hip"), at("right_foot"), at("left_ankle"), 0.38 * arm),
        _nplane(body.zero, body.up, body.floor, at("right_ankle"), 1.2 * arm),
        _nplane(body.zero, body.up, body.floor, at("left_ankle"), 1.2 * arm),
        _nplane(at("left_hip"), at("right_hip"), at("left_ankle"), at("right_ankle"),
                2.1 * unit.hips),
        _bent(at("right_knee"), at("right_hip"), at("right_ankle")),
        _bent(at("left_knee"), at("left_hip"), at("left_ankle")),
        body.fast("right_ankle", 2.5 * arm),
        body.fast("left_ankle", 2.5 * arm),
    ]  # fmt: skip


def _posture(body: _Body, unit: RestLengths) -> list[Flags]:
    arm, at = unit.upper_arm, body.at
    spine = (at("neck"), at("pelvis"))
    return [
        _angle(*spine, at("right_shoulder"), at("right_elbow"), 25, 180),
        _angle(*spine, at("left_shoulder"), at("left_elbow"), 25, 180),
        _angle(*spine, at("right_hip"), at("right_knee"), 50, 180),
        _angle(*spine, at("left_hip"), at("left_knee"), 50, 180),
        _plane(at("right_ankle"), at("neck"), at("left_ankle"), at("pelvis"), 0.5 * arm),
        _angle(*spine, body.zero, body.up, 70, 110),
        _nplane(body.zero, -body.up, body.floor, at("right_wrist"), -1.2 * arm),
        _nplane(body.zero, -body.up, body.floor, at("left_wrist"), -1.2 * arm),
        body.fast("pelvis", 2.3 * arm),
    ]


class _Body:
    """Named joints of frames 1 .. T-1, and their velocities since the frame before."""

    def __init__(self, joints: Float, frame_time: float, published_move: bool) -> None:
        self.joints = joints
        self.frame_time = frame_time
        self.published_move = published_move
        self.zero = np.zeros(3)
        self.up = np.array([0.0, 0.0, 1.0])
        lowest = joints[1:, :, 2].min(axis=1, keepdims=True)
        self.floor: Float = np.pad(lowest, ((0, 0), (2, 0)))

    def at(self, name: str) -> Float:
        return self.joints[1:, JOINT[name]]

    def velocity(self, name: str, relative_to: str | None = None) -> Float:
        path = self.joints[:, JOINT[name]]
        if relative_to:
            path = path - self.joints[:, JOINT[relative_to]]
        return np.diff(path, axis=0) / self.frame_time

    def nmove(self, a: str, b: str, c: str, p: str, threshold: float) -> Flags:
        """Joint p moves relative to a along the normal of the plane through a, b, c."""
        normal = np.cross(self.at(c) - self.at(a), self.at(b) - self.at(a))
        return _along(self.velocity(p, a), normal) > threshold

    def move(self, a: str, b: str, c: str, p: str, threshold: float) -> Flags:
        """Joint p moves relative to c in the direction from a to b (published: c relative to a)."""
        velocity = self.velocity(c, a) if self.published_move else self.velocity(p, c)
        return _along(velocity, self.at(b) - self.at(a)) > threshold

    def fast(self, name: str, threshold: float) -> Flags:
        speed: Float = np.linalg.norm(self.velocity(name), axis=-1)
        return speed > threshold


def _along(vectors: Float, direction: Float) -> Float:
    """Components along a direction; NaN, which exceeds no threshold, where it has no length."""
    length = np.linalg.norm(direction, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        component: Float = (vectors * direction).sum(axis=-1) / length
    return component


def _nplane(n1: Float, n2: Float, a: Float, p: Float, threshold: float) -> Flags:
    return _along(p - a, n2 - n1) > threshold


def _plane(a: Float, b: Float, c: Float, p: Float, threshold: float) -> Flags:
    return _along(p - a, np.cross(c - a, b - a)) > threshold


def _angle(a: Float, b: Float, c: Float, d: Float, low: float, high: float) -> Flags:
    first, second = b - a, d - c
    cosine = _along(first, second) / np.maximum(np.linalg.norm(first, axis=-1), 1e-300)
    degrees = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    inside: Flags = (low < degrees) & (degrees < high)
    return inside


def _bent(joint: Float, upper: Float, lower: Float) -> Flags:
    return _angle(joint, upper, joint, lower, 0, 110)
