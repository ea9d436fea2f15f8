from dataclasses import replace

import numpy as np
import pytest

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Windows
from pipelines.motion.motion import Motion
from pipelines.motion.representation import encode
from pipelines.motion.turning import face_front
from pipelines.rhythm.in_step import STEP_PHASE, step_swing
from pipelines.rhythm.step_cycle import foot_speeds
from pipelines.support.errors import UnsuitableInput

PLAIN = Augmentation(mirror=False, turn=False, nameless=0.0)


def dance(frames, seed=0, genre="salsa"):
    random = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / 30
    phase, size = random.uniform(0, 6, (24, 3)), random.uniform(0, 0.6, (24, 3))
    poses = size * np.sin(5 * time + phase)
    poses[:, 0] += (np.pi / 2, 0, 0)
    trans = np.cumsum(random.normal(0, 0.02, (frames, 3)), axis=0) + np.array([3, -2, 0.9])
    return Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0, genre=genre)


def sequence(frames, seed=0, genre="salsa", take=None, group=None, split=""):
    motion = dance(frames, seed, genre)
    features = np.random.default_rng(seed).normal(size=(frames, 35)).astype(np.float32)
    take = take or f"take{seed}"
    return PairedSequence(motion, features, take, group or take, split)


def windows(sequences, window=30, stride=10, balance=0.5, genres=("salsa", "ballet")):
    return Windows(sequences, genres, window, stride, balance)


def test_windows_start_on_the_stride_and_keep_music_beside_motion():
    data = sequence(55)
    found = windows([data], window=30, stride=10)
    assert list(found.start_of) == [0, 10, 20]
    batch = found.gather(np.array([1, 2]))
    np.testing.assert_array_equal(batch.music[0], data.features[10:40])
    expected = encode(data.motion)[None, 20:50].copy()
    face_front(expected)
    np.testing.assert_array_equal(batch.motion[1], expected[0])


def test_the_clock_keeps_time_with_the_music_and_with_the_mirror():
    beats = np.zeros((100, 35), dtype=np.float32)
    beats[::10, 34] = 1
    data = Windows([replace(sequence(100), features=beats)], ["salsa"], 40, 10, find_ones=True)
    assert data.ones.shape == (2, len(data))
    drawn = data.draw(64, (0, 0, 0), Augmentation(mirror=True, nameless=0.0))
    on_beat = drawn.music[..., 34] > 0
    np.testing.assert_allclose(drawn.clock[..., 0][on_beat], 1, atol=1e-5)
    assert (drawn.clock[..., 0][~on_beat] < 0.99).all()
    rows = np.arange(len(data))
    for mirrored in (False, True):
        batch = data.gather(rows, np.full(len(rows), mirrored))
        slowest = np.arctan2(batch.clock[:, 0, 5], batch.clock[:, 0, 2]) / (2 * np.pi) * 4
        expected = data.start_of / 10 - data.ones[int(mirrored)]
        np.testing.assert_allclose((slowest - expected + 2) % 4, 2, atol=1e-4)


def stepping(frames, fastest, period=15, seed=0):
    """Feet that swing with the beat, fastest so many beats after it, on beats `period` apart."""
    made = sequence(frames, seed)
    turn = 2 * np.pi * (np.arange(frames) / period - fastest)
    made.motion.poses[:] = 0
    made.motion.poses[:, 1, 0] = np.cumsum(0.05 * (1 + np.cos(turn)))
    made.features[:, 34] = np.arange(frames) % period == 0
    return made


