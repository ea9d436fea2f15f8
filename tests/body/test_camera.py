import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(max_examples=30, deadline=None)
@given(heading=st.floats(-6, 6), pitch=st.floats(-0.5, 0.5), seed=st.integers(0, 99))
def test_framing_turns_with_the_points(heading, pitch, seed):
    """Dancer and camera turned alike see the same picture."""
    points = np.random.default_rng(seed).normal(size=(20, 3)) * [0.5, 0.5, 0.8]
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    straight = frame_points(points, 320, 480, lens=Lens(pitch=pitch))
    turned = frame_points(points @ turn.T, 320, 480, heading=heading, lens=Lens(pitch=pitch))
    np.testing.assert_allclose(
        turned.project(points @ turn.T)[0], straight.project(points)[0], atol=1e-6
    )
    assert turned.distance == pytest.approx(straight.distance)


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.4])
def test_a_margin_keeps_flesh_around_the_joints_in_the_picture(margin):
    camera = frame_points(POINTS, 540, 960, margin=margin)
    for away in np.concatenate([np.eye(3), -np.eye(3)]) * margin:
        pixels, _ = camera.project(POINTS + away)
        assert (pixels > 0).all() and (pixels < [540, 960]).all()


def test_a_wider_lens_comes_closer():
    far, near = (frame_points(POINTS, 540, 960, lens=Lens(vertical_view=v)) for v in (0.4, 0.8))
    assert near.distance < far.distance and near.focal < far.focal
    assert far.focal == pytest.approx(960 / 2 / np.tan(0.2))


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.floats(-3, 3)] * 3), st.floats(-3, 3), st.floats(-1, 1))
def test_projection_is_undone_by_the_depth(point, heading, pitch):
    camera = Camera(np.array([0.3, -9.0, 1.2]), looking_at(heading, pitch), 500.0, 640, 480, 9.0)
    (pixel,), (depth,) = camera.project(np.array([point]))
    if depth < 0.5:
        return
    local = np.array([*((pixel - [320, 240]) / 500.0 * depth), depth])
    np.testing.assert_allclose(local @ camera.rotation + camera.position, point, atol=1e-9)


def still_dance(frames: int, x: float = 0.0) -> np.ndarray:
    joints = np.random.default_rng(0).normal(size=(1, 24, 3)) * [0.3, 0.2, 0.5] + [x, 0, 1]
    return np.repeat(joints, frames, axis=0)


def test_front_and_side_are_one_fixed_camera_a_quarter_apart():
    front, side = (
        cameras_of_view(view, still_dance(5), 30.0, 96, 160) for view in ("front", "side")
    )
    assert all(camera is front[0] for camera in front)
    np.testing.assert_allclose(
        front[0].rotation[2] @ side[0].rotation[2], Lens().pitch ** 2, atol=1e-2
    )


def test_an_orbit_takes_twelve_seconds_at_one_distance():
    joints = still_dance(12 * 10 + 1, x=5.0)
    orbit = cameras_of_view("orbit", joints, 10.0, 96, 160)
    np.testing.assert_allclose(orbit[0].position, orbit[120].position, atol=1e-6)
    middle = joints[0, 0] * [1, 1, 0]
    radii = [np.linalg.norm((camera.position - middle)[:2]) for camera in orbit]
    assert np.ptp(radii) < 0.01 * radii[0]
    opposite = orbit[0].rotation[2, :2] @ orbit[60].rotation[2, :2]
    assert opposite < -0.98


def test_following_moves_with_the_dancer_and_calmly():
    joints = still_dance(120)
    joints[60:, :, 0] += 2.0
    cameras = cameras_of_view("follow", joints, 30.0, 96, 160)
    path = np.array([camera.position for camera in cameras])
    assert path[-1, 0] - path[0, 0] == pytest.approx(2.0, abs=0.05)
    assert np.abs(np.diff(path[:, 0])).max() < 0.06
    assert np.ptp(path[:, 2]) < 1e-9


@pytest.mark.parametrize("view", VIEWS)
def test_another_front_is_the_dance_turned(view):
    joints = still_dance(4)
    c, s = np.cos(0.9), np.sin(0.9)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    plain = cameras_of_view(view, joints, 30.0, 96, 160)
    turned = cameras_of_view(view, joints @ turn.T, 30.0, 96, 160, front=0.9)
    for one, other, points in zip(plain, turned, joints, strict=True):
        np.testing.assert_allclose(
            other.project(points @ turn.T)[0], one.project(points)[0], atol=0.4
        )
