"""Triangle surgery: areas and borders are kept, pieces are apart, shells lie on hulls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.shapes import Patchwork, grid_faces, hull_distance, smoothed


def square(cells: int = 4, extra: int = 0) -> Patchwork:
    """The unit square in the plane z = 0, cut into 2 x cells x cells triangles of region 0."""
    line = np.linspace(0, 1, cells + 1)
    x, y = (grid.ravel() for grid in np.meshgrid(line, line))
    points = np.stack([x, y, 0 * x], axis=1)
    index = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    faces = np.stack([a, b, c, b, d, c], axis=-1).reshape(-1, 3)
    more = np.stack([points @ [1.0, 2.0, 3.0]] * extra, 1) if extra else np.zeros((len(x), 0))
    return Patchwork(np.hstack([points, more]), faces, np.zeros(len(faces), int))


def areas(work: Patchwork) -> np.ndarray:
    a, b, c = (work.points[work.faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a)[:, 2] / 2  # signed: positive as long as nothing flips


def area_of(work: Patchwork, region: int) -> float:
    return float(areas(work)[work.region == region].sum())


@settings(max_examples=40, deadline=None)
@given(
    angle=st.floats(0, 2 * np.pi),
    shift=st.floats(-0.6, 0.6),
    cells=st.integers(1, 5),
)
def test_a_straight_cut_keeps_the_area_and_flips_nothing(angle, shift, cells):
    work = square(cells)
    field = (work.points[:, :2] - 0.5) @ [np.cos(angle), np.sin(angle)] + shift
    cut = work.cut(field, 0, 7)
    assert (areas(cut) > -1e-12).all()
    assert areas(cut).sum() == pytest.approx(1.0, abs=1e-9)
    assert set(cut.region) <= {0, 7}


@pytest.mark.parametrize("cells", [1, 2, 5])
@pytest.mark.parametrize("place", [0.13, 0.5001, 0.87])
def test_a_cut_runs_exactly_along_the_fields_zero(cells, place):
    work = square(cells)
    cut = work.cut(place - work.points[:, 0], 0, 1)
    assert area_of(cut, 1) == pytest.approx(place, abs=2e-2 / cells)
    inside = cut.points[cut.faces[cut.region == 1]][..., 0]
    outside = cut.points[cut.faces[cut.region == 0]][..., 0]
    assert inside.max() == pytest.approx(place, abs=1e-2 / cells)
    assert outside.min() == pytest.approx(place, abs=1e-2 / cells)


def test_attributes_are_interpolated_along_the_border():
    work = square(3, extra=2)
    cut = work.cut(0.41 - work.points[:, 0] - 0.3 * work.points[:, 1], 0, 1)
    assert len(cut.values) > len(work.values)
    np.testing.assert_allclose(cut.values[:, 3], cut.points @ [1, 2, 3.0], atol=1e-12)
    np.testing.assert_array_equal(cut.values[: len(work.values)], work.values)


def test_neighbours_share_the_border_so_that_no_gap_opens():
    work = square(4)
    cut = work.cut(0.37 - work.points[:, 0], 0, 1)
    edges = np.sort(cut.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    ends = cut.points[unique[count == 1]]
    on_rim = ((ends == 0) | (ends == 1))[..., :2]
    assert (count <= 2).all()
    assert (on_rim[:, 0] & on_rim[:, 1]).any(1).all(), "an edge inside the square has one side"


def test_only_the_source_region_is_cut():
    work = square(2)
    halves = work.cut(0.5001 - work.points[:, 0], 0, 1)
    again = halves.cut(0.5001 - halves.points[:, 1], 1, 2)
    assert area_of(again, 0) == pytest.approx(0.5, abs=0.02)
    assert area_of(again, 1) == pytest.approx(0.25, abs=0.02)
    assert area_of(again, 2) == pytest.approx(0.25, abs=0.02)


def test_a_field_that_is_positive_or_negative_everywhere_adds_no_vertex():
    work = square(2)
    for sign, region in ((1.0, 3), (-1.0, 0)):
        cut = work.cut(np.full(len(work.points), sign), 0, region)
        assert len(cut.values) == len(work.values)
        assert set(cut.region) == {region}


def test_a_border_through_vertices_leaves_no_sliver():
    work = square(4)
    cut = work.cut(0.5 - work.points[:, 0], 0, 1)
    assert areas(cut).min() > 1e-6
    assert area_of(cut, 1) == pytest.approx(0.5, abs=0.01)


def test_subdividing_makes_four_of_each_chosen_triangle():
    work = square(2, extra=1)
    chosen = np.arange(len(work.faces)) < 3
    finer = work.subdivided(chosen)
    assert len(finer.faces) == len(work.faces) + 3 * 3
    assert areas(finer).sum() == pytest.approx(1.0)
    assert sorted(set(areas(finer).round(6))) == [0.03125, 0.125]
    np.testing.assert_allclose(finer.values[:, 3], finer.points @ [1, 2, 3.0], atol=1e-12)
    assert len(finer.values) == len(np.unique(finer.points, axis=0)), "middles are shared"


def test_subdividing_nothing_changes_nothing_and_keeps_regions():
    work = square(2)
    halves = work.cut(0.5001 - work.points[:, 0], 0, 1)
    same = halves.subdivided(np.zeros(len(halves.faces), bool))
    np.testing.assert_array_equal(same.faces, halves.faces)
    every = halves.subdivided(np.ones(len(halves.faces), bool))
    assert area_of(every, 1) == pytest.approx(area_of(halves, 1))


def test_without_and_separated():
    work = square(2)
    thirds = work.cut(0.7 - work.points[:, 0], 0, 1)
    thirds = thirds.cut(0.3 - thirds.points[:, 0], 1, 2)
    kept = thirds.without((1,))
    assert set(kept.region) == {0, 2}
    values, faces, kind, origin = kept.separated()
    np.testing.assert_array_equal(values, kept.values[origin])
    assert (kind[faces] == kind[faces][:, :1]).all(), "no vertex is shared between regions"
    assert set(kind) == {0, 2}
    np.testing.assert_array_equal(values[faces], kept.values[kept.faces])
    assert len(values) == len(np.unique(np.stack([kind, origin]), axis=1).T)


def test_separated_regions_that_touch_get_their_own_border_vertices():
    cut = square(1).cut(0.5 - square(1).points[:, 0], 0, 1)
    values, _, kind, origin = cut.separated()
    shared = set(origin[kind == 0]) & set(origin[kind == 1])
    assert shared and len(values) == len(set(origin)) + len(shared)


def sphere(rows: int, turns: int) -> np.ndarray:
    """Rows from the top down, columns that run to +x at the front."""
    pitch = np.linspace(np.pi / 2, -np.pi / 2, rows)[:, None]
    turn = np.linspace(0, 2 * np.pi, turns, endpoint=False)[None]
    ring = [np.sin(turn) * np.cos(pitch), np.sin(pitch) + 0 * turn, np.cos(turn) * np.cos(pitch)]
    return np.stack(ring, -1).reshape(-1, 3)


@pytest.mark.parametrize(("rows", "turns"), [(2, 3), (5, 7), (12, 14)])
def test_grid_faces_wind_outward_all_round(rows, turns):
    faces, points = grid_faces(rows, turns), sphere(rows, turns)
    assert len(faces) == 2 * (rows - 1) * turns
    assert sorted(set(faces.ravel())) == list(range(rows * turns))
    a, b, c = (points[faces[:, k]] for k in range(3))
    outward = (np.cross(b - a, c - a) * (a + b + c)).sum(1)
    assert (outward > -1e-12).all() and (outward > 1e-3).mean() >= (rows - 2) / (rows - 1)


def test_grid_faces_close_the_ring():
    edges = np.sort(grid_faces(4, 6)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 1).sum() == 12  # the open ends: 6 edges at the top, 6 at the bottom


def test_hull_distance_of_a_cube_has_its_closed_form():
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    diagonal = np.array([1.0, 1, 1]) / np.sqrt(3)
    directions = np.array([[1, 0, 0], [0, -1, 0], diagonal, [0.6, 0.8, 0]])
    found = hull_distance(corners, np.zeros(3), directions)
    np.testing.assert_allclose(found, [1, 1, np.sqrt(3), 1 / 0.8])
    shifted = hull_distance(corners, np.array([0.5, 0, 0]), directions[:1])
    np.testing.assert_allclose(shifted, [0.5])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99))
def test_no_point_lies_beyond_its_hull(seed):
    random = np.random.default_rng(seed)
    points = random.normal(size=(30, 3))
    centre = points.mean(0)
    away = points - centre
    length = np.linalg.norm(away, axis=1)
    assert (hull_distance(points, centre, away / length[:, None]) >= length - 1e-9).all()


def test_smoothing_pulls_a_spike_down_and_leaves_a_constant_alone():
    work = square(4)
    spike = work.points.copy()
    spike[12, 2] = 1.0  # the middle vertex
    once = smoothed(spike, work.faces, 1)
    # 0.4 of itself and 0.6 of the mean of its six neighbours, which lie at 0.
    assert once[12, 2] == pytest.approx(0.4)
    heights = [smoothed(spike, work.faces, rounds)[:, 2].max() for rounds in range(5)]
    assert heights[0] == 1.0 and (np.diff(heights) < 0).all()
    flat = np.full_like(spike, 3.0)
    np.testing.assert_allclose(smoothed(flat, work.faces, 4), flat)


def test_smoothing_weighs_every_neighbour_once():
    """Two triangles share an edge: its ends have three neighbours each, not four."""
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]])
    faces = np.array([[0, 1, 2], [1, 3, 2]])
    once = smoothed(points, faces, 1)
    np.testing.assert_allclose(once[1], 0.4 * points[1] + 0.6 * points[[0, 2, 3]].mean(0))
    np.testing.assert_allclose(once[0], 0.4 * points[0] + 0.6 * points[[1, 2]].mean(0))