@pytest.mark.parametrize("fastest", [0.1, 1 / 3, 0.6])
def test_windows_in_step_hear_their_song_where_their_steps_land(fastest):
    data = stepping(300, fastest)
    found = Windows([data], ["salsa"], 120, 10, in_step=True)
    plain = Windows([data], ["salsa"], 120, 10)
    usable = np.flatnonzero(found.odds)
    assert 0.7 * len(found) < len(usable)
    ours = found.gather(usable)
    np.testing.assert_array_equal(ours.motion, plain.gather(usable).motion)
    speed = foot_speeds(data.motion).sum(axis=1)
    for row, music, clock in zip(usable, ours.music, ours.clock, strict=True):
        start = plain.start_of[row]
        heard = np.flatnonzero(data.features[:, 0] == music[0, 0])[0]
        assert abs(heard - start) <= 8
        np.testing.assert_array_equal(music, data.features[heard : heard + 120])
        np.testing.assert_allclose(clock[music[:, 34] > 0, 0], 1, atol=1e-5)
        swing = step_swing(speed[start : start + 120], np.arange(heard, heard + 120) / 15)
        assert np.angle(swing * np.exp(-1j * STEP_PHASE)) == pytest.approx(0, abs=0.22)


def test_what_keeps_time_is_drawn_more_often_in_step():
    firm, loose = stepping(330, 0.6), sequence(330, 1)
    loose.features[:, 34] = firm.features[:, 34]
    found = Windows([firm, loose], ["salsa"], 120, 10, in_step=True)
    odds = [found.odds[found.sequence_of == number].sum() for number in (0, 1)]
    assert odds[0] > 3 * odds[1] > 0
    assert sum(odds) == pytest.approx(1)


def test_a_swapped_timbre_leaves_the_rhythm():
    found = windows([sequence(400, seed) for seed in range(3)])
    own = found.draw(16, (3,), PLAIN)
    swapped = found.draw(16, (3,), replace(PLAIN, swap_timbre=1.0))
    timbre, rhythm = slice(1, 33), [0, 33, 34]  # mfcc and chroma; envelope, peaks and beats
    np.testing.assert_array_equal(
        swapped.music[..., timbre], np.roll(own.music, 1, axis=0)[..., timbre]
    )
    np.testing.assert_array_equal(swapped.music[..., rhythm], own.music[..., rhythm])
    np.testing.assert_array_equal(swapped.motion, own.motion)


def test_same_key_same_batch_other_key_other_batch():
    found = windows([sequence(400, seed) for seed in range(3)])
    one, same, other = (found.draw(8, key, Augmentation()) for key in ((0, 5), (0, 5), (0, 6)))
    np.testing.assert_array_equal(one.motion, same.motion)
    np.testing.assert_array_equal(one.genre, same.genre)
    assert not np.array_equal(one.motion, other.motion)


def test_balance_evens_out_the_genres():
    data = [sequence(3000, 0, "salsa"), sequence(330, 1, "ballet")]
    share = {}
    for balance in (0.0, 1.0):
        found = windows(data, balance=balance)
        share[balance] = (found.draw(4000, (1,), PLAIN).genre == 1).mean()
    assert share[0.0] == pytest.approx(31 / 329, abs=0.02)
    assert share[1.0] == pytest.approx(0.5, abs=0.03)


def test_genres_match_without_case_and_some_are_hidden():
    found = windows([sequence(90, genre="SALSA"), sequence(90, 1, genre="polka")])
    assert set(found.gather(np.arange(len(found))).genre) == {0, -1}
    hidden = found.draw(500, (2,), Augmentation(nameless=1.0)).genre
    assert set(hidden) == {-1}


@pytest.mark.parametrize("turned", [False, True])
def test_extremes_bound_every_drawn_window(turned):
    augment = Augmentation(mirror=True, turn=turned)
    found = windows([sequence(120, seed) for seed in range(4)])
    low, high = found.extremes(augment)
    drawn = found.draw(300, (0,), augment).motion
    assert (drawn >= low - 1e-5).all()
    assert (drawn <= high + 1e-5).all()
    assert drawn.max() > 0.9 * high.max()


def test_too_short_data_is_refused_with_the_lengths():
    with pytest.raises(UnsuitableInput, match="longest of 2 has 25") as caught:
        windows([sequence(20), sequence(25, 1)], window=30)
    assert "--window" in caught.value.hint


def test_a_sequence_of_just_one_window_counts():
    assert len(windows([sequence(30)], window=30, stride=7)) == 1
