import resource

import numpy as np
import pytest

from pipelines.body.camera import cameras_of_view
from pipelines.body.renderer import (
    Pyrender,
    _graphics_card,
    _with_alpha,
    drawn_frames,
    floor_under,
    open_renderer,
    render_dance,
)
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.scene import Scene, draw_backdrop, draw_shadow
from pipelines.body.skeleton import forward_kinematics
from pipelines.body.stick_body import skeleton_body
from pipelines.body.wardrobe import dressed_body
from pipelines.support.errors import MissingAsset

WIDTH, HEIGHT = 180, 320


@pytest.fixture(scope="module")
def body():
    return dressed_body()


@pytest.fixture(scope="module")
def opengl():
    """Skips where no offscreen OpenGL context can be made."""
    try:
        Pyrender(skeleton_body(), 32, 32).close()
    except Exception as error:
        pytest.skip(f"no OpenGL here: {error}")


def dance(frames: int):
    poses = np.zeros((frames, 24, 3))
    poses[:, 0, 0] = np.pi / 2
    swing = np.sin(np.linspace(0, 6, frames))
    poses[:, 16, 2], poses[:, 17, 2] = -0.9 + 0.5 * swing, 0.9 + 0.5 * swing
    trans = np.zeros((frames, 3))
    trans[:, 2] = 0.973
    return axis_angle_to_matrix(poses), trans


def frames_of(body, kind: str, frames: int = 3, **scene):
    rotations, trans = dance(frames)
    joints, _ = forward_kinematics(rotations, trans)
    cameras = cameras_of_view("front", joints, 30.0, WIDTH, HEIGHT)
    renderer = open_renderer(body, WIDTH, HEIGHT, kind)
    try:
        return list(render_dance(renderer, body, rotations, trans, cameras, Scene(**scene)))
    finally:
        renderer.close()


def test_the_dancer_stands_in_the_middle_with_the_head_up(body):
    frames = frames_of(body, "builtin")
    rotations, trans = dance(3)
    joints, _ = forward_kinematics(rotations, trans)
    camera = cameras_of_view("front", joints, 30.0, WIDTH, HEIGHT)[0]
    empty = draw_backdrop(Scene(), camera)
    changed = np.abs(frames[0].astype(int) - empty.astype(int)).max(-1) > 60
    rows, columns = np.nonzero(changed)
    pixels, _ = camera.project(joints[0])
    assert abs(columns.mean() - pixels[0, 0]) < 6
    assert rows.min() < pixels[15, 1] - 3 and rows.max() > pixels[10, 1]
    shirt = frames[0][round(pixels[3, 1]), round(pixels[3, 0])].astype(int)
    assert shirt[0] > shirt[2] + 60, "the shirt is yellow"


def test_both_renderers_draw_the_same_picture(body, opengl):
    for built_in, pyrender in zip(
        frames_of(body, "builtin"), frames_of(body, "pyrender"), strict=True
    ):
        difference = np.abs(built_in.astype(int) - pyrender.astype(int)).max(-1)
        assert difference.mean() < 1.0
        assert (difference > 40).mean() < 0.01


def test_the_same_dance_gives_the_same_bytes(body):
    first, second = frames_of(body, "builtin"), frames_of(body, "builtin")
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_opengl_frames_do_not_grow_the_memory(opengl):
    body = skeleton_body()
    renderer = Pyrender(body, 64, 64)
    rotations, trans = dance(1)
    joints, _ = forward_kinematics(rotations, trans)
    camera = cameras_of_view("front", joints, 30.0, 64, 64)[0]
    vertices, _ = next(body.pose(rotations, trans))
    picture = np.zeros((64, 64, 3), dtype=np.uint8)
    sizes = []
    for frame in range(200):
        renderer.draw(picture, vertices, body.colours, camera)
        if frame % 100 == 99:
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    renderer.close()
    assert sizes[1] - sizes[0] < 8000, "kilobytes over 100 frames"


