"""Do feet slide (FSR), and does the body move without them (PFC)?

Joints are (T, J, 3) metres, z up. What stands here is decided by the published thresholds, which
define the scores; everything else goes by the rules of `body.feet`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT
from pipelines.metrics.joints import Array, Float, checked

ANKLE_CONTACT = 0.08
TOE_CONTACT = 0.05
SLIDING_SPEED = 0.3
"""m/s; 0.01 m per frame at the 30 fps of the published script."""

_FEET = ((JOINT["left_ankle"], JOINT["left_foot"]), (JOINT["right_ankle"], JOINT["right_foot"]))


@dataclass(frozen=True)
class FootSkating:
    """Share of a foot's contact frames in which it slides; NaN for a foot that never stands.

    Attributes:
        left, right: the shares.
        contact_share: share of frames in which at least one foot stands.
    """

    left: float
    right: float
    contact_share: float

    @property
    def ratio(self) -> float:
        """Mean of the feet that ever stand; NaN if none does."""
        known = [share for share in (self.left, self.right) if not np.isnan(share)]
        return float(np.mean(known)) if known else float("nan")


def foot_skating_ratio(joints_TJ3: Array, fps: float) -> FootSkating:
    """FSR with the slide measured as a distance on the ground, per second.

    The ground is the second percentile of the toes' height over the motion, so that a dance that
    begins with a foot in the air is not lifted off its floor. Higher than the published
    definition's value by construction.
    """
    joints = checked(joints_TJ3)
    ground = np.percentile(joints[:, [JOINT["left_foot"], JOINT["right_foot"]], 2], 2)
    steps = np.diff(joints[..., :2], axis=0)
    sliding = np.linalg.norm(steps, axis=-1) * fps > SLIDING_SPEED
    return _skating(joints[..., 2] - ground, sliding)


def foot_skating_ratio_lodge(joints_TJ3: Array) -> FootSkating:
    """FSR as Lodge's script has it (docs/reference/metrics.md#foot-skating), for motions at 30 fps.

    Its slide is the magnitude of the mean of both signed components of y-up data (x and z, which
    is our -y): a foot that slides along our diagonal x = y does not slide, and one that slides
    along an axis counts half.
    """
    joints = checked(joints_TJ3)
    steps = np.diff(joints[..., :2], axis=0)
    sliding = np.abs(steps[..., 0] - steps[..., 1]) / 2 > 0.01
    return _skating(joints[..., 2] - first_frame_ground(joints), sliding)


def first_frame_ground(joints_TJ3: Array) -> float:
    """Height of the toes in frame 0: their mean if within 2 cm, else the lower."""
    left, right = (float(joints_TJ3[0, toe, 2]) for _, toe in _FEET)
    return (left + right) / 2 if abs(left - right) < 0.02 else min(left, right)


def _skating(height_TJ: Float, sliding_SJ: NDArray[np.bool_]) -> FootSkating:
    """Contact at the frame from which a step is taken."""
    shares, contacts = [], []
    for ankle, toe in _FEET:
        contact = (height_TJ[:-1, ankle] <= ANKLE_CONTACT) & (height_TJ[:-1, toe] <= TOE_CONTACT)
        slides = contact & (sliding_SJ[:, ankle] | sliding_SJ[:, toe])
        shares.append(slides.sum() / contact.sum() if contact.any() else float("nan"))
        contacts.append(contact)
    standing = contacts[0] | contacts[1]
    return FootSkating(float(shares[0]), float(shares[1]), float(standing.mean()))


def physical_foot_contact(joints_TJ3: Array, fps: float = 30.0) -> float:
    """EDGE's PFC (docs/reference/metrics.md#physical-foot-contact): lower is more plausible.

    Mean over frames of the root's acceleration (downwards ignored, relative to the clip's largest)
    times how far the slower point of the left foot and of the right foot travels on the ground,
    times 10 000. Depends on the clip's length; 5 s in EDGE, whose constant frame time is fps = 30.
    """
    joints = checked(joints_TJ3)
    acceleration = np.diff(joints[:, 0], n=2, axis=0) * fps**2
    acceleration[:, 2] = np.maximum(acceleration[:, 2], 0)
    force = np.linalg.norm(acceleration, axis=-1)
    if force.max() == 0:
        return 0.0
    travel = np.linalg.norm(np.diff(joints[1:, :, :2], axis=0), axis=-1)
    left, right = (np.minimum(travel[:, ankle], travel[:, toe]) for ankle, toe in _FEET)
    return float((force / force.max() * left * right).mean() * 10_000)
