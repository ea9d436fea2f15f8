"""Dance measured from 2D poses, by MACE-Dance's script as published or by corrected definitions.

The corrected ones first turn a track into metres of a body with our skeleton's torso, and then use
the 3D definitions in the plane of the picture. T frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, JOINT_NAMES, OFFSETS, PARENTS
from pipelines.evaluation.beat_scores import beat_score, dance_beats
from pipelines.evaluation.clip import Clip
from pipelines.evaluation.poses_2d_published import geometric_2d_official, kinetic_2d_official
from pipelines.evaluation.profiles import KeypointProfile
from pipelines.keypoints.tracks import PoseTrack
from pipelines.metrics.geometric import FEATURE_COUNT, geometric_features
from pipelines.metrics.joints import Array, Float
from pipelines.metrics.kinetic import kinetic_features
from pipelines.support.errors import UnsuitableInput

BODY_POINTS: tuple[str, ...] = (
    "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""What all detectors and skeletons have; the corrected features are made of these."""

_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_LEAST_FRAMES = 8

# Which limbs each geometric feature needs besides the torso; those with a plane's normal do not
# exist in a picture (0, 1, 14, 15, 27).
_NEEDS: dict[int, tuple[str, ...]] = {
    2: ("right_wrist",), 3: ("left_wrist",), 4: ("right_wrist",), 5: ("left_wrist",),
    6: ("right_elbow", "right_wrist"), 7: ("left_elbow", "left_wrist"),
    8: ("left_wrist", "right_wrist"), 9: ("left_wrist", "right_wrist"),
    10: ("left_wrist", "right_wrist"), 11: ("left_wrist", "right_wrist"),
    12: ("right_wrist",), 13: ("left_wrist",),
    16: ("right_ankle",), 17: ("left_ankle",), 18: ("left_ankle", "right_ankle"),
    19: ("right_knee", "right_ankle"), 20: ("left_knee", "left_ankle"),
    21: ("right_ankle",), 22: ("left_ankle",), 23: ("right_elbow",), 24: ("left_elbow",),
    25: ("right_knee",), 26: ("left_knee",), 28: (), 29: ("right_wrist",), 30: ("left_wrist",),
    31: (),
}  # fmt: skip
_ALONG_SPINE = {"spine1": 0.25, "spine2": 0.5, "spine3": 0.75}


@dataclass(frozen=True)
class PlanarBody:
    """A dancer in the plane of the picture.

    Attributes:
        points: (T, 13, 2) metres of BODY_POINTS, x right, y up; the picture's corner is the origin.
        known: (13,) whether the skeleton has the point at all; unknown ones are 0.
        filled: share of the numbers that were interpolated or held.
    """

    points: Float
    known: NDArray[np.bool_]
    filled: float


def measure_poses(
    track: PoseTrack, name: str, profile: KeypointProfile, music_beats: Array | None = None
) -> tuple[Clip, float]:
    """All that the protocol says of one clip's motion, and the share of points that was filled in.

    Raises:
        UnsuitableInput: too short, or too little of the dancer is seen.
    """
    if profile.official:
        clip = _official(track, name, profile, music_beats)
        return clip, float((track.confidence <= 0).mean())
    body = planar_body(track, profile)
    features = {
        "k": kinetic_2d(body, profile.fps)[None],
        "g": geometric_2d(body, profile.fps)[None],
    }
    moving = _in_plane(body.points[:, body.known])
    return _with_beats(name, features, moving, profile, music_beats), body.filled


def planar_body(track: PoseTrack, profile: KeypointProfile) -> PlanarBody:
    """A track at the profile's rate, gaps filled, in metres.

    What is seen less surely than the profile wants counts as unseen, and is interpolated in time.
    The median torso in pixels becomes our skeleton's.

    Raises:
        UnsuitableInput: too short, no torso in the skeleton, or a point seen in too few frames.
    """
    place = {name: number for number, name in enumerate(track.names)}
    lacking = [name for name in _TORSO if name not in place]
    if lacking:
        raise UnsuitableInput(f"the skeleton lacks {', '.join(lacking)}")
    seconds = track.frames / track.fps
    times = np.arange(max(1, round(seconds * profile.fps))) / profile.fps
    if len(times) < _LEAST_FRAMES:
        raise UnsuitableInput(f"{track.frames} frames are too few")
    own_times = np.arange(track.frames) / track.fps
    points = np.zeros((len(times), len(BODY_POINTS), 2))
    known = np.array([name in place for name in BODY_POINTS])
    unseen = 0.0
    for number, name in enumerate(BODY_POINTS):
        if not known[number]:
            continue
        seen = track.confidence[:, place[name]] >= profile.least_confidence
        if seen.mean() < profile.least_seen or seen.sum() < 2:
            raise UnsuitableInput(f"{name} is seen in {seen.mean():.0%} of the frames only")
        for axis in range(2):
            path = track.xy[seen, place[name], axis]
            points[:, number, axis] = np.interp(times, own_times[seen], path)
        unseen += 1 - float(seen.mean())
    torso = _torso_lengths(points)
    if not np.median(torso) > 0:
        raise UnsuitableInput("shoulders and hips lie in one place")
    points *= _rest_torso() / float(np.median(torso))
    points[..., 1] *= -1
    return PlanarBody(points, known, unseen / int(known.sum()))


