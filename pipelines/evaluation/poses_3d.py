"""Dance measured from 3D poses, by a profile's rules.

Joints are (T, J, 3) metres, z up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import matrix_to_axis_angle, read_as_euler
from pipelines.body.skeleton import OFFSETS, TO_Z_UP, forward_kinematics
from pipelines.body.smplx_skeleton import smplx_offsets
from pipelines.evaluation.beat_scores import beat_score, dance_beats
from pipelines.evaluation.catalogue import Takes, measured_by
from pipelines.evaluation.clip import Clip
from pipelines.evaluation.profiles import MotionProfile
from pipelines.metrics.feet import (
    foot_skating_ratio,
    foot_skating_ratio_lodge,
    physical_foot_contact,
)
from pipelines.metrics.geometric import geometric_features
from pipelines.metrics.joints import Array, Float, centred_as_lodge, centred_on_first_root
from pipelines.metrics.kinetic import (
    kinetic_features,
    kinetic_features_fairmotion,
    kinetic_features_megadance,
)
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput

PROTOCOL = "motion-3d"
_SCORES: tuple[Takes, Takes] = ("joints, profile", "joints, fps")
_LEAST_FRAMES = 8
_STEADY_FPS = 30.0


def measure_motion(
    motion: Motion,
    name: str,
    profile: MotionProfile,
    music_beats: Array | None = None,
    window: float | None = None,
    truth: bool = False,
) -> Clip:
    """All that the protocol says of one dance.

    Args:
        music_beats: (B,) seconds from the first frame; None without music.
        window: take features over pieces of so many seconds instead of the whole.
        truth: whether this is a recording that others are compared with; some scripts cut those
            elsewhere.

    Raises:
        UnsuitableInput: too short, or not finite.
    """
    joints = posed_joints(motion.validate(), profile, truth)
    fps = profile.fps
    pieces = _pieces(joints, fps, window)
    features = {
        space: np.stack([extract(piece, profile) for piece in pieces])
        for space, extract in FEATURES.items()
    }
    # Thresholds and lengths per frame mean what they should at 30 fps only.
    steady = joints[:: max(1, round(fps / _STEADY_FPS))]
    by_profile, by_rate = (measured_by(PROTOCOL, t) for t in _SCORES)
    scores = {metric: float(score(steady, profile)) for metric, score in by_profile.items()}
    scores |= {metric: float(score(steady, _STEADY_FPS)) for metric, score in by_rate.items()}
    whole = motion.resampled(_STEADY_FPS).sliced(0, len(steady))
    by_motion = measured_by(PROTOCOL, "motion")
    scores |= {metric: float(score(whole)) for metric, score in by_motion.items()}
    chance: Float = np.zeros(0)
    if music_beats is not None:
        found = dance_beats(joints, fps, profile.beats)
        scores["bas"], chance = beat_score(
            music_beats, found, len(joints) / fps, fps, profile.beats
        )
    return Clip(name, features, scores, chance)


def posed_joints(motion: Motion, profile: MotionProfile, truth: bool = False) -> Float:
    """Joints at the profile's rate, cut, and on its skeleton; z up, at their place."""
    frames = profile.truth_frames if truth else profile.frames
    timed = motion.resampled(profile.fps)
    timed = timed.sliced(0, frames if frames is not None else timed.frames)
    if timed.frames < _LEAST_FRAMES:
        raise UnsuitableInput(
            f"{motion.source or 'the motion'}: {timed.frames} frames at {profile.fps:g} fps are "
            f"too few, at least {_LEAST_FRAMES} are needed"
        )
    rotations = timed.rotations()
    if profile.euler_mistake:
        rotations = _mistaken_for_euler(rotations)
    offsets = smplx_offsets() if profile.skeleton == "smplx-neutral" else OFFSETS
    return forward_kinematics(rotations, timed.trans, offsets)[0]


def kinetic(joints_TJ3: Array, profile: MotionProfile) -> Float:
    """Kinetic features (66 or 72,) of one dance."""
    joints = _centred(_fallen(joints_TJ3, profile), profile)
    if profile.kinetic == "strict":
        features = kinetic_features(joints, profile.fps)
    elif profile.kinetic == "fairmotion":
        features = kinetic_features_fairmotion(joints)
    else:
        features = kinetic_features_megadance(joints)
    return features[: profile.kinetic_size]


def geometric(joints_TJ3: Array, profile: MotionProfile) -> Float:
    """Geometric features (32,) of one dance."""
    joints = _centred(_fallen(joints_TJ3, profile), profile)
    frame_time = profile.geometric_frame_time or 1 / profile.fps
    return geometric_features(joints, frame_time, published_move=profile.published_move)


FEATURES = {"k": kinetic, "g": geometric}
"""By feature space, as the catalogue names them."""


def foot_skating(joints_TJ3: Array, profile: MotionProfile) -> float:
    """Share of contact frames in which a foot slides (FSR), at 30 fps; NaN if none ever stands."""
    if profile.feet == "strict":
        return foot_skating_ratio(joints_TJ3, _STEADY_FPS).ratio
    return foot_skating_ratio_lodge(joints_TJ3).ratio


def foot_contact(joints_TJ3: Array, profile: MotionProfile) -> float:
    """Physical foot contact (PFC) at 30 fps, over pieces of the profile's length."""
    if not profile.fallen:
        pieces = _pieces(np.asarray(joints_TJ3), _STEADY_FPS, profile.pfc_seconds)
        return float(np.mean([physical_foot_contact(piece) for piece in pieces]))
    # MACE's script takes component 2 as up after its turn: our -y.
    x, y, z = np.moveaxis(np.asarray(joints_TJ3), -1, 0)
    return physical_foot_contact(np.stack([-z, x, -y], axis=-1))


def _pieces(joints_TJ3: Float, fps: float, seconds: float | None) -> list[Float]:
    """Consecutive pieces; a rest shorter than half a piece is left out, unless it is all."""
    if seconds is None:
        return [joints_TJ3]
    size = max(_LEAST_FRAMES, round(seconds * fps))
    starts = range(0, len(joints_TJ3), size)
    pieces = [joints_TJ3[start : start + size] for start in starts]
    return [p for number, p in enumerate(pieces) if number == 0 or len(p) >= size / 2]


def _centred(joints_TJ3: Float, profile: MotionProfile) -> Float:
    joints = joints_TJ3[:, : profile.joints]
    if profile.centring == "none":
        return joints
    if profile.centring == "lodge":
        return centred_as_lodge(joints)
    return centred_on_first_root(joints)


def _fallen(joints_TJ3: Array, profile: MotionProfile) -> Float:
    """MACE's turn about z of y-up data, as it is in our z-up frame: (x, y, z) -> (-z, y, x)."""
    joints = np.asarray(joints_TJ3, dtype=np.float64)
    if not profile.fallen:
        return joints
    return np.stack([-joints[..., 2], joints[..., 1], joints[..., 0]], axis=-1)


def _mistaken_for_euler(rotations_TJ33: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations whose axis-angle vectors, in y-up data, went through Rz(c) Ry(b) Rx(a)."""
    rotations = rotations_TJ33.copy()
    rotations[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    mistaken = read_as_euler(matrix_to_axis_angle(rotations))
    mistaken[:, 0] = TO_Z_UP @ mistaken[:, 0]
    return mistaken
