"""Triangles over the plate, by the pixel."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.painting.compositor import Compositor
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList
from pipelines.appearance_expert.puppet.posing.mesh import grid_over


def _quad(alpha=255, step=7):
    colour = np.array([40, 90, 20]) * alpha // 255
    texture = np.zeros((50, 50, 4), np.uint8)
    texture[...] = [*colour, alpha]
    xy, triangles = grid_over(np.ones((48, 48), np.float32), step)
    count = len(triangles)
    return texture, DrawList(
        xy=xy.astype(np.float32), uv=xy.astype(np.float32), triangles=triangles,
        culled=np.zeros(count, bool), opacity=np.ones(count, np.float32),
    )  # fmt: skip


def test_triangles_that_share_an_edge_never_paint_a_pixel_twice_or_not_at_all():
    texture, draw = _quad(alpha=100)
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = ((draw.xy - 24) @ turn.T * 1.7 + 60).astype(np.float32)
    draw = DrawList(turned, draw.uv, draw.triangles, draw.culled, draw.opacity)
    compositor = Compositor(120, 120, texture)
    frame = compositor.paint(np.full((120, 120, 3), 200, np.float32), draw)
    middle = frame[40:80, 40:80].reshape(-1, 3)
    assert (middle == middle[0]).all()
    assert frame[0, 0].tolist() == [200, 200, 200]
    compositor.close()


def test_an_opaque_quad_covers_whole_pixels_exactly():
    texture, draw = _quad()
    compositor = Compositor(64, 60, texture)
    frame = compositor.paint(np.zeros((60, 64, 3), np.float32), draw)
    assert (frame[:48, :48] == [40, 90, 20]).all()
    assert (frame[48:] == 0).all() and (frame[:, 48:] == 0).all()
    compositor.close()


def test_a_culled_triangle_seen_from_behind_is_not_painted():
    texture, draw = _quad()
    draw = DrawList(
        draw.xy, draw.uv, draw.triangles[:, ::-1].copy(), ~draw.culled, draw.opacity
    )  # fmt: skip
    compositor = Compositor(64, 60, texture)
    assert compositor.paint(np.zeros((60, 64, 3), np.float32), draw).max() == 0
    compositor.close()


def paint(draw, texture, plate):
    compositor = Compositor(plate.shape[1], plate.shape[0], texture)
    frame = compositor.paint(plate, draw)
    compositor.close()
    return frame


@pytest.mark.parametrize("opacity", [0.0, 0.25, 0.5, 1.0])
def test_opacity_mixes_figure_and_plate(opacity):
    texture, draw = _quad()
    faint = DrawList(
        draw.xy, draw.uv, draw.triangles, draw.culled, np.full_like(draw.opacity, opacity)
    )  # fmt: skip
    frame = paint(faint, texture, np.full((60, 64, 3), 200, np.float32))
    expected = 200 * (1 - opacity) + opacity * np.array([40, 90, 20])
    assert np.abs(frame[10:38, 10:38] - expected).max() <= 1


def test_a_square_turned_by_a_right_angle_shows_its_picture_turned():
    """A texture of four quarters; (x, y) goes to (48 - y, x)."""
    _, draw = _quad(step=12)
    texture = np.full((50, 50, 4), 255, np.uint8)
    texture[:24, :24, 0], texture[:24, 24:, 0], texture[24:, :24, 0], texture[24:, 24:, 0] = (
        10, 60, 120, 240,
    )  # fmt: skip
    turned = np.stack([48 - draw.xy[:, 1], draw.xy[:, 0]], axis=1).astype(np.float32)
    draw = DrawList(turned, draw.uv, draw.triangles, draw.culled, draw.opacity)
    frame = paint(draw, texture, np.zeros((48, 48, 3), np.float32))[..., 0]
    assert (frame[2:22, 26:46] == 10).all()  # upper left is now upper right
    assert (frame[26:46, 26:46] == 60).all()
    assert (frame[2:22, 2:22] == 120).all() and (frame[26:46, 2:22] == 240).all()


def test_half_a_pixel_covered_is_half_mixed():
    texture, draw = _quad()
    shifted = DrawList(
        draw.xy + np.float32(0.5), draw.uv, draw.triangles, draw.culled, draw.opacity
    )  # fmt: skip
    frame = paint(shifted, texture, np.zeros((60, 64, 3), np.float32))
    assert frame[24, 0].tolist() == pytest.approx([20, 45, 10], abs=1)
    assert frame[0, 0].tolist() == pytest.approx([10, 22.5, 5], abs=1)


def test_the_bytes_do_not_depend_on_the_number_of_threads(monkeypatch):
    texture, draw = _quad(alpha=90)
    plate = np.random.default_rng(0).uniform(0, 255, (200, 64, 3)).astype(np.float32)
    tall = DrawList(
        (draw.xy * [1.1, 3.7]).astype(np.float32), draw.uv, draw.triangles, draw.culled,
        draw.opacity,
    )  # fmt: skip
    frames = []
    for cores in (1, 3):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, n=cores: set(range(n)))
        frames.append(paint(tall, texture, plate))
    assert (frames[0] == frames[1]).all()


def test_a_plate_with_nothing_over_it_is_rounded():
    texture, draw = _quad()
    nothing = DrawList(draw.xy, draw.uv, draw.triangles[:0], draw.culled[:0], draw.opacity[:0])
    plate = np.linspace(0, 254.4, 60 * 64 * 3, dtype=np.float32).reshape(60, 64, 3)
    assert (paint(nothing, texture, plate) == np.floor(plate + 0.5)).all()
