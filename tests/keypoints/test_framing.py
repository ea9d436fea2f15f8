"""The canvas: where the picture lies on it, fitting figures inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.keypoints.framing import (
    Frame,
    apply_affine,
    fit_inside,
    reach,
    reference_to_canvas,
)
from pipelines.keypoints.person import POINT


def test_the_pictures_own_shape_is_covered_exactly(make_person) -> None:
    affine = reference_to_canvas(make_person(), 540, 960)
    assert affine == pytest.approx(np.array([[1, 0, 0], [0, 1, 0]]), abs=1e-9)


@pytest.mark.parametrize("size", [(960, 540), (720, 720), (480, 960), (1280, 720)])
def test_other_shapes_keep_the_person_whole(make_person, size) -> None:
    person = make_person()
    affine = reference_to_canvas(person, *size)
    assert affine[0, 0] == affine[1, 1] and affine[0, 1] == affine[1, 0] == 0
    rows, columns = np.nonzero(person.matte > 0.5)
    corners = apply_affine(affine, np.array([[columns.min(), rows.min()],
                                             [columns.max(), rows.max()]], float))  # fmt: skip
    assert (corners >= -1).all() and (corners <= np.array(size) + 1).all()


def test_a_cut_off_person_stays_at_the_bottom(make_person) -> None:
    person = make_person(540, 700, 700.0, (270.0, 640.0), coverage="upper")
    affine = reference_to_canvas(person, 960, 540)
    assert apply_affine(affine, np.array([0.0, 700.0]))[1] == pytest.approx(540)


def test_reach_is_the_hair_and_the_fingers(make_person) -> None:
    person = make_person()
    around = reach(person)
    head = POINT["head"]
    crown = person.xy[head, 1] - np.flatnonzero(person.matte[:, 270] > 0.5)[0]
    nearest = min(around[[head, *range(24, 29)]].max(), crown)
    assert nearest > 10
    assert (around[person.confidence == 0] == 0).all()
    empty = replace(person, matte=np.zeros_like(person.matte))
    assert (reach(empty) == 0).all()


@given(st.integers(0, 10_000), st.floats(1, 3000), st.integers(64, 1000), st.integers(64, 1000))
def test_fitted_discs_lie_inside(seed, spread, width, height) -> None:
    random = np.random.default_rng(seed)
    xy = random.normal(200, spread, (8, 5, 2))
    radius = random.uniform(0, 30, 5)
    frame = fit_inside(xy, radius, np.array([width / 2, height]), width, height)
    placed = frame.apply(xy)
    room = frame.scale * radius[:, None]
    assert frame.scale <= 1
    assert ((placed - room) >= -1e-6).all()
    assert ((placed + room) <= np.array([width, height]) + 1e-6).all()


def test_what_fits_is_left_alone() -> None:
    frame = fit_inside(np.full((3, 2, 2), 200.0), np.ones(2), np.zeros(2), 400, 400)
    assert frame.scale == 1 and (frame.shift == 0).all()


@given(st.integers(0, 500), st.integers(100, 900), st.integers(100, 900))
def test_no_larger_scale_and_no_smaller_shift_would_do(seed, width, height) -> None:
    """One more per cent, or a shift of nothing, leaves the canvas."""
    random = np.random.default_rng(seed)
    xy = random.normal([width / 2, height / 2], 300, (6, 4, 2))
    anchor = np.array([width / 2, height / 2])
    frame = fit_inside(xy, np.zeros(4), anchor, width, height)
    placed = frame.apply(xy)
    margin = 0.008 * min(width, height)
    if frame.scale < 1:
        spread = np.ptp(placed, axis=(0, 1))
        room = np.array([width, height]) - 2 * margin
        assert (spread / room).max() == pytest.approx(1, abs=1e-6)
    for axis in (0, 1):
        if frame.shift[axis] > 1e-9:
            assert placed[..., axis].min() == pytest.approx(margin, abs=1e-6)
        elif frame.shift[axis] < -1e-9:
            assert placed[..., axis].max() == pytest.approx(
                (width, height)[axis] - margin, abs=1e-6
            )


def test_scaling_keeps_the_anchor_in_place() -> None:
    frame = Frame(np.array([10.0, 20.0]), 0.5, np.zeros(2))
    np.testing.assert_array_equal(frame.apply(np.array([10.0, 20.0])), [10, 20])
    np.testing.assert_array_equal(frame.apply(np.array([[30.0, 20.0]])), [[20, 20]])


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_larger_canvas_of_the_same_shape_is_the_picture_scaled(make_person, factor) -> None:
    affine = reference_to_canvas(make_person(), round(540 * factor), round(960 * factor))
    np.testing.assert_allclose(affine, [[factor, 0, 0], [0, factor, 0]], atol=1e-9)


def test_a_person_at_the_side_is_brought_to_the_middle_as_far_as_the_picture_covers(
    make_person,
) -> None:
    left = make_person(centre=(150.0, 470.0))
    square = reference_to_canvas(left, 400, 400)
    person = apply_affine(square, left.xy[POINT["pelvis"]])
    assert 0 < person[0] < 220
    corners = apply_affine(square, np.array([[0.0, 0.0], [540.0, 960.0]]))
    covers = corners[0, 0] <= 1e-9 and corners[1, 0] >= 400 - 1e-9
    assert covers or square[0, 0] * 540 <= 400


def test_without_a_matte_the_whole_picture_counts(make_person) -> None:
    person = make_person()
    empty = replace(person, matte=np.zeros_like(person.matte))
    affine = reference_to_canvas(empty, 540, 960)
    scale = affine[0, 0]
    corners = apply_affine(affine, np.array([[0.0, 0], [540, 960]]))
    np.testing.assert_allclose(corners.mean(axis=0), [270, 480], atol=1)
    np.testing.assert_allclose(corners[1] - corners[0], [540 * scale, 960 * scale], atol=1)


def test_reach_of_a_disc_is_its_radius(make_person) -> None:
    """A matte of one disc around one known point."""
    person = make_person()
    rows, columns = np.mgrid[:960, :540]
    disc = (columns - 200) ** 2 + (rows - 300) ** 2 <= 50**2
    xy, confidence = person.xy.copy(), np.zeros(29)
    xy[POINT["head"]], confidence[POINT["head"]] = (200, 300), 1
    alone = replace(person, matte=disc.astype(np.float32), xy=xy, confidence=confidence)
    assert reach(alone)[POINT["head"]] == pytest.approx(49, abs=2)
