"""Hair beside the neck and on the shoulders goes with the head."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    distance_to_segment,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import Labels

_ALIKE = 14.0
_LIGHT_WEIGHT = 0.4
_BELOW_SHOULDERS = 0.6
_BESIDE_TRUNK = 0.08
_BESIDE_ARM = 0.9


def with_whole_hair(labels: Labels, figure: Figure, capsules: list[Capsule]) -> Labels:
    """Labels (H, W) in which hair that hangs over the shoulders' outline is the head's.

    Only where no bone of the trunk or an arm would be, and only what looks like the hair above
    the face and hangs together with the head.
    """
    eyes = 0.5 * (figure.point("left_eye")[1] + figure.point("right_eye")[1])
    shoulders = 0.5 * (figure.point("left_shoulder")[1] + figure.point("right_shoulder")[1])
    rows = np.arange(len(labels))[:, None]
    crown = (labels == HEAD) & (rows < eyes - 0.2 * figure.unit)
    trunk = (labels == TORSO) & (rows < shoulders + _BELOW_SHOULDERS * figure.unit)
    trunk &= outside_polygon(labels.shape, torso_polygon(figure)) > _BESIDE_TRUNK * figure.unit
    for capsule in capsules:
        if capsule.part != HEAD:
            near = distance_to_segment(labels.shape, capsule.start, capsule.end)
            trunk &= near > _BESIDE_ARM * capsule.radius
    if crown.sum() < 30 or not trunk.any():
        return labels
    lab = cv2.cvtColor(figure.image / np.float32(255), cv2.COLOR_RGB2LAB)
    lab[..., 0] *= _LIGHT_WEIGHT
    alike = np.linalg.norm(lab - np.median(lab[crown], axis=0), axis=-1) < _ALIKE
    hair = cv2.morphologyEx((trunk & alike).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5)))
    hair = (hair > 0) & trunk
    _, pieces = cv2.connectedComponents((hair | (labels == HEAD)).astype(np.uint8))
    hair &= np.isin(pieces, np.unique(pieces[labels == HEAD]))
    return np.where(hair, HEAD, labels).astype(np.uint8)
