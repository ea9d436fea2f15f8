"""The body around a pulse: the same wherever and whichever way the dancer stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.motion_expert.library.counting import counted_takes
from pipelines.motion_expert.library.shapes import (
    main_directions,
    mirrored_shapes,
    unit_shapes,
)
from pipelines.motion_expert.library.storage import Library, steps_of


@pytest.fixture(scope="module")
def counted(library: Library):
    return counted_takes(library, 112.0, lambda take: take.genre == "house", (0.7, 1.3))


def shapes_of(library: Library, counted, starts=(0, 3, 5)):
    row, start = np.zeros(len(starts), int), np.array(starts)
    found = unit_shapes(library, counted, row, start, 4)
    return found.head, found.tail


def spread_of(library: Library, counted, per_bar: int = 4) -> np.ndarray:
    return unit_shapes(library, counted, np.zeros(3, int), np.array([0, 3, 5]), per_bar).spread


def moved(library: Library, yaw: float, x: float) -> Library:
    """Every take turned about the vertical and carried elsewhere."""
    rows = np.arange(len(library.steps))
    poses, places = library.poses(rows), library.places(rows)
    spin = Rotation.from_euler("z", yaw)
    poses[:, 0] = (spin * Rotation.from_rotvec(poses[:, 0])).as_rotvec()
    places = spin.apply(places) + np.array([x, -x, 0])
    parts = [slice(t.first, t.first + t.frames) for t in library.takes]
    steps = np.concatenate([steps_of(poses[part], places[part]) for part in parts])
    return replace(library, steps=steps)


def test_one_row_per_unit_of_joints_at_three_moments(library, counted):
    first, last = shapes_of(library, counted)
    assert first.shape == last.shape == (3, 3 * 24 * 3)
    assert np.isfinite(first).all()


def test_a_unit_ends_where_the_next_one_begins(library, counted):
    first, last = shapes_of(library, counted, (0, 4, 8))
    np.testing.assert_allclose(last[0], first[1])
    np.testing.assert_allclose(last[1], first[2])


@pytest.mark.parametrize(("yaw", "x"), [(1.0, 0.0), (-2.5, 3.0), (np.pi, -1.0)])
def test_place_and_heading_do_not_matter(library, counted, yaw, x):
    plain, turned = shapes_of(library, counted), shapes_of(moved(library, yaw, x), counted)
    for one, other in zip(plain, turned, strict=True):
        np.testing.assert_allclose(other, one, atol=5e-4)


def test_how_far_poses_lie_apart_is_the_same_wherever_they_are_danced(library, counted):
    plain, turned = spread_of(library, counted), spread_of(moved(library, 2.0, 1.0), counted)
    assert plain.min() > 0.01
    np.testing.assert_allclose(turned, plain, atol=5e-4)


def test_who_stands_still_has_one_pose(library, counted):
    still = replace(library, steps=np.tile(library.steps[:1], (len(library.steps), 1)))
    np.testing.assert_allclose(spread_of(still, counted), 0, atol=1e-6)


def test_half_the_movement_is_half_as_far_apart(library, counted):
    middle = library.steps[: library.takes[0].frames].mean(0)
    calm = np.round(middle + 0.5 * (library.steps - middle)).astype(np.int32)
    ratio = spread_of(replace(library, steps=calm), counted) / spread_of(library, counted)
    assert (ratio > 0.4).all() and (ratio < 0.65).all()


def test_height_is_kept(library, counted):
    """A low body does not hand over to a high one."""
    lowered = replace(library, steps=library.steps - np.eye(63, dtype=int)[-1] * 1000)
    apart = shapes_of(library, counted)[0] - shapes_of(lowered, counted)[0]
    assert np.linalg.norm(apart, axis=1).min() > 0.1


def test_distance_is_metres_of_a_mean_joint(library, counted):
    """All joints 20 cm lower at all three moments: a distance of 0.2, feet counting more."""
    lowered = replace(library, steps=library.steps - np.eye(63, dtype=int)[-1] * 1000)
    apart = shapes_of(library, counted)[0] - shapes_of(lowered, counted)[0]
    distance = np.linalg.norm(apart[0])
    assert 0.18 < distance < 0.26


def test_the_moments_before_and_after_tell_the_way_it_moves(library, counted):
    shape = shapes_of(library, counted)[0].reshape(-1, 3, 24, 3)
    assert np.abs(shape[:, 2] - shape[:, 0]).max() > 0.005


def test_mirroring_twice_is_nothing_and_swaps_the_sides(library, counted):
    shapes, _ = shapes_of(library, counted)
    mirrored = mirrored_shapes(shapes)
    np.testing.assert_allclose(mirrored_shapes(mirrored), shapes)
    body, image = (s.reshape(-1, 3, 24, 3) for s in (shapes, mirrored))
    np.testing.assert_allclose(image[:, :, 1], body[:, :, 2] * [-1, 1, 1])
    np.testing.assert_allclose(image[:, :, 15], body[:, :, 15] * [-1, 1, 1])


def test_main_directions_are_square_and_hold_the_distances():
    random = np.random.default_rng(0)
    flat = random.normal(size=(300, 8)) @ random.normal(size=(8, 216))
    basis = main_directions(flat)
    assert basis.shape == (216, 64)
    np.testing.assert_allclose(basis.T @ basis, np.eye(64), atol=1e-9)
    before = np.linalg.norm(flat[:50] - flat[50:100], axis=1)
    after = np.linalg.norm((flat[:50] - flat[50:100]) @ basis, axis=1)
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_hands_are_wide_where_the_wrists_are_a_metre_apart(library, counted):
    row, start = np.zeros(3, int), np.array([0, 3, 5])
    wide = unit_shapes(library, counted, row, start, 4).wide
    take = library.takes[counted[0].number]
    joints = library.recorded(take).joints()
    apart = np.linalg.norm(joints[:, 20] - joints[:, 21], axis=-1)
    pulses = np.round(counted[0].times[start[:, None] + np.arange(5)] * 30).astype(int)
    near = np.abs(apart[pulses] - 1.0) < 0.01
    expected = (apart[pulses] > 1.0).mean(1)
    assert not near.any() and np.allclose(wide, expected)
    arms_out = _with_arms_out(library)
    assert (unit_shapes(arms_out, counted, row, start, 4).wide == 1).all()


def _with_arms_out(library: Library) -> Library:
    rows = np.arange(len(library.steps))
    poses, places = library.poses(rows), library.places(rows)
    poses[:, [13, 14, 16, 17, 18, 19]] = 0
    parts = [slice(t.first, t.first + t.frames) for t in library.takes]
    return replace(library, steps=np.concatenate([steps_of(poses[p], places[p]) for p in parts]))
