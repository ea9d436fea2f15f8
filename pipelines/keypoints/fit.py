"""Limb lengths of the skeleton fitted to the person of the reference picture.

The published way edits the picture into a neutral pose first, so that no limb is foreshortened.
Here the skeleton is three-dimensional and the detector's depth says how far each limb leans out
of the picture's plane, so lengths are read off directly
(docs/reference/wan-animate.md#camera).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, MIRROR, OFFSETS, PARENTS
from pipelines.keypoints.head import FACE_OFFSETS
from pipelines.keypoints.person import POINT

Array = NDArray[np.floating[Any]]

_FLIP_X = np.array([-1.0, 1.0, 1.0])

REST_OFFSETS: NDArray[np.float64] = (OFFSETS + OFFSETS[list(MIRROR)] * _FLIP_X) / 2
"""(24, 3) the rest skeleton made symmetric, so that a mirrored dance is a mirrored picture."""

SOLE = 0.025
"""Metres from the toe joint down to the ground in the rest pose."""

_MOST_LEANING = 1.6
"""A limb seen at less than 1/1.6 of its length is not trusted to be that much longer."""

# Ratios to the average adult beyond which a measured limb is taken for a mistake. Wide, because
# cartoons have heads thrice as large and legs a third as long.
_LIMITS: dict[str, tuple[float, float]] = {
    "torso": (0.4, 1.8),
    "leg": (0.3, 1.6),
    "upper_arm": (0.55, 1.7),
    "forearm": (0.55, 1.7),
    "hand": (0.5, 1.8),
    "shoulders": (0.55, 2.2),
    "hips": (0.6, 2.6),
    "head": (0.7, 4.0),
}


@dataclass(frozen=True)
class FittedBody:
    """A skeleton with the reference person's proportions.

    Attributes:
        offsets: (24, 3) metres, joint offsets in the rest body's axes.
        face_offsets: (5, 3) metres from the head joint.
        pixels_per_metre: at the person's place in the picture; by convention torso and leg
            together are as long as an average adult's.
        leg_ratio: leg length over the average adult's.
        head_ratio: head size over the average adult's.
    """

    offsets: NDArray[np.float64]
    face_offsets: NDArray[np.float64]
    pixels_per_metre: float
    leg_ratio: float
    head_ratio: float

    @property
    def standing_height(self) -> float:
        """Metres from the pelvis down to the ground when standing straight."""
        chain = [JOINT[f"left_{name}"] for name in ("hip", "knee", "ankle", "foot")]
        return float(-self.offsets[chain, 1].sum()) + SOLE * self.leg_ratio


class _Ruler:
    """Lengths between points, each the longest that either side of the body shows."""

    def __init__(self, xy: Array, depth: Array, confidence: Array) -> None:
        self.flat = np.asarray(xy, dtype=np.float64)
        self.solid = np.concatenate([self.flat, np.asarray(depth)[:, None]], axis=1)
        self.seen = np.asarray(confidence) > 0

    def between(self, one: str, other: str) -> float | None:
        a, b = POINT[one], POINT[other]
        if not (self.seen[a] and self.seen[b]):
            return None
        flat = float(np.linalg.norm(self.flat[a] - self.flat[b]))
        solid = float(np.linalg.norm(self.solid[a] - self.solid[b]))
        return min(solid, flat * _MOST_LEANING)

    def longest(self, one: str, other: str) -> float | None:
        sides = [self.between(f"{side}_{one}", f"{side}_{other}") for side in ("left", "right")]
        return max((length for length in sides if length is not None), default=None)

    def middle(self, name: str) -> NDArray[np.float64] | None:
        pair = [POINT[f"left_{name}"], POINT[f"right_{name}"]]
        return self.solid[pair].mean(0) if self.seen[pair].all() else None

    def torso(self) -> float | None:
        shoulders, hips = self.middle("shoulder"), self.middle("hip")
        if shoulders is None or hips is None:
            return None
        flat = float(np.linalg.norm((shoulders - hips)[:2]))
        return min(float(np.linalg.norm(shoulders - hips)), 1.25 * flat)

    def head(self) -> float | None:
        """Width of the head from ear to ear."""
        ears = self.between("left_ear", "right_ear")
        eyes = self.between("left_eye", "right_eye")
        widths = [ears, None if eyes is None else eyes * _rest("left_ear", "right_ear") / 0.064]
        return max((width for width in widths if width is not None), default=None)


def _rest_points() -> dict[str, NDArray[np.float64]]:
    places = np.zeros((24, 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            places[joint] = places[parent] + REST_OFFSETS[joint]
    named = {name: places[index] for name, index in JOINT.items()}
    face = places[JOINT["head"]] + FACE_OFFSETS
    return named | {name: face[index - 24] for name, index in POINT.items() if index >= 24}


REST_POINTS: dict[str, NDArray[np.float64]] = _rest_points()
"""Name -> (3,) metres of all 29 points in the rest pose, the pelvis at the origin."""


def _rest(one: str, other: str) -> float:
    return float(np.linalg.norm(REST_POINTS[one] - REST_POINTS[other]))


_REST_TORSO = float(
    (
        REST_POINTS["left_shoulder"]
        + REST_POINTS["right_shoulder"]
        - REST_POINTS["left_hip"]
        - REST_POINTS["right_hip"]
    )[1]
    / 2
)
_REST_THIGH = _rest("left_hip", "left_knee")
_REST_SHIN = _rest("left_knee", "left_ankle")


def fit_body(xy: Array, depth: Array, confidence: Array) -> FittedBody:
    """Fit the rest skeleton to one person's points.

    Args:
        xy: (29, 2) pixels, `depth` (29,) pixels behind the pelvis, `confidence` (29,); points of
            confidence 0 are not used, and limbs without points follow the torso's scale.
    """
    ruler = _Ruler(xy, depth, confidence)
    torso, thigh, shin = ruler.torso(), ruler.longest("hip", "knee"), ruler.longest("knee", "ankle")
    scale = _pixels_per_metre(ruler, torso, thigh, shin)

    def ratio(group: str, pixels: float | None, rest: float, otherwise: float = 1.0) -> float:
        if pixels is None:
            return otherwise
        return float(np.clip(pixels / (scale * rest), *_LIMITS[group]))

    body = ratio("torso", torso, _REST_TORSO)
    thighs = ratio("leg", thigh, _REST_THIGH)
    shins = ratio("leg", shin, _REST_SHIN, otherwise=thighs)
    upper = ratio(
        "upper_arm", ruler.longest("shoulder", "elbow"), _rest("left_shoulder", "left_elbow")
    )
    fore = ratio(
        "forearm", ruler.longest("elbow", "wrist"), _rest("left_elbow", "left_wrist"), upper
    )
    hand = ratio("hand", ruler.longest("wrist", "hand"), _rest("left_wrist", "left_hand"), fore)
    wide = ratio("shoulders", ruler.between("left_shoulder", "right_shoulder"),
                 _rest("left_shoulder", "right_shoulder"), body)  # fmt: skip
    hips = ratio(
        "hips", ruler.between("left_hip", "right_hip"), _rest("left_hip", "right_hip"), wide
    )
    head = ratio("head", ruler.head(), _rest("left_ear", "right_ear"))
    legs = (thighs * _REST_THIGH + shins * _REST_SHIN) / (_REST_THIGH + _REST_SHIN)
    neck = _neck_ratio(ruler, scale, head, body)

    offsets = REST_OFFSETS.copy()
    for names, factors in (
        ("spine1 spine2 spine3 neck", body),
        ("head", neck),
        ("left_hip right_hip", (hips, body, body)),
        ("left_collar right_collar left_shoulder right_shoulder", (wide, body, body)),
        ("left_knee right_knee", thighs),
        ("left_ankle right_ankle", shins),
        ("left_foot right_foot", legs),
        ("left_elbow right_elbow", upper),
        ("left_wrist right_wrist", fore),
        ("left_hand right_hand", hand),
    ):
        offsets[[JOINT[name] for name in names.split()]] *= factors
    return FittedBody(
        offsets=offsets,
        face_offsets=FACE_OFFSETS * head,
        pixels_per_metre=scale,
        leg_ratio=float(legs),
        head_ratio=head,
    )


def _pixels_per_metre(
    ruler: _Ruler, torso: float | None, thigh: float | None, shin: float | None
) -> float:
    """Whole bodies by torso and leg; cut-off ones by what is left, each part with equal say."""
    if torso is not None and thigh is not None and shin is not None:
        return (torso + thigh + shin) / (_REST_TORSO + _REST_THIGH + _REST_SHIN)
    shoulders = ruler.between("left_shoulder", "right_shoulder")
    head = ruler.head()
    parts = [
        None if torso is None else torso / _REST_TORSO,
        None if shoulders is None else shoulders / _rest("left_shoulder", "right_shoulder"),
    ]
    known = [part for part in parts if part is not None and part > 0]
    if not known and head is not None and head > 0:
        known = [head / _rest("left_ear", "right_ear")]
    if not known:
        return max(1.0, float(np.ptp(ruler.flat[ruler.seen], axis=0).max(initial=1.0)) / 1.6)
    return float(np.exp(np.mean(np.log(known))))


def _neck_ratio(ruler: _Ruler, scale: float, head: float, body: float) -> float:
    """Of the bone from neck to head: what is left between the neck and the ears."""
    ears, neck = ruler.middle("ear"), POINT["neck"]
    if ears is None or not ruler.seen[neck]:
        return body
    rest_to_ears = _rest("neck", "head") * body + float(FACE_OFFSETS[3, 1]) * head
    seen = float(np.linalg.norm(ears[:2] - ruler.flat[neck])) / scale
    return float(np.clip(body * seen / rest_to_ears, 0.5, 3.0))
