"""What Wan-Animate's face branch sees (docs/reference/wan-animate.md#face).

A generated dance has no filmed face. "neutral" repeats the reference picture's, which keeps
identity and freezes the expression; "none" shows black, the model's own code for no information. A
clip of a face (face_clip.py) gives its expressions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.options import FacePolicy
from pipelines.keypoints.face_crop import cropped, face_box
from pipelines.keypoints.person import ReferencePerson


def face_picture(
    person: ReferencePerson, policy: FacePolicy, size: int
) -> tuple[NDArray[np.uint8], FacePolicy]:
    """The picture (size, size, 3) shown in every frame, and the policy that it follows.

    "neutral" becomes "none" where the reference picture shows no usable face.
    """
    box = face_box(person) if policy == "neutral" else None
    if box is None:
        return np.zeros((size, size, 3), dtype=np.uint8), "none"
    return cropped(person.image, box, size), "neutral"
