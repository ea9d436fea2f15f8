"""Fair changes to training windows: drawn from a generator, each with its own switch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.datasets.augmentation import Augmentation, Changes
from pipelines.music import layout

SIZE = 2000


def drawn(seed: int = 0, size: int = SIZE, **options) -> Changes:
    return Augmentation(**options).drawn(np.random.default_rng(seed), size)


def test_shares_are_kept():
    changes = drawn(mirror=True, turn=True, nameless=0.1, swap_timbre=0.3)
    assert changes.mirrored_B.mean() == pytest.approx(0.5, abs=0.04)
    assert changes.nameless_B.mean() == pytest.approx(0.1, abs=0.03)
    assert changes.swapped_B.mean() == pytest.approx(0.3, abs=0.04)
    assert np.abs(changes.yaw_B).max() <= np.pi
    assert abs(np.exp(1j * changes.yaw_B).mean()) < 0.06, "every direction is as likely"


@pytest.mark.parametrize(
    ("off", "nothing"),
    [
        ({"mirror": False}, lambda c: not c.mirrored_B.any()),
        ({"turn": False}, lambda c: c.yaw_B is None),
        ({"nameless": 0.0}, lambda c: not c.nameless_B.any()),
        ({"swap_timbre": 0.0}, lambda c: not c.swapped_B.any()),
        ({"nameless": 1.0}, lambda c: c.nameless_B.all()),
    ],
)
def test_each_change_has_its_switch(off, nothing):
    assert nothing(drawn(**off))


@given(st.integers(0, 99), st.booleans(), st.booleans(), st.floats(0, 1), st.floats(0, 1))
def test_switching_one_change_off_does_not_disturb_the_others(seed, mirror, turn, nameless, swap):
    """The same numbers are drawn whatever is off: a comparison changes one thing alone."""
    every = drawn(seed, 20, mirror=True, turn=True, nameless=0.5, swap_timbre=0.5)
    some = drawn(seed, 20, mirror=mirror, turn=turn, nameless=nameless, swap_timbre=swap)
    np.testing.assert_array_equal(some.mirrored_B, every.mirrored_B & mirror)
    if turn:
        np.testing.assert_array_equal(some.yaw_B, every.yaw_B)
    if nameless >= 0.5:
        assert (some.nameless_B | ~every.nameless_B).all()
    if swap <= 0.5:
        assert (every.swapped_B | ~some.swapped_B).all()


def test_the_same_generator_draws_the_same():
    one, other = drawn(3, 9, turn=True), drawn(3, 9, turn=True)
    np.testing.assert_array_equal(one.yaw_B, other.yaw_B)
    assert (drawn(4, 9, turn=True).yaw_B != one.yaw_B).any()


def changes(size: int, **fields) -> Changes:
    none = np.zeros(size, bool)
    known = {"mirrored_B": none, "yaw_B": None, "nameless_B": none, "swapped_B": none}
    return Changes(**{**known, **fields})


def test_turning_by_a_quarter_and_not_at_all():
    motion = np.random.default_rng(0).normal(size=(3, 5, 151)).astype("f4")
    before = motion.copy()
    changes(3).turn(motion)
    np.testing.assert_array_equal(motion, before)
    changes(3, yaw_B=np.float32([0, np.pi / 2, np.pi])).turn(motion)
    np.testing.assert_allclose(motion[0], before[0], atol=1e-6)
    x, y = before[1][:, 4], before[1][:, 5]  # the root's place on the floor
    np.testing.assert_allclose(motion[1][:, 4:6], np.stack([-y, x], axis=1), atol=1e-5)
    np.testing.assert_allclose(motion[2][:, 4:6], -before[2][:, 4:6], atol=1e-5)


def test_timbre_and_chords_come_from_the_neighbour_and_rhythm_stays():
    music = np.random.default_rng(0).normal(size=(4, 6, 35)).astype("f4")
    before = music.copy()
    changes(4, swapped_B=np.array([True, False, True, True])).swap_timbre(music)
    timbre = slice(layout.mfcc.start, layout.chroma.stop)
    for row, source in enumerate((3, 1, 1, 2)):
        np.testing.assert_array_equal(music[row, :, timbre], before[source, :, timbre])
    for kept in (layout.envelope, layout.peaks, layout.beats):
        np.testing.assert_array_equal(music[..., kept], before[..., kept])


def test_hidden_genres_are_minus_one_and_the_given_array_stays():
    genres = np.array([2, 0, 1])
    hidden = changes(3, nameless_B=np.array([False, True, False])).hide_genres(genres)
    assert hidden.tolist() == [2, -1, 1]
    assert genres.tolist() == [2, 0, 1]


def test_unless_told_otherwise_windows_are_mirrored_and_some_are_nameless() -> None:
    usual = drawn()
    assert np.mean(usual.mirrored_B) == pytest.approx(0.5, abs=0.05)
    assert np.mean(usual.nameless_B) == pytest.approx(0.1, abs=0.03)
    assert not usual.swapped_B.any() and usual.yaw_B is None
