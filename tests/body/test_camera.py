import numpy as np
import pytest

from pipelines.body.camera import VIEWS, Camera, Lens, cameras_of_view, frame_points, looking_at

POINTS = np.random.default_rng(0).normal(size=(40, 3)) * [0.6, 0.4, 0.8] + [0.3, -0.2, 1.0]


def test_a_dancer_at_rest_is_seen_from_the_front_with_the_left_hand_on_the_right():
    camera = frame_points(POINTS, 640, 480)
    left_hand, right_hand, head = [0.7, 0, 1.4], [-0.7, 0, 1.4], [0, 0, 1.7]
    pixels, depth = camera.project(np.array([left_hand, right_hand, head]))
    assert camera.position[1] < -1
    assert pixels[0, 0] > pixels[1, 0]
    assert pixels[2, 1] < pixels[0, 1]
    assert (depth > 0).all()


def test_projection_of_a_known_camera():
    camera = Camera(np.array([0.0, -2.0, 1.0]), looking_at(0.0), 100.0, 200, 100, 2.0)
    pixels, depth = camera.project(np.array([[0.5, 0.0, 1.5], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(pixels, [[125, 25], [100, 50]], atol=1e-9)
    np.testing.assert_allclose(depth, [2, 2])


def test_side_view_looks_along_minus_x():
    np.testing.assert_allclose(looking_at(np.pi / 2)[2], [-1, 0, 0], atol=1e-12)
    rotation = looking_at(0.7, 0.3)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize("size", [(540, 960), (960, 540), (512, 512)])
@pytest.mark.parametrize("heading", [0.0, 1.2, 4.0])
def test_framing_holds_every_point_and_wastes_little(size, heading):
    width, height = size
    camera = frame_points(POINTS, width, height, heading=heading, margin=0.0)
    pixels, _ = camera.project(POINTS)
    assert (pixels > 0).all() and (pixels < [width, height]).all()
    used = (pixels.max(0) - pixels.min(0)) / [width, height]
    assert used.max() > 0.85


def test_zoom_steps_back():
    near = frame_points(POINTS, 540, 960)
    far = frame_points(POINTS, 540, 960, lens=Lens(zoom=0.5))
    spans = [np.ptp(camera.project(POINTS)[0][:, 1]) for camera in (near, far)]
    assert spans[1] == pytest.approx(spans[0] / 2, rel=0.15)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_keeps_a_travelling_dance_in_the_picture(view):
    rng = np.random.default_rng(1)
    steps = np.cumsum(rng.normal(size=(90, 1, 3)) * [0.03, 0.03, 0.0], axis=0)
    joints = rng.normal(size=(1, 24, 3)) * [0.3, 0.2, 0.5] + [0, 0, 1] + steps
    cameras = cameras_of_view(view, joints, 30.0, 540, 960)
    assert len(cameras) == 90
    for camera, points in zip(cameras, joints, strict=True):
        pixels, depth = camera.project(points)
        assert (depth > 0.2).all()
        assert (pixels > 0).all() and (pixels < [540, 960]).all()
