"""The pinhole camera: closed forms, round trips, mirror symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.keypoints.front_camera import FURTHEST, NEAREST, FrontCamera, camera_for

metres = st.floats(-2, 2)
points = st.tuples(metres, metres, metres).map(np.array)


def test_a_level_camera_maps_known_points() -> None:
    camera = FrontCamera(focal=800.0, centre=np.array([270.0, 400.0]), distance=4.0, pitch=0.0)
    assert camera.pixels_per_metre == 200
    assert camera.project(camera.to_camera(np.zeros(3))).tolist() == [270, 400]
    # Half a metre to the dancer's left and up, one metre nearer: 800 / 3 pixels a metre.
    seen = camera.project(camera.to_camera(np.array([0.5, -1.0, 0.5])))
    assert seen == pytest.approx([270 + 400 / 3, 400 - 400 / 3])


def test_pitch_looks_down_on_what_is_in_front() -> None:
    camera = FrontCamera(focal=800.0, centre=np.zeros(2), distance=4.0, pitch=np.deg2rad(5))
    near, far = (camera.project(camera.to_camera(np.array([0, y, -1.0]))) for y in (-0.5, 0.5))
    assert near[1] > far[1]
    assert np.allclose(camera.axes() @ camera.axes().T, np.eye(3))
    assert np.linalg.det(camera.axes()) == pytest.approx(1)


@given(points, st.floats(50, 900), st.floats(0, 0.14))
def test_projection_round_trip(point: np.ndarray, scale: float, pitch: float) -> None:
    camera = FrontCamera(
        focal=5 * scale, centre=np.array([300.0, 500.0]), distance=5.0, pitch=pitch
    )
    seen = camera.to_camera(point)
    back = camera.to_world(camera.unproject(camera.project(seen), seen[2]))
    assert back == pytest.approx(point, abs=1e-9)


@given(points, st.floats(0, 0.14))
def test_a_mirrored_world_gives_a_mirrored_picture(point: np.ndarray, pitch: float) -> None:
    camera = FrontCamera(focal=900.0, centre=np.array([300.0, 500.0]), distance=5.0, pitch=pitch)
    one, other = (camera.project(camera.to_camera(point * [side, 1, 1])) for side in (1, -1))
    assert one[0] - 300 == pytest.approx(300 - other[0], abs=1e-9)
    assert one[1] == pytest.approx(other[1], abs=1e-9)


@given(st.floats(5, 5000), st.integers(64, 2000))
def test_camera_for_keeps_the_scale_and_a_sane_distance(scale: float, height: int) -> None:
    camera = camera_for(scale, height, np.zeros(2))
    assert camera.pixels_per_metre == pytest.approx(scale)
    assert NEAREST <= camera.distance <= FURTHEST