def kinetic_2d(body: PlanarBody, fps: float) -> Float:
    """Kinetic features (39,): per point mean squared speed across, up, mean acceleration.

    Relative to the middle of the hips in each frame. NaN for points that the skeleton lacks.
    """
    centred = body.points - body.points[:, _at("left_hip", "right_hip")].mean(axis=1, keepdims=True)
    features = kinetic_features(_in_plane(centred), fps)
    features.reshape(-1, 3)[~body.known] = np.nan
    return features


def geometric_2d(body: PlanarBody, fps: float) -> Float:
    """The geometric features (32,) that exist in a picture; NaN for the others."""
    joints = np.zeros((len(body.points), len(JOINT_NAMES), 2))
    place = {name: number for number, name in enumerate(BODY_POINTS)}
    pelvis = body.points[:, _at("left_hip", "right_hip")].mean(axis=1)
    neck = body.points[:, _at("left_shoulder", "right_shoulder")].mean(axis=1)
    for name, number in JOINT.items():
        # Joints that no feature uses stay where they raise no alarm: at the pelvis.
        joints[:, number] = body.points[:, place[name]] if name in place else pelvis
    joints[:, JOINT["neck"]] = neck
    for name, share in _ALONG_SPINE.items():
        joints[:, JOINT[name]] = pelvis + share * (neck - pelvis)
    features = geometric_features(_in_plane(joints), 1 / fps)
    known = {name for name, here in zip(BODY_POINTS, body.known, strict=True) if here}
    for number in range(FEATURE_COUNT):
        if number not in _NEEDS or not known.issuperset(_NEEDS[number]):
            features[number] = np.nan
    return features


def _official(
    track: PoseTrack, name: str, profile: KeypointProfile, music_beats: Array | None
) -> Clip:
    stored = track.easy_vitpose()
    if profile.frames is not None and len(stored) < profile.frames:
        raise UnsuitableInput(f"{len(stored)} frames, the published script needs {profile.frames}")
    stored = stored[: profile.frames]
    features = {
        "k": kinetic_2d_official(stored)[None],
        "g": geometric_2d_official(stored)[None],
    }
    moving = np.concatenate([stored[..., :2], np.zeros_like(stored[..., :1])], axis=-1)
    return _with_beats(name, features, moving, profile, music_beats)


def _with_beats(
    name: str,
    features: dict[str, Float],
    moving_TK3: Float,
    profile: KeypointProfile,
    music_beats: Array | None,
) -> Clip:
    if music_beats is None:
        return Clip(name, features)
    found = dance_beats(moving_TK3, profile.fps, profile.beats)
    seconds = len(moving_TK3) / profile.fps
    score, chance = beat_score(music_beats, found, seconds, profile.fps, profile.beats)
    return Clip(name, features, {"bas": score}, chance)


def _at(*names: str) -> list[int]:
    return [BODY_POINTS.index(name) for name in names]


def _in_plane(points_TK2: Float) -> Float:
    """(x, y) as (x, 0, y), since metrics of 3D joints take z as up."""
    return np.insert(points_TK2, 1, 0.0, axis=-1)


def _torso_lengths(points_TK2: Float) -> Float:
    shoulders = points_TK2[:, _at("left_shoulder", "right_shoulder")].mean(axis=1)
    hips = points_TK2[:, _at("left_hip", "right_hip")].mean(axis=1)
    lengths: Float = np.linalg.norm(shoulders - hips, axis=-1)
    return lengths


def _rest_torso() -> float:
    """Metres from the middle of the hips to the middle of the shoulders in our rest pose."""
    rest = np.zeros_like(OFFSETS)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            rest[joint] = rest[parent] + OFFSETS[joint]
    up = {name: rest[JOINT[name], 1] for name in _TORSO}
    return float(
        (up["left_shoulder"] + up["right_shoulder"] - up["left_hip"] - up["right_hip"]) / 2
    )
