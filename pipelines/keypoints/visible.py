"""What a picture shows of its person: which limbs can dance, in words and drawn."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.pose_drawing import draw_pose

SEEN = 0.5
"""The confidence from which a point counts as seen."""
GOOD_PICTURE = "A picture of the whole person, head to feet, arms away from the body"

_ARMS = ("left arm", "right arm")
_LEGS = ("left leg", "right leg")
_DIMMED = 0.35


def visible_limbs(person: ReferencePerson) -> tuple[str, ...]:
    """Arms of which shoulder, elbow and wrist are seen; legs if both feet are in the picture."""
    arms = tuple(arm for arm in _ARMS if _is_seen(person, arm.split()[0]))
    return (*arms, *_LEGS) if person.coverage == "full" else arms


def movement_words(person: ReferencePerson) -> tuple[str, bool]:
    """What of the person can dance and what cannot, and whether that is all of it."""
    limbs = visible_limbs(person)
    arms = [limb for limb in _ARMS if limb not in limbs]
    reasons = ["the picture cuts the legs off"] if person.coverage != "full" else []
    if arms:
        reasons.append(f"the {_listed(arms)} cannot be seen to the hand")
    if not reasons:
        return "the picture shows the whole person: head, trunk, arms and legs can dance", True
    what = (
        f"only head, trunk and {_listed(list(limbs))} can dance"
        if limbs
        else "the person only sways"
    )
    return f"{' and '.join(reasons)}: {what}. {GOOD_PICTURE}, dances whole", False


def pose_picture(person: ReferencePerson) -> NDArray[np.uint8]:
    """(H, W, 3) the picture, dimmed where the person is not, with the pose that was found."""
    height, width = person.matte.shape
    light = _DIMMED + (1 - _DIMMED) * person.matte[..., None]
    shown = (person.image * light).astype(np.uint8)
    skeleton = draw_pose(person.xy, person.confidence, width, height)
    drawn = cv2.dilate(skeleton.max(-1), np.ones((3, 3), np.uint8)) > 0
    thick = cv2.dilate(skeleton, np.ones((3, 3), np.uint8))
    return np.where(drawn[..., None], thick, shown).astype(np.uint8)


def _is_seen(person: ReferencePerson, side: str) -> bool:
    chain = (f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist"))
    return all(person.confidence[POINT[name]] >= SEEN for name in chain)


def _listed(limbs: list[str]) -> str:
    """Limbs of one kind, or both arms and legs; a pair by its common name."""
    pairs = {_ARMS: "arms", _LEGS: "legs"}
    words: list[str] = []
    for pair, name in pairs.items():
        found = [limb for limb in pair if limb in limbs]
        words += [name] if len(found) == len(pair) else found
    return " and ".join(words)
