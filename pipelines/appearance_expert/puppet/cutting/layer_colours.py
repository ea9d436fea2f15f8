"""The colours of a layer: seen pixels keep theirs, hidden ones go on with the layer's own."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEGS, NOBODY, TORSO
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.masks import Labels, Mask, disc
from pipelines.appearance_expert.puppet.cutting.overlaps import OCCLUDER_RIM
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull

_THIN_RIM = 2
"""Pixels beside a neighbour that are not believed where nothing lies in front of the layer."""
_LEAST_OWN = 0.2
"""Share of the core that must lie away from neighbours, or all of it is believed."""
_MIRRORED_FOR = 0.25
"""Share of the width over which a pattern goes on as in a mirror before it turns smooth."""
_FAR = 10**6


def layer_colours(
    figure: Figure, labels: Labels, core: Mask, kept: Mask, hidden: Mask, mirrored: bool
) -> NDArray[np.float32]:
    """(H, W, 3) colours in 0..255, defined everywhere.

    Args:
        core: the layer's own pixels; kept: its neighbours' that it shows as they are.
        hidden: pixels that are filled, from the core only.
        mirrored: whether the core's pattern goes on past its left and right edges as in a mirror.
    """
    strangers = (labels != NOBODY) & ~core & ~kept & ~_goes_on(labels, core)
    width = OCCLUDER_RIM if hidden.any() else _THIN_RIM
    clear = cv2.dilate(strangers.astype(np.uint8), disc(width)) == 0
    trusted, own = (core | kept) & clear, core & clear
    if own.sum() < _LEAST_OWN * core.sum():
        own, trusted = core, core | kept
    filled = push_pull(figure.image, own.astype(np.float32))
    if mirrored:
        filled = _reflected(filled, own, hidden)
    seen = cv2.GaussianBlur(clear.astype(np.float32), (0, 0), 1)
    seen = np.where(trusted, np.clip(seen * 2 - 1, 0, 1), 0)[..., None]
    result = figure.image * seen + filled * (1 - seen)
    bled = push_pull(result.astype(np.float32), (core | kept | hidden).astype(np.float32))
    outline = (labels != NOBODY)[..., None]
    return np.asarray(np.where(outline, result, bled), dtype=np.float32)


def _goes_on(labels: Labels, core: Mask) -> Mask:
    """Legs for the trunk, the trunk for a leg: cloth goes on there, nothing lies in front."""
    part = int(labels[core][0]) if core.any() else HEAD
    if part == TORSO:
        return np.asarray(np.isin(labels, LEGS))
    return np.asarray((labels == TORSO) & (part in LEGS))


def _reflected(filled: NDArray[np.float32], own: Mask, hidden: Mask) -> NDArray[np.float32]:
    """Fill hidden pixels with the core's pixels at the same distance inside its edge."""
    width = own.shape[1]
    column = np.broadcast_to(np.arange(width), own.shape)
    before = np.maximum.accumulate(np.where(own, column, -_FAR), axis=1)
    after = np.minimum.accumulate(np.where(own, column, _FAR)[:, ::-1], axis=1)[:, ::-1]
    to_left, to_right = column - before, after - column
    source = np.where(to_left <= to_right, before - to_left, after + to_right)
    gap = np.minimum(to_left, to_right)
    inside = (source >= 0) & (source < width)
    source = np.clip(source, 0, width - 1)
    inside &= np.take_along_axis(own, source, axis=1) & hidden
    copied = np.take_along_axis(filled, source[..., None].repeat(3, axis=2), axis=1)
    strength = np.where(inside, np.clip(1.5 - gap / (_MIRRORED_FOR * width), 0, 1), 0)
    strength = cv2.GaussianBlur(strength.astype(np.float32), (0, 0), 1.5)
    strength = np.where(inside, strength, 0)[..., None]
    return np.asarray(filled * (1 - strength) + copied * strength, dtype=np.float32)
