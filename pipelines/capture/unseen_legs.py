"""Whether legs are seen, and in their length, and a stand for a dancer whose legs are not.

A pose finder draws legs below the picture's edge as well, and they dance. What nobody sees is not
captured: the dancer stands (docs/reference/capture.md#unseen-legs). Shapes: T frames.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.feet import SOLE_DEPTH
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS, JOINT, forward_kinematics
from pipelines.capture.landmarks import Landmarks
from pipelines.capture.turning import arc, unit
from pipelines.keypoints.skeletons import BLAZEPOSE
from pipelines.motion.foot_lock import with_feet
from pipelines.motion.leg_ik import leg_length
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

LEGS_SEEN = 0.5
"""Share of a clip in which legs have to be seen; half bodies have .1 and less, others .85."""
LEGS_LONG = 1.27
"""Torso lengths that legs reach in the picture now and then, unless the dancer sits; thighs that
point at the camera look like short legs to the finder, which has the dancer stand on them."""
LEG_MARKS = tuple(range(25, 33))
"""BlazePose's landmarks from the knees down."""
_SURE = 0.5
_BENT = 0.98
"""How long a leg is that stands at ease, as a share of a straight one."""
_BEND = 0.3
"""Radians that thighs are ahead, from which on legs reach for where the feet stand."""
_SWAY, _BOUNCE, _RISE = 0.15, 0.10, 0.01
"""Metres that a standing body goes to either side, down and up."""
_LEAN = np.radians(25.0)
"""Without legs the finder takes a back for somebody who bends down."""
_BOUNCE_SECONDS, _TURN_SECONDS = 1.0, 0.5


def legs_seen(found: Landmarks) -> float:
    """Share of frames and legs of which knee and ankle are seen within the picture."""
    size = np.array([found.width, found.height])
    inside = ((found.image >= 0) & (found.image < size)).all(-1)
    seen = (found.visibility > _SURE) & inside
    legs = [seen[:, BLAZEPOSE[f"{side}_knee"]] & seen[:, BLAZEPOSE[f"{side}_ankle"]]
            for side in ("left", "right")]  # fmt: skip
    return float(np.mean(legs))


def leg_reach(found: Landmarks) -> float:
    """Length of the legs in the picture, torso lengths: that which 90 % of the frames are below."""
    at = {name: found.image[:, [BLAZEPOSE[f"{side}_{name}"] for side in ("left", "right")]]
          for name in ("shoulder", "hip", "knee", "ankle")}  # fmt: skip
    thigh, shin = at["knee"] - at["hip"], at["ankle"] - at["knee"]
    legs = sum(np.linalg.norm(bone, axis=-1).mean(1) for bone in (thigh, shin))
    torso = np.linalg.norm(at["shoulder"].mean(1) - at["hip"].mean(1), axis=-1)
    return float(np.percentile(legs, 90) / max(np.percentile(torso, 90), 1e-6))


def standing_still(motion: Motion) -> Motion:
    """The upper body's motion on legs that stand under it, floor at z = 0.

    The pelvis sways and bounces a little as it was seen to; feet stay where they stand and turn as
    slowly as the body does.
    """
    rotations = motion.rotations()
    # Knees of straight legs lie beside the line from hip to ankle; bent a little, they stay ahead.
    for side in ("left", "right"):
        for name, bend in (("hip", -_BEND), ("knee", 2 * _BEND), ("ankle", -_BEND), ("foot", 0.0)):
            turn = axis_angle_to_matrix(np.array([bend, 0.0, 0.0]))
            rotations[:, JOINT[f"{side}_{name}"]] = turn
    rotations[:, 0] = _upright(rotations[:, 0])
    ahead = rotations[:, 0, :, 2]
    turned = np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0]))
    turned = gaussian_filter1d(turned, _TURN_SECONDS * motion.fps, mode="nearest")
    turn_T33 = axis_angle_to_matrix(turned[:, None] * np.array([0.0, 0.0, 1.0]))
    feet_43, height = _stance()
    feet_T43 = feet_43 @ np.swapaxes(turn_T33, -1, -2)
    trans = _way(motion, height)
    stood = replace(
        motion,
        poses=matrix_to_axis_angle(rotations).astype(np.float32),
        trans=trans.astype(np.float32),
    )
    feet_T43[..., :2] += np.median(trans[:, :2], axis=0)
    return with_feet(stood, feet_T43)


def _stance() -> tuple[Floats, float]:
    """(4, 3) foot points of a stand on z = 0 that faces +x, and how high its pelvis is."""
    stand = np.zeros((1, 24, 3, 3)) + np.eye(3)
    # Rest looks along +z with y up.
    stand[0, 0] = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    joints = forward_kinematics(stand, np.zeros((1, 3)))[0][0]
    feet = joints[list(FOOT_JOINTS)]
    height = float(SOLE_DEPTH[0] - feet[:2, 2].mean()) - (1 - _BENT) * sum(leg_length("left"))
    feet[:, 2] = SOLE_DEPTH
    return feet, height


def _upright(pelvis_T33: Floats) -> Floats:
    """Turns of the pelvis that lean no further than somebody does who stands at ease."""
    up = pelvis_T33[..., 1]
    level = up * np.array([1.0, 1.0, 0.0])
    leaning = np.arctan2(np.linalg.norm(level, axis=-1), up[:, 2])[:, None]
    less = _LEAN * np.tanh(leaning / _LEAN)
    wanted = np.sin(less) * unit(level) + np.cos(less) * np.array([0.0, 0.0, 1.0])
    return arc(up, wanted) @ pelvis_T33


def _way(motion: Motion, height: float) -> Floats:
    """(T, 3) the pelvis about the place where it stands, as far as feet let it go."""
    trans = motion.trans.astype(np.float64)
    middle = np.median(trans[:, :2], axis=0)
    off = trans[:, :2] - middle
    far = np.linalg.norm(off, axis=-1, keepdims=True)
    trans[:, :2] = middle + off * np.tanh(far / _SWAY) * _SWAY / np.maximum(far, 1e-6)
    slow = gaussian_filter1d(trans[:, 2], _BOUNCE_SECONDS * motion.fps, mode="nearest")
    trans[:, 2] = height + np.clip(trans[:, 2] - slow, -_BOUNCE, _RISE)
    return trans
