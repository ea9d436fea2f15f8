"""Seen pixels keep their colour, hidden ones are filled from the layer's own."""

from dataclasses import replace

import numpy as np

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM, TORSO
from pipelines.appearance_expert.puppet.cutting.layer_colours import layer_colours


def test_seen_pixels_are_the_pictures(figure, labels):
    core = labels == TORSO
    none = np.zeros_like(core)
    colour = layer_colours(figure, labels, core, none, none, mirrored=False)
    inner = core.copy()
    inner[:, :68] = inner[:, 92:] = False
    assert (colour[inner] == figure.image[inner]).all()
    assert np.isfinite(colour).all() and colour.shape == figure.image.shape


def test_what_an_arm_hides_is_filled_with_the_shirt_not_with_the_arm(figure, labels):
    image = figure.image.copy()
    image[70:80, 62:98] = (225, 180, 150)
    labels[70:80, 62:98] = LEFT_ARM
    core, hidden = labels == TORSO, labels == LEFT_ARM
    figure = replace(figure, image=image)
    colour = layer_colours(figure, labels, core, np.zeros_like(core), hidden, mirrored=False)
    assert np.abs(colour[70:80, 70:90] - figure.image[60, 80]).max() < 3


def test_a_pattern_goes_on_as_in_a_mirror(figure, labels):
    """Stripes up to column 90, hidden from there on: they come back in reverse."""
    image = figure.image.copy()
    image[44:112, 62:98] = np.where(np.arange(62, 98) // 4 % 2, 220.0, 30.0)[None, :, None]
    labels[44:112, 90:98] = LEFT_ARM
    core, hidden = labels == TORSO, labels == LEFT_ARM
    figure = replace(figure, image=image)
    none = np.zeros_like(core)
    plain, mirrored = (
        layer_colours(figure, labels, core, none, hidden, mirrored=way)[80, 88:95, 0]
        for way in (False, True)
    )
    assert np.ptp(mirrored) > 2 * np.ptp(plain)


def test_pixels_kept_from_a_neighbour_are_shown_as_they_are(figure, labels):
    core = labels == TORSO
    kept = (labels != TORSO) & (labels != 255) & (np.arange(200)[:, None] < 130)
    colour = layer_colours(figure, labels, core, kept, np.zeros_like(core), mirrored=False)
    assert (colour[114:124, 66:76] == figure.image[114:124, 66:76]).all()


def test_outside_the_figure_the_edge_colour_goes_on(figure, labels):
    image = figure.image.copy()
    image[labels == 255] = (0, 255, 0)
    core = labels == TORSO
    none = np.zeros_like(core)
    colour = layer_colours(replace(figure, image=image), labels, core, none, none, mirrored=False)
    assert np.abs(colour[60:100, 50:58] - figure.image[80, 80]).max() < 60
    assert (colour[60:100, 58:61, 0] > 150).all()
