"""The canvas: where the picture lies on it, fitting figures inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.keypoints.framing import (
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
