"""The back of the head, which no picture shows: hair, guessed from what lies above the face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.layers import Layer
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull

_CROWN = 0.45
"""Share of the height from the top down to the eyes that is taken for hair."""
_NAPE, _SOFT = 0.62, 0.18
"""Share of the way from the eyes to the neck where hair ends, and over which it fades."""


def back_of_head(figure: Figure, layer: Layer) -> NDArray[np.float32]:
    """Colours (H, W, 3): those above the forehead down to the nape, then the neck's own."""
    eyes = 0.5 * (figure.point("left_eye")[1] + figure.point("right_eye")[1])
    drop = max(float(figure.point("neck")[1]) - eyes, 1.0)
    solid = layer.alpha > 0.6
    rows = np.arange(layer.alpha.shape[0])[:, None]
    top = int(np.flatnonzero(solid.any(1))[0]) if solid.any() else 0
    crown = solid & (rows < top + _CROWN * (eyes - top))
    hair = push_pull(layer.colour, crown.astype(np.float32))
    neck = np.clip(((rows - eyes) / drop - _NAPE) / _SOFT, 0, 1)[..., None]
    return np.asarray(hair * (1 - neck) + layer.colour * neck, dtype=np.float32)
