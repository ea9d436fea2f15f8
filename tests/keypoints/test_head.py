"""Face points turn with the head and disappear when they look away."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.keypoints.head import FACE_OFFSETS, face_points, face_visibility

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
