"""The person of the reference picture, as every later stage sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT_NAMES

FACE_NAMES: tuple[str, ...] = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")

POINT_NAMES: tuple[str, ...] = JOINT_NAMES + FACE_NAMES
"""The 29 points that dances and reference pictures are both described by: SMPL's joints, then
five points of the face. Left is the person's own left."""

POINT: dict[str, int] = {name: index for index, name in enumerate(POINT_NAMES)}

Coverage = Literal["full", "upper"]


@dataclass(frozen=True)
class ReferencePerson:
    """One person in one picture.

    Attributes:
        image: (H, W, 3) uint8 RGB, upright; transparency already composited.
        matte: (H, W) float32 in [0, 1], 1 where the person is.
        xy: (29, 2) float64 positions in pixels of `image`, in POINT_NAMES order.
        confidence: (29,) float64 in [0, 1]; 0 for what the picture does not show.
        coverage: "full" if the feet are in the picture, "upper" if it cuts the person off.
        source: how the pose was found: "mediapipe", "file" or "silhouette".
        depth: (29,) float64 pixels behind the pelvis, larger is further away; zeros where the
            pose is taken to lie in the picture's plane. Tells foreshortened limbs from short ones.
    """

    image: NDArray[np.uint8]
    matte: NDArray[np.float32]
    xy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    coverage: Coverage
    source: str
    depth: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(POINT_NAMES)))
