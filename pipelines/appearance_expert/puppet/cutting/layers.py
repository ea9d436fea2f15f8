"""From labelled pixels to layers that reach under their neighbours.

The rules: docs/reference/puppet.md#layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEGS, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.hidden import hidden_behind
from pipelines.appearance_expert.puppet.cutting.layer_colours import layer_colours
from pipelines.appearance_expert.puppet.cutting.masks import Labels
from pipelines.appearance_expert.puppet.cutting.overlaps import overlap_of

_OPAQUE = 0.5


@dataclass(frozen=True)
class Layer:
    """One part with what it hides under its neighbours.

    Attributes:
        part: part number.
        colour: (H, W, 3) float32 in 0..255, defined everywhere.
        alpha: (H, W) float32 in [0, 1].
        filled: share of its opaque pixels that were painted in, not seen; what a skirt hides of
            a leg does not count, for it stays hidden.
    """

    part: int
    colour: NDArray[np.float32]
    alpha: NDArray[np.float32]
    filled: float


def build_layers(figure: Figure, labels: Labels, capsules: list[Capsule]) -> dict[int, Layer]:
    """One layer per part, each in the same texture space as the figure."""
    return {
        part: _build_layer(part, figure, labels, capsules) for part in (TORSO, HEAD, *figure.limbs)
    }


def _build_layer(part: int, figure: Figure, labels: Labels, capsules: list[Capsule]) -> Layer:
    core = labels == part
    overlap = overlap_of(part, figure, labels, capsules)
    kept, foreign = overlap.kept, overlap.foreign
    hidden = hidden_behind(part, figure, labels, capsules) & ~core & ~kept
    alpha = np.where(core | hidden, figure.matte, 0).astype(np.float32)
    edge = cv2.GaussianBlur((core | hidden | kept).astype(np.float32), (0, 0), 1.0)
    alpha = np.maximum(alpha, np.where(kept, figure.matte * overlap.fade, 0))
    alpha = np.minimum(alpha, np.clip(edge * 2 - 0.5, 0, 1))
    colour = layer_colours(
        figure, labels, core, kept & ~foreign, hidden | foreign, mirrored=part == TORSO
    )
    opaque = alpha > _OPAQUE
    invented = hidden & (labels != TORSO) if part in LEGS else hidden
    filled = float((opaque & invented).sum() / max(1, opaque.sum()))
    return Layer(part, colour, alpha.astype(np.float32), filled)
