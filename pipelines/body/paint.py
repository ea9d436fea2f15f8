"""The colours of skin and cloth, place by place."""

from __future__ import annotations

import numpy as np

from pipelines.body.outfit import (
    BROWS,
    EYES,
    IRIS,
    LIPS,
    PUPIL,
    SHIRT,
    SKIN,
    STRIPE,
    TROUSERS,
    Array,
    Integers,
    Outfit,
)


def painted(rest: Array, kind: Integers, outfit: Outfit) -> Array:
    """Colours (V, 3) of vertices at rest (V, 3) by their regions (V,), light and blush in them."""
    skin = np.array(outfit.skin)
    palette = np.zeros((12, 3))
    palette[SKIN] = skin
    palette[SHIRT], palette[STRIPE] = outfit.shirt, outfit.stripe
    palette[TROUSERS] = outfit.trousers
    palette[LIPS] = skin * [0.88, 0.62, 0.61]
    palette[BROWS] = np.array(outfit.hair) * 0.8 + skin * 0.12
    palette[EYES] = (246, 244, 242)
    palette[IRIS], palette[PUPIL] = outfit.eyes, (20, 16, 16)
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    cheek = np.exp(-(((x - 0.045) / 0.018) ** 2) - ((y - 0.660) / 0.016) ** 2) * (z > 0.05)
    nose = np.exp(-((x / 0.015) ** 2) - ((y - 0.660) / 0.014) ** 2) * (z > 0.1)
    rosy = np.where(kind == SKIN, 0.5 * cheek + 0.25 * nose, 0.0)
    colours = palette[kind] + rosy[:, None] * (skin * [1.0, 0.74, 0.72] - skin)
    return np.asarray(colours * (1 - _covered(rest, kind))[:, None])


def _covered(rest: Array, kind: Integers) -> Array:
    """How much light never reaches a place at rest: below chin, fringe, hem and sleeves."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    bare = (kind == SKIN) | (kind == BROWS)
    chin = 0.30 * np.clip((y - 0.51) / 0.07, 0, 1) * (z < 0.085) * (y < 0.60) * (x < 0.075)
    fringe = 0.30 * np.clip((y - 0.716) / 0.026, 0, 1) * (x < 0.09)
    sleeve = 0.30 * np.clip((0.345 - x) / 0.035, 0, 1) * (x > 0.2)
    hem = 0.35 * np.clip((y + 0.005) / 0.04, 0, 1)
    ankle = 0.35 * np.clip((-0.715 - y) / 0.02, 0, 1)
    on_skin = np.maximum(np.maximum(chin, fringe), np.maximum(sleeve, ankle))
    return np.asarray(np.where(bare, on_skin, np.where(kind == TROUSERS, hem, 0.0)))
