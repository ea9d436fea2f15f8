import numpy as np
import pytest

from pipelines.body.camera import Camera, looking_at
from pipelines.body.rasterizer import draw_mesh, no_surface, vertex_normals

CAMERA = Camera(np.array([0.0, -2.0, 0.0]), looking_at(0.0), 100.0, 100, 100, 2.0)
# Counter-clockwise as seen from -y, where the camera stands.
SQUARE = np.array(
    [[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]], dtype=np.float32
)
TWO = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)


def drawn(vertices, faces, colours, samples=2):
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    draw_mesh(picture, vertices, faces, np.asarray(colours, dtype=np.float32), CAMERA, samples)
    return picture


@pytest.mark.parametrize("samples", [1, 2, 4])
def test_a_square_covers_its_projection_without_a_seam(samples):
    picture = drawn(SQUARE, TWO, np.full((4, 3), 200), samples)
    expected = np.zeros((100, 100), dtype=bool)
    expected[25:75, 25:75] = True
    np.testing.assert_array_equal(picture[..., 0] == 200, expected)
    assert (picture[~expected] == 0).all()


def test_edges_are_blended_by_coverage():
    shifted = SQUARE + np.array([0.005, 0, 0], dtype=np.float32)
    column = drawn(shifted, TWO, np.full((4, 3), 200), 4)[50, 25, 0]
    assert column == pytest.approx(150, abs=51)
    assert 0 < column < 200


def test_the_nearer_triangle_wins_whatever_the_order():
    near = SQUARE * 0.5 + np.array([0, -0.5, 0], dtype=np.float32)
    for order in (0, 1):
        both = [SQUARE, near] if order == 0 else [near, SQUARE]
        colours = np.repeat([[50, 50, 50], [220, 0, 0]][:: 1 if order == 0 else -1], 4, axis=0)
        picture = drawn(np.concatenate(both), np.concatenate([TWO, TWO + 4]), colours)
        assert picture[50, 50].tolist() == [220, 0, 0]
        assert picture[30, 30].tolist() == [50, 50, 50]


def test_the_back_side_is_not_drawn():
    assert drawn(SQUARE, TWO[:, ::-1].copy(), np.full((4, 3), 200)).max() == 0


def test_colours_are_interpolated_linearly():
    colours = np.where(SQUARE[:, :1] > 0, 200.0, 0.0) * np.ones(3)
    row = drawn(SQUARE, TWO, colours)[50, 25:75, 0].astype(float)
    np.testing.assert_allclose(row, (np.arange(50) + 0.5) * 4, atol=1.0)


def test_what_lies_behind_or_beside_the_camera_does_no_harm():
    for shift in ([0, -5, 0], [9, 0, 0], [0, 0, -9], [0, -2, 0]):
        moved = SQUARE + np.array(shift, dtype=np.float32)
        assert drawn(moved, TWO, np.full((4, 3), 200)).max() == 0


def test_a_mesh_larger_than_the_picture_fills_it():
    assert drawn(SQUARE * 20, TWO, np.full((4, 3), 9)).min() == 9


def test_normals_of_a_sphere_point_outward():
    turn, pitch = np.meshgrid(
        np.linspace(0, 2 * np.pi, 40, endpoint=False), np.linspace(-1.5, 1.5, 20)
    )
    points = np.stack(
        [np.cos(turn) * np.cos(pitch), np.sin(turn) * np.cos(pitch), np.sin(pitch)], -1
    ).reshape(-1, 3)
    index = np.arange(800).reshape(20, 40)
    right = np.roll(index, -1, 1)
    a, b, c, d = index[:-1].ravel(), right[:-1].ravel(), index[1:].ravel(), right[1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)
    normals = vertex_normals(points, faces)
    inner = np.abs(points[:, 2]) < 0.9
    assert (normals * points).sum(1)[inner].min() > 0.99
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def depth_of(vertices, faces, samples=2):
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    colours = np.full((len(vertices), 3), 200, dtype=np.float32)
    return draw_mesh(picture, vertices, faces, colours, CAMERA, samples)


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_depth_of_a_square_that_leans_away_is_exact(samples):
    leaning = SQUARE.copy()
    leaning[:, 1] = SQUARE[:, 2]  # the upper edge is a metre further away than the lower
    surface = depth_of(leaning, TWO, samples)
    for x, z in ((0.0, 0.0), (0.2, -0.3), (-0.3, 0.35)):
        pixels, depth = CAMERA.project(np.array([[x, z, z]]))
        assert surface(pixels)[0] == pytest.approx(depth[0], abs=0.02)


def test_depth_is_endless_beside_the_mesh_and_outside_the_picture():
    surface = depth_of(SQUARE, TWO)
    outside = np.array([[5.0, 5], [-3, 50], [50, 120], [np.nan, 50], [1e9, -1e9]])
    assert np.isinf(surface(outside)).all()
    assert surface(np.array([[50.0, 50.0]]))[0] == pytest.approx(2.0, abs=1e-4)
    assert np.isinf(no_surface(outside)).all()


def test_what_was_there_shows_beside_the_mesh_and_through_half_covered_pixels():
    picture = np.full((100, 100, 3), 100, dtype=np.uint8)
    shifted = SQUARE + np.array([0.01, 0, 0], dtype=np.float32)  # half a pixel
    colours = np.full((4, 3), 200, dtype=np.float32)
    draw_mesh(picture, shifted, TWO, colours, CAMERA, 2)
    assert picture[50, 20, 0] == 100 and picture[50, 50, 0] == 200
    assert picture[50, 25, 0] == 150


@pytest.mark.parametrize("size", [3.0, 30.0])
def test_normals_do_not_depend_on_size_and_follow_a_turn(size):
    rng = np.random.default_rng(0)
    points, faces = rng.normal(size=(9, 3)), rng.permutation(9).reshape(3, 3).astype(np.int32)
    plain = vertex_normals(points, faces)
    np.testing.assert_allclose(vertex_normals(points * size, faces), plain, atol=1e-5)
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(vertex_normals(points @ turn.T, faces), plain @ turn.T, atol=1e-5)
    np.testing.assert_array_equal(vertex_normals(np.ones((2, 3)), faces[:0]), np.zeros((2, 3)))
