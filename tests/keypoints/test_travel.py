"""Heading, floor, contacts and the containment of a dancer's way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.facing import forward_of, heading
from pipelines.keypoints.travel import (
    contained,
    foot_contacts,
    lowest_feet,
    turned_to_camera,
)


def heading_of(rotations):
    return heading(forward_of(rotations))


def test_the_rest_dancer_faces_the_camera(standing) -> None:
    rotations, trans = standing
    assert heading_of(rotations[:, 0]) == pytest.approx(0)
    turned, moved = turned_to_camera(rotations, trans)
    assert turned == pytest.approx(rotations) and moved == pytest.approx(trans)


@given(st.floats(-3.1, 3.1))
def test_any_heading_is_turned_to_the_camera(standing, angle) -> None:
    rotations, trans = (array.copy() for array in standing)
    cosine, sine = np.cos(angle), np.sin(angle)
    rotations[:, 0] = [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]] @ rotations[:, 0]
    turned, _ = turned_to_camera(rotations, trans)
    assert heading_of(turned[:, 0]) == pytest.approx(0, abs=1e-9)


def test_a_dancer_who_spins_evenly_starts_facing_the_camera(standing) -> None:
    rotations, trans = (np.repeat(array[:1], 64, axis=0) for array in standing)
    angles = 1.0 + np.arange(64) * 2 * np.pi / 64
    for frame, angle in enumerate(angles):
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
        rotations[frame, 0] = turn @ rotations[frame, 0]
    turned, _ = turned_to_camera(rotations, trans)
    assert heading_of(turned[:1, 0]) == pytest.approx(0, abs=1e-9)


def test_contacts_of_a_hop() -> None:
    fps, frames = 30.0, 60
    joints = np.zeros((frames, 24, 3))
    height = np.clip(np.sin(np.linspace(0, 4 * np.pi, frames)), 0, None) * 0.3
    joints[:, [7, 10], 2] = height[:, None]  # the left foot hops twice, the right one stands
    soles = lowest_feet(joints, 0.0, 0.0)
    contact = foot_contacts(joints, soles, fps)
    assert contact[:, 1].all()
    assert not contact[height > 0.1, 0].any()
    assert contact[20:28, 0].all()


@given(
    st.integers(0, 1000), st.floats(0, 1), st.sampled_from([0.08, 0.25, 0.4]), st.integers(1, 200)
)
def test_contained_tracks_start_at_zero_and_stay_within_the_limit(seed, drift, limit, frames):
    track = np.cumsum(np.random.default_rng(seed).normal(0, 0.05, frames))
    held = contained(track, 30.0, drift, limit)
    assert held[0] == 0
    assert np.ptp(held) <= 2 * limit + 1e-9


def test_small_steps_are_left_alone() -> None:
    track = 0.05 * np.sin(np.linspace(0, 30, 300))
    assert contained(track, 30.0, 0.0, np.inf) == pytest.approx(track - track[0])
    assert contained(track, 30.0, 0.0, 0.4) == pytest.approx(track, abs=0.003)