def test_without_opengl_the_built_in_renderer_takes_over(monkeypatch):
    def broken(self, mesh, width, height):
        raise RuntimeError("no display")

    monkeypatch.setattr(Pyrender, "__init__", broken)
    _graphics_card.cache_clear()
    try:
        assert open_renderer(skeleton_body(), 32, 32).name == "built-in"
        with pytest.raises(MissingAsset, match="no display"):
            open_renderer(skeleton_body(), 32, 32, "pyrender")
    finally:
        _graphics_card.cache_clear()


def test_both_renderers_tell_the_same_depth(body, opengl):
    rotations, trans = dance(1)
    joints, _ = forward_kinematics(rotations, trans)
    cameras = cameras_of_view("front", joints, 30.0, WIDTH, HEIGHT)
    pixels, depth = cameras[0].project(joints[0])
    beside = np.concatenate([pixels, [[1.5, 1.5], [-20, 3], [np.nan, 3]]])
    found = []
    for kind in ("builtin", "pyrender"):
        renderer = open_renderer(body, WIDTH, HEIGHT, kind)
        _, surface = next(drawn_frames(renderer, body, rotations, trans, cameras, Scene()))
        found.append(surface(beside))
        renderer.close()
    for metres in found:
        assert np.isinf(metres[-3:]).all()
        assert (np.abs(metres[:24] - depth) < 0.25).all()
    np.testing.assert_allclose(*found, atol=0.02)


def test_pictures_without_alpha_are_laid_over_where_there_is_depth():
    """OSMesa's pictures have three channels."""
    drawn = np.full((2, 2, 3), 90, dtype=np.uint8)
    depth = np.array([[0, 2], [0, 3]], dtype=np.float32)
    alpha = _with_alpha(drawn, depth)
    assert alpha.shape == (2, 2, 4)
    np.testing.assert_array_equal(alpha[..., 3], [[0, 255], [0, 255]])


def test_the_shadow_falls_under_the_feet_and_only_on_the_floor(body):
    rotations, trans = dance(1)
    joints, _ = forward_kinematics(rotations, trans)
    camera = cameras_of_view("front", joints, 30.0, WIDTH, HEIGHT)[0]
    vertices, _ = next(body.pose(rotations, trans))
    picture = np.full((HEIGHT, WIDTH, 3), 200, dtype=np.uint8)
    draw_shadow(picture, Scene(), vertices, camera)
    dark = picture[..., 0] < 195
    feet, _ = camera.project(joints[0, [10, 11]])
    assert picture[round(feet[:, 1].max()) + 1, round(feet[0, 0]), 0] < 170
    assert np.nonzero(dark)[0].min() > feet[:, 1].min() - 40


def test_a_jump_lightens_the_contact(body):
    rotations, trans = dance(1)
    joints, _ = forward_kinematics(rotations, trans)
    camera = cameras_of_view("front", joints, 30.0, WIDTH, HEIGHT)[0]
    darkness = []
    for lift in (0.0, 0.4):
        vertices, _ = next(body.pose(rotations, trans + np.array([0, 0, lift])))
        picture = np.full((HEIGHT, WIDTH, 3), 200, dtype=np.uint8)
        draw_shadow(picture, Scene(), vertices, camera)
        darkness.append(200 - int(picture.min()))
    assert darkness[1] < darkness[0] * 0.8


def test_floor_is_where_the_feet_are_most_of_the_time(body):
    rotations, trans = dance(20)
    trans = trans + np.array([0, 0, 0.3])
    trans[5:9, 2] += 0.4
    assert floor_under(body, rotations, trans) == pytest.approx(0.3, abs=0.01)


def test_backdrop_has_no_seam_and_fills_the_picture():
    rotations, trans = dance(1)
    joints, _ = forward_kinematics(rotations, trans)
    camera = cameras_of_view("front", joints, 30.0, WIDTH, HEIGHT)[0]
    backdrop = draw_backdrop(Scene(), camera).astype(int)
    assert backdrop.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(np.diff(backdrop, axis=0)).max() < 12
    assert backdrop.min() > 100
