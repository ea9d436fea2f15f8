"""Layers of a drawn person."""

import cv2
import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    HEAD,
    LEFT_ARM,
    LEGS,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.layers import build_layers
from pipelines.appearance_expert.puppet.cutting.parts import bones_of, label_parts


def test_layers_are_painted_with_the_persons_own_colours(cut, green):
    for layer in cut.layers.values():
        solid = layer.alpha > 0.6
        assert not green(layer.colour)[solid].any()


def test_the_trunk_layer_has_no_hole_that_the_outline_lacks(cut):
    open_ = (cut.layers[TORSO].alpha < 0.5).astype(np.uint8)
    _, pieces = cv2.connectedComponents(open_, connectivity=4)
    enclosed = (open_ > 0) & (pieces != pieces[0, 0])
    assert not (enclosed & (cut.figure.matte > 0.9)).any()


def test_torso_head_and_each_dancing_limb_have_a_layer(cut):
    assert list(cut.layers) == [TORSO, HEAD, *ARMS, *LEGS]
    for part, layer in cut.layers.items():
        assert layer.part == part
        assert layer.alpha.shape == cut.figure.matte.shape
        assert layer.colour.dtype == layer.alpha.dtype == np.float32
        assert layer.alpha.min() >= 0 and (layer.alpha <= cut.figure.matte + 1e-6).all()


def test_each_layer_shows_its_own_pixels_and_together_they_are_the_person(cut):
    for part, layer in cut.layers.items():
        inner = cv2.erode((cut.labels == part).astype(np.uint8), np.ones((5, 5))) > 0
        assert (layer.alpha[inner] > 0.98 * cut.figure.matte[inner]).all()
    together = np.max([layer.alpha for layer in cut.layers.values()], axis=0)
    solid = cut.figure.matte > 0.99
    assert (together[solid] > 0.45).all()


def test_neighbours_overlap_at_their_joints(cut):
    both = cut.layers[TORSO].alpha * cut.layers[LEFT_ARM].alpha
    x, y = np.round(cut.figure.point("left_shoulder")).astype(int)
    assert both[y - 6 : y + 7, x - 12 : x + 6].max() > 0.9


@pytest.mark.parametrize("hidden_rows", [0, 20, 40])
def test_the_filled_share_grows_with_what_is_hidden(cut, hidden_rows):
    """A bar of the arm's label across the trunk hides that much of it."""
    labels = label_parts(cut.figure, bones_of(cut.figure))
    x, y = np.round(cut.figure.point("spine2")).astype(int)
    labels[y : y + hidden_rows, x - 20 : x + 20] = LEFT_ARM
    torso = build_layers(cut.figure, labels, bones_of(cut.figure))[TORSO]
    opaque = (torso.alpha > 0.5).sum()
    assert torso.filled == pytest.approx(40 * hidden_rows / opaque, abs=0.05)
