"""What a dressed body is made of: regions, colours in range, and normals of meshes."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body import outfit
from pipelines.body.outfit import Outfit, mesh_normals
from pipelines.body.shapes import grid_faces

REGIONS = ("SKIN", "SHIRT", "STRIPE", "TROUSERS", "SHOES", "SOLES", "LIPS", "BROWS", "EYES", "IRIS",
           "PUPIL", "HIDDEN")  # fmt: skip


def test_regions_are_numbered_apart():
    assert [getattr(outfit, name) for name in REGIONS] == list(range(12))


def test_colours_lie_in_range():
    parts = asdict(Outfit())
    assert parts.pop("hair_length") == pytest.approx(0.085)
    for colour in parts.values():
        assert len(colour) == 3 and all(0 <= part <= 255 for part in colour)


def test_outfits_are_compared_by_value():
    assert Outfit() == Outfit() != Outfit(shirt=(1, 2, 3))


def test_normals_of_a_cube_point_along_its_diagonals():
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))])
    normals = mesh_normals(corners, faces)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert ((normals * corners).sum(1) > 1.5).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(3, 9), st.integers(3, 9), st.floats(0.1, 50))
def test_normals_of_a_sphere_are_its_directions_at_any_size(rows, turns, size):
    pitch = np.linspace(1.2, -1.2, rows)[:, None]
    turn = np.linspace(0, 2 * np.pi, turns, endpoint=False)[None]
    ring = [np.sin(turn) * np.cos(pitch), np.sin(pitch) + 0 * turn, np.cos(turn) * np.cos(pitch)]
    points = np.stack(ring, -1).reshape(-1, 3)
    normals = mesh_normals(points * size, grid_faces(rows, turns))
    assert ((normals * points).sum(1) > 0.6).all()
    np.testing.assert_allclose(normals, mesh_normals(points, grid_faces(rows, turns)), atol=1e-9)


def test_larger_triangles_count_more_and_no_triangle_is_no_normal():
    points = np.array([[0.0, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 1], [9, 9, 9]])
    normals = mesh_normals(points, np.array([[0, 1, 2], [0, 2, 3]]))
    assert normals[0, 2] > normals[0, 0] > 0
    np.testing.assert_array_equal(normals[4], 0)


def test_turning_the_mesh_turns_its_normals_and_flipping_faces_flips_them():
    random = np.random.default_rng(0)
    points, faces = random.normal(size=(6, 3)), np.array([[0, 1, 2], [2, 3, 4], [4, 5, 0]])
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    plain = mesh_normals(points, faces)
    np.testing.assert_allclose(mesh_normals(points @ turn.T, faces), plain @ turn.T, atol=1e-12)
    np.testing.assert_allclose(mesh_normals(points, faces[:, ::-1]), -plain, atol=1e-12)
