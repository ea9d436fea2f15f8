"""Shoes: around each foot, flat on the floor, soles below, moved by the foot."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.mesh import load_anny
from pipelines.body.outfit import Outfit
from pipelines.body.shoes import shoe
from pipelines.body.skeleton import JOINT

UPPER, SOLE = (250.0, 0.0, 0.0), (0.0, 0.0, 250.0)


def as_baked(vertices, weights):
    return vertices


@pytest.fixture(scope="module")
def body():
    return load_anny()


@pytest.fixture(scope="module", params=[1, -1], ids=["left", "right"])
def worn(request, body):
    outfit = Outfit(shoes=UPPER, soles=SOLE)
    return request.param, shoe(body, body, outfit, as_baked, request.param)


def foot(body, side: int) -> np.ndarray:
    chosen = (body.vertices[:, 1] < -0.725) & (body.vertices[:, 0] * side > 0)
    return body.vertices[chosen].astype(float)


def test_the_shoe_is_on_its_own_side_and_holds_the_foot(worn, body):
    side, piece = worn
    assert (piece.vertices[:, 0] * side > 0).all()
    inside = foot(body, side)
    low, high = piece.vertices.min(0), piece.vertices.max(0)
    assert (low[[0, 2]] < inside.min(0)[[0, 2]]).all()
    assert (high[[0, 2]] > inside.max(0)[[0, 2]]).all()
    assert ((high - low)[[0, 2]] < np.ptp(inside, axis=0)[[0, 2]] + 0.05).all()


def test_it_stands_flat_where_the_foot_stands(worn, body):
    side, piece = worn
    floor = foot(body, side)[:, 1].min()
    assert piece.vertices[:, 1].min() == pytest.approx(floor, abs=1e-9)
    assert (piece.vertices[:, 1] < floor + 1e-6).mean() > 0.1


def test_the_sole_lies_below_the_upper(worn):
    _, piece = worn
    sole = (piece.colours == SOLE).all(1)
    upper = (piece.colours == UPPER).all(1)
    assert sole.any() and (sole | upper).all()
    assert piece.vertices[sole, 1].max() < piece.vertices[upper, 1].mean()
    # A toe cap: in front the sole comes up higher than at the heel.
    edge = piece.vertices[sole]
    front, back = edge[:, 2] > edge[:, 2].max() - 0.02, edge[:, 2] < edge[:, 2].min() + 0.02
    assert edge[front, 1].max() > edge[back, 1].max() + 0.004


def test_it_is_moved_by_foot_and_shin_of_its_side(worn):
    side, piece = worn
    name = "left" if side == 1 else "right"
    own = [JOINT[f"{name}_{joint}"] for joint in ("knee", "ankle", "foot")]
    np.testing.assert_allclose(piece.weights.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(piece.weights[:, own].sum(1), 1, atol=1e-3)
    toes = piece.vertices[:, 2] > piece.vertices[:, 2].max() - 0.03
    assert piece.weights[toes, JOINT[f"{name}_foot"]].mean() > 0.5


def test_the_surface_is_closed_around_but_for_its_poles(worn):
    """Two regions share the seam's places, each with vertices of its own."""
    _, piece = worn
    place = np.unique(piece.vertices.round(7), axis=0, return_inverse=True)[1].reshape(-1)
    edges = np.sort(place[piece.faces][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges = edges[edges[:, 0] != edges[:, 1]]
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 1).mean() < 0.03


def test_both_shoes_are_a_pair(body):
    left, right = (shoe(body, body, Outfit(), as_baked, side) for side in (1, -1))
    np.testing.assert_allclose(
        np.ptp(left.vertices, axis=0), np.ptp(right.vertices, axis=0), atol=0.006
    )


def test_larger_feet_wear_larger_shoes(body):
    big = load_anny(np.array([2.0, 0, 0, 0, 0, 0]))
    usual, large = (shoe(body, shaped, Outfit(), as_baked, 1) for shaped in (body, big))
    grown = np.ptp(foot_of(big, body), axis=0)[2] - np.ptp(foot_of(body, body), axis=0)[2]
    found = np.ptp(large.vertices, axis=0)[2] - np.ptp(usual.vertices, axis=0)[2]
    assert found == pytest.approx(grown, abs=0.004)


def foot_of(shaped, plain) -> np.ndarray:
    chosen = (plain.vertices[:, 1] < -0.725) & (plain.vertices[:, 0] > 0)
    return shaped.vertices[chosen].astype(float)
