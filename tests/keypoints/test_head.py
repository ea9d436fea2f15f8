"""Face points turn with the head and disappear when they look away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.keypoints.head import FACE_OFFSETS, HEAD_TOP, face_points, face_visibility

FRONT = np.diag([1.0, -1.0, -1.0])  # a rest head before the camera


def turned(degrees: float) -> np.ndarray:
    """A head turned to its own left, towards +x of the picture."""
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    return FRONT @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])


def seen(degrees: float) -> dict[str, float]:
    rotation = turned(degrees)[None]
    points = face_points(np.array([[0, 0, 4.0]]), rotation)
    names = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    return dict(zip(names, face_visibility(points, rotation)[0], strict=True))


def test_points_lie_where_the_offsets_say() -> None:
    points = face_points(np.array([[0.1, 0.2, 4.0]]), FRONT[None])[0]
    assert points == pytest.approx(np.array([0.1, 0.2, 4.0]) + FACE_OFFSETS * [1, -1, -1])
    assert points[1, 0] > points[2, 0], "the left eye is on the right of the picture"
    assert points[0, 2] < 4, "the nose points at the camera"


def test_a_face_from_the_front_the_side_and_behind() -> None:
    assert min(seen(0).values()) == pytest.approx(1)
    left = seen(70)  # turned to the left: the camera sees the right side
    assert left["right_ear"] == 1 and left["left_ear"] == 0
    assert left["right_eye"] > left["left_eye"]
    behind = seen(180)
    assert behind["nose"] == behind["left_eye"] == behind["right_eye"] == 0
    assert behind["left_ear"] == behind["right_ear"] == pytest.approx(1)


def test_visibility_is_the_same_on_both_sides_and_fades_without_jumps() -> None:
    angles = np.arange(0, 181, 1.0)
    for angle in angles[::10]:
        one, other = seen(angle), seen(-angle)
        assert one["left_ear"] == pytest.approx(other["right_ear"])
        assert one["left_eye"] == pytest.approx(other["right_eye"])
    curve = np.array([list(seen(angle).values()) for angle in angles])
    assert np.abs(np.diff(curve, axis=0)).max() < 0.12


@given(st.floats(-180, 180), st.floats(-2, 2), st.floats(2, 9))
def test_a_mirrored_scene_shows_the_other_side(degrees: float, x: float, depth: float) -> None:
    rotation, place = turned(degrees)[None], np.array([[x, 0.1, depth]])
    flip = np.diag([-1.0, 1, 1])
    mirrored, there = flip @ rotation @ flip, place * (-1, 1, 1)
    swap = [0, 2, 1, 4, 3]
    points, others = face_points(place, rotation), face_points(there, mirrored)
    np.testing.assert_allclose(others[:, swap], points * (-1, 1, 1), atol=1e-12)
    seen_here, seen_there = face_visibility(points, rotation), face_visibility(others, mirrored)
    np.testing.assert_allclose(seen_there[:, swap], seen_here, atol=1e-9)


def test_what_counts_is_the_way_to_the_camera_not_the_picture_plane() -> None:
    """A head at the picture's edge that looks straight ahead is seen from the side."""
    rotation = turned(0)[None]
    aside = face_visibility(face_points(np.array([[8.0, 0, 2.0]]), rotation), rotation)[0]
    assert aside[3] < 0.05 and aside[4] == 1, "from where the camera is, its left ear is hidden"
    ahead = face_visibility(face_points(np.array([[0.0, 0, 8.2]]), rotation), rotation)[0]
    assert ahead.min() == pytest.approx(1)


def test_offsets_of_another_head_and_many_frames_at_once() -> None:
    rotations = np.stack([turned(angle) for angle in (0, 30, 90)])
    heads = np.arange(4.0, 13.0).reshape(3, 3)
    child = 0.8 * FACE_OFFSETS
    points = face_points(heads, rotations, child)
    for frame in range(3):
        for point in range(5):
            expected = heads[frame] + rotations[frame] @ child[point]
            np.testing.assert_allclose(points[frame, point], expected)
    visible = face_visibility(points, rotations)
    assert visible.shape == (3, 5) and visible.min() >= 0 and visible.max() <= 1


def test_the_face_is_symmetric_and_the_crown_above_it() -> None:
    np.testing.assert_array_equal(FACE_OFFSETS[[2, 4]], FACE_OFFSETS[[1, 3]] * (-1, 1, 1))
    assert FACE_OFFSETS[0, 0] == 0 and FACE_OFFSETS[0, 2] == FACE_OFFSETS[:, 2].max()
    assert (FACE_OFFSETS[[1, 3], 0] > 0).all(), "left is +x"
    assert HEAD_TOP[1] > FACE_OFFSETS[:, 1].max()
