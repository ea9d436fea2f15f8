"""Mirror images of encoded motion: those of the motion itself, and twice mirrored the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion import layout
from pipelines.motion.mirroring import mirror
from pipelines.motion.representation import encode


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_twice_mirrored_is_the_same(seed):
    x = np.random.default_rng(seed).normal(size=(2, 5, layout.WIDTH)).astype("f4")
    np.testing.assert_array_equal(mirror(mirror(x)), x)
    assert np.abs(mirror(x) - x).max() > 0.1


@pytest.mark.parametrize("seed", range(4))
def test_equals_encoding_the_mirrored_motion(dance, seed):
    motion = dance(seed, frames=20)
    np.testing.assert_allclose(
        mirror(encode(motion))[:, layout.root], encode(motion.mirrored())[:, layout.root]
    )
    np.testing.assert_allclose(
        mirror(encode(motion))[:, layout.sixes],
        encode(motion.mirrored())[:, layout.sixes],
        atol=1e-6,
    )


def test_feet_swap_their_contacts():
    x = np.zeros((1, layout.WIDTH), dtype="f4")
    x[0, layout.contacts] = [1, 2, 3, 4]  # left ankle, right ankle, left toes, right toes
    assert mirror(x)[0, layout.contacts].tolist() == [2, 1, 4, 3]


def test_only_x_of_the_path_changes_its_sign():
    x = np.zeros((1, layout.WIDTH), dtype="f4")
    x[0, layout.root] = [3, 4, 5]
    assert mirror(x)[0, layout.root].tolist() == [-3, 4, 5]


def test_every_column_is_used_once():
    columns = mirror(np.arange(1, layout.WIDTH + 1, dtype="f4")[None])[0]
    np.testing.assert_array_equal(np.sort(np.abs(columns)), np.arange(1, layout.WIDTH + 1))


@pytest.mark.parametrize("width", [4, 7, 13])
def test_contacts_path_and_pelvis_may_come_alone(width):
    x = np.random.default_rng(0).normal(size=(6, layout.WIDTH)).astype("f4")
    np.testing.assert_array_equal(mirror(x[:, :width]), mirror(x)[:, :width])


def test_the_original_is_left_alone():
    x = np.ones((3, layout.WIDTH), dtype="f4")
    mirror(x)
    assert (x == 1).all()
