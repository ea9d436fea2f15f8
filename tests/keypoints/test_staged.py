"""What every back end relies on in a staged dance, on a real one."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.keypoints.person import FACE_NAMES, POINT, POINT_NAMES
from pipelines.keypoints.staged import StagedDance
from pipelines.keypoints.staging import stage_dance


@pytest.fixture(scope="module")
def staged(make_person, make_dance) -> StagedDance:
    return stage_dance(*make_dance(3, frames=20), 30.0, make_person(), 540, 960)


def test_shapes(staged):
    points = len(POINT_NAMES)
    shapes = {
        "xy": (20, points, 2), "depth": (20, points), "visibility": (20, points),
        "points": (20, points, 3), "rotations": (20, 24, 3, 3), "yaw": (20,), "contact": (20, 2),
        "reference_to_canvas": (2, 3),
    }  # fmt: skip
    assert {name: getattr(staged, name).shape for name in shapes} == shapes
    assert staged.contact.dtype == bool
    assert (staged.width, staged.height, staged.fps, staged.coverage) == (540, 960, 30.0, "full")
    for name in shapes:
        assert np.isfinite(getattr(staged, name)).all(), name


def test_depth_is_the_third_camera_axis(staged):
    np.testing.assert_allclose(staged.points[..., 2], staged.depth)
    assert (staged.depth > 0).all()


def test_pixels_are_a_pinhole_image_of_the_points(staged):
    """One focal length and one centre explain every point of every frame."""
    slopes = staged.points[..., :2] / staged.depth[..., None]
    for axis in (0, 1):
        x, y = slopes[..., axis].ravel(), staged.xy[..., axis].ravel()
        terms = np.stack([x, np.ones_like(x)], axis=1)
        found, *_ = np.linalg.lstsq(terms, y, rcond=None)
        np.testing.assert_allclose(terms @ found, y, atol=1e-3)
        assert found[0] > 100


def test_rotations_are_rotations(staged):
    turns = staged.rotations
    np.testing.assert_allclose(turns @ np.swapaxes(turns, -1, -2), np.eye(3) + 0 * turns, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-9)


def test_visibility_is_a_share_and_hides_only_the_face(staged):
    assert (staged.visibility >= 0).all() and (staged.visibility <= 1).all()
    face = [POINT[name] for name in FACE_NAMES]
    body = [index for index in range(29) if index not in face]
    assert (staged.visibility[:, body] > 0).all(), "the picture shows the whole person"


def test_the_plate_is_laid_without_shear(staged):
    matrix = staged.reference_to_canvas
    assert matrix[0, 0] == pytest.approx(matrix[1, 1]) and matrix[0, 0] > 0
    assert matrix[0, 1] == matrix[1, 0] == 0
    assert 0 < staged.figure_scale <= 1 and staged.pixels_per_metre > 0
