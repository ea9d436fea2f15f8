"""Light, studio and shadow: closed forms of the light, and pictures that say what they should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.camera import Camera, Lens, frame_points
from pipelines.body.scene import Scene, draw_backdrop, draw_shadow, lit_colours

POINTS = np.array([[0.0, 0, z] for z in (0.0, 0.9, 1.7)])
WHITE = np.full((1, 3), 200.0, dtype=np.float32)


def camera(
    heading: float = 0.0, width: int = 120, height: int = 200, pitch: float = 0.05
) -> Camera:
    return frame_points(POINTS, width, height, heading=heading, lens=Lens(pitch=pitch))


STUDIO = Scene()


def lit(normal, scene: Scene = STUDIO, heading: float = 0.0, place=(0, 0, 1.0)) -> np.ndarray:
    """Colour (3,) of a white point with this normal."""
    vertices = np.array([place], dtype=np.float32)
    normals = np.array([normal], dtype=np.float32)
    return lit_colours(scene, vertices, normals, WHITE, camera(heading))[0]


def dark() -> Scene:
    black = (0.0, 0.0, 0.0)
    return Scene(key=black, sky=black, ground=black)


def test_light_from_sky_and_floor_alone_is_linear_in_the_height_of_the_normal():
    """Facing the camera there is no rim, so only sky and ground remain."""
    scene = replace(dark(), sky=(0.6, 0.6, 0.6), ground=(0.2, 0.2, 0.2))
    side = lit((0, -1, 0), scene, place=camera().position + np.array([0, 1.0, 0]))
    np.testing.assert_allclose(side, 200 * 0.4, atol=1)
    for up in (-0.8, 0.6):
        out = np.sqrt(1 - up * up)
        eye = camera().position - np.array([0, 0, 1.0])
        toward = eye / np.linalg.norm(eye)
        rim = 22 * (1 - np.clip(np.array([0, -out, up]) @ toward, 0, 1)) ** 3 * (0.9 + 0.5 * up)
        ambient = 0.2 + 0.4 * (0.5 + 0.5 * up)
        np.testing.assert_allclose(lit((0, -out, up), scene), 200 * ambient + rim, atol=0.6)


def test_the_key_light_is_full_towards_it_and_gone_behind():
    scene = replace(dark(), key=(0.5, 0.4, 0.3))
    direction = np.array(scene.key_light) * [1, 1, 1]
    towards = direction / np.linalg.norm(direction)
    # At heading 0 the camera's right is +x and away is +y, as in `key_light`.
    full = lit(towards, scene)
    np.testing.assert_allclose(full - full.min() + 60, 200 * np.array([0.5, 0.4, 0.3]), atol=4)
    behind = lit(-towards, scene)
    np.testing.assert_allclose(behind, behind[0], atol=1e-3)  # the rim is white
    assert behind.max() < 40


@settings(max_examples=25, deadline=None)
@given(
    heading=st.floats(-3, 3),
    normal=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda n: np.linalg.norm(n) > 0.1),
)
def test_the_studio_turns_with_the_camera(heading, normal):
    """Body and camera turned alike give the same colours."""
    unit = np.array(normal) / np.linalg.norm(normal)
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    straight = lit(unit, place=(0.1, -0.2, 1.0))
    turned = lit(turn @ unit, heading=heading, place=tuple(turn @ [0.1, -0.2, 1.0]))
    np.testing.assert_allclose(turned, straight, atol=0.05)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda n: np.linalg.norm(n) > 0.1))
def test_colours_stay_in_range_and_dark_skin_stays_darker(normal):
    unit = np.array(normal) / np.linalg.norm(normal)
    vertices = np.zeros((2, 3), dtype=np.float32)
    normals = np.tile(np.float32(unit), (2, 1))
    colours = np.float32([[250, 250, 250], [40, 30, 20]])
    bright = Scene(key=(3.0, 3.0, 3.0))
    light, shade = lit_colours(bright, vertices, normals, colours, camera())
    assert (light <= 255).all() and (shade >= 0).all() and (shade <= light + 1e-3).all()


def test_the_backdrop_has_its_wall_above_its_floor():
    scene = Scene(wall=(250.0, 0.0, 0.0), floor=(0.0, 0.0, 250.0))
    picture = draw_backdrop(scene, camera())
    assert picture.shape == (200, 120, 3) and picture.dtype == np.uint8
    assert picture[:40, :, 0].min() > 150 and picture[:40, :, 2].max() < 30
    assert picture[-20:, :, 2].min() > 150 and picture[-20:, :, 0].max() < 30


def test_wall_and_floor_have_their_colour_at_the_brightest_place_and_fade_to_the_sides():
    wide = camera(width=300, height=200)
    scene = Scene(wall=(200.0, 100.0, 50.0), floor=(50.0, 100.0, 200.0))
    picture = draw_backdrop(scene, wide).astype(float)
    wall, floor = picture[:60], picture[-40:]
    np.testing.assert_allclose(wall.reshape(-1, 3).max(0), [204, 102, 51], atol=5)
    np.testing.assert_allclose(floor.reshape(-1, 3).max(0), [51, 102, 204], atol=5)
    for part, channel in ((wall, 0), (floor, 2)):
        middle = part[:, 140:160, channel].mean()
        assert 0.75 * middle < part[:, :10, channel].mean() < 0.95 * middle


def test_the_floor_bends_up_where_it_lies_behind_the_dancer():
    """The row in which wall and floor are half and half is that of the bend, 2.6 m behind."""
    scene = Scene(wall=(250.0, 0.0, 0.0), floor=(0.0, 0.0, 250.0))
    view = camera(pitch=0.1)
    picture = draw_backdrop(scene, view).astype(int)
    half = np.abs(picture[:, 60, 0] - picture[:, 60, 2]).argmin()
    bend = view.position + np.array([0, view.distance + 2.6, 0])
    (_, row), _ = view.project(np.array([bend[0], bend[1], 0.0]))
    assert abs(half - row) < 3


def test_the_backdrop_depends_on_height_and_tilt_only():
    scene = Scene()
    view = camera()
    walked = replace(view, position=view.position + np.array([3.0, -2.0, 0.0]))
    np.testing.assert_array_equal(draw_backdrop(scene, view), draw_backdrop(scene, walked))
    raised = replace(view, position=view.position + np.array([0, 0, 0.5]))
    assert (draw_backdrop(scene, view) != draw_backdrop(scene, raised)).any()


def test_gradients_are_dithered_not_banded():
    picture = draw_backdrop(Scene(), camera(width=256, height=256))[:60, :, 0].astype(int)
    flat = [len(np.unique(picture[y : y + 8, x : x + 8])) for y in (0, 24) for x in (0, 120)]
    assert min(flat) >= 2
    assert np.abs(np.diff(picture, axis=1)).max() <= 2


def cloud(height: float = 0.0, count: int = 4000) -> np.ndarray:
    """Vertices on a disc of 20 cm at a height."""
    random = np.random.default_rng(0)
    radius, turn = 0.2 * np.sqrt(random.random(count)), 2 * np.pi * random.random(count)
    points = np.stack([radius * np.cos(turn), radius * np.sin(turn), np.full(count, height)], 1)
    return points.astype(np.float32)


def shadowed(vertices: np.ndarray, scene: Scene = STUDIO, view: Camera | None = None):
    """How much darker each pixel of a grey picture gets."""
    view = view or camera(pitch=0.3)
    picture = np.full((view.height, view.width, 3), 200, np.uint8)
    draw_shadow(picture, scene, vertices, view)
    return 200 - picture[..., 0].astype(int)


def test_a_shadow_lies_where_the_body_touches_the_floor():
    view = camera(pitch=0.3)
    change = shadowed(cloud(), view=view)
    rows, columns = np.nonzero(change > change.max() / 2)
    (x, y), _ = view.project(np.array([0.0, 0, 0]))
    assert change.max() > 50
    assert abs(columns.mean() - x) < 4 and abs(rows.mean() - y) < 6


def test_shadow_scales_with_its_strength_and_none_is_none():
    strengths = [shadowed(cloud(), replace(Scene(), shadow=s)).max() for s in (0.0, 0.3, 0.6)]
    assert strengths[0] == 0
    assert strengths[2] == pytest.approx(2 * strengths[1], abs=2)


def test_the_higher_the_body_the_fainter_the_contact():
    depth = [shadowed(cloud(height)).max() for height in (0.0, 0.3, 0.5, 0.7)]
    assert (np.diff(depth) < 0).all()
    assert depth[-1] > 10  # a body in the air still has its soft shadow


def test_a_floor_at_another_height_carries_the_shadow_along():
    raised = cloud()
    raised[:, 2] += 0.4
    view = camera(pitch=0.3)
    lower = replace(view, position=view.position + np.array([0, 0, 0.4]))
    np.testing.assert_array_equal(
        shadowed(raised, replace(Scene(), floor_height=0.4), lower), shadowed(cloud(), view=view)
    )


def test_a_shadow_outside_the_picture_changes_nothing():
    away = cloud()
    away[:, 0] += 50
    assert (shadowed(away) == 0).all()
    behind = cloud()
    behind[:, 1] -= 60
    assert (shadowed(behind) == 0).all()


def test_only_the_floor_gets_darker_never_lighter():
    assert shadowed(cloud()).min() >= -1
