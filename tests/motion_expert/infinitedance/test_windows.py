"""Windows: whole cells, the same for the same key, never from the wrong recording."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.features import encode
from pipelines.motion_expert.infinitedance.windows import DanceWindows
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures
from pipelines.music.recipes.timing import rows_for
from pipelines.rhythm.beat_clock import count_beats
from pipelines.rhythm.in_step import STEP_PHASE, step_swing
from pipelines.rhythm.step_cycle import foot_speeds
from pipelines.support.errors import UnsuitableInput


def test_windows_hold_the_frames_that_they_say(dance, paired):
    windows = DanceWindows([paired(1), paired(2, 40)], ("Jazz",), Span(2), Span(1))
    assert len(windows) == 5 + 2  # 24 of 72 frames every 12; 24 of 40
    batch = windows.gather(np.array([3, 6]))
    assert (batch.motion.shape, batch.music.shape) == ((2, 24, 264), (2, 24, 35))
    assert batch.music[0, :, 0].tolist() == list(range(36, 60))
    assert batch.music[1, 0].tolist()[1] == 2
    whole = encode(dance(1, 72))
    np.testing.assert_array_equal(batch.motion[0, :, 5:], whole[36:60, 5:])
    assert (batch.motion[:, 0, 1] == 0).all()
    assert batch.recording.tolist() == [0, 1]


def test_a_mirror_image_is_of_the_same_recording(paired):
    windows = DanceWindows([paired(1), paired(2)], (), Span(6), Span(6), mirror=True)
    assert windows.recording.tolist() == [0, 0, 1, 1]
    batch = windows.gather(np.arange(4))
    np.testing.assert_array_equal(batch.music[0], batch.music[1])
    left, right = batch.motion[0, :, 260:262], batch.motion[1, :, 262:264]
    # Left feet of one are right feet of the other; the skeleton is not quite symmetric.
    assert (left == right).mean() > 0.95


def test_draws_follow_from_the_key_and_genres_are_balanced(paired):
    data = [paired(1, 240, "Jazz"), paired(2, 48, "Pop"), paired(3, 48, "Odd")]
    windows = DanceWindows(data, ("jazz", "POP"), Span(2), Span(1), balance=1.0)
    one, again = windows.draw(64, (1, 2)), windows.draw(64, (1, 2))
    np.testing.assert_array_equal(one.motion, again.motion)
    assert not np.array_equal(one.recording, windows.draw(64, (1, 3)).recording)
    shares = np.bincount(windows.draw(3000, (0,)).genre + 1, minlength=3) / 3000
    np.testing.assert_allclose(shares, 1 / 3, atol=0.05)  # none, Jazz, Pop


def test_moments_scale_to_one(paired):
    windows = DanceWindows([paired(n) for n in range(6)], (), Span(3), Span(1))
    mean, std = windows.moments()
    scaled = (windows.gather(np.arange(len(windows))).motion - mean) / std
    np.testing.assert_allclose(scaled.mean((0, 1)), 0, atol=1e-3)
    assert (std > 0).all()
    assert windows.spread(3).tolist() == [0, 12, 23]


def test_dances_that_are_all_too_short(paired):
    with pytest.raises(UnsuitableInput, match="as long as a window of 12"):
        DanceWindows([paired(1)], (), Span(32), Span(1))


def test_windows_in_step_hear_their_song_where_their_steps_land(paired):
    """Feet swing twice a second, beside the song's beats; so do those of the mirrored dance."""
    data = paired(1, 300)
    data.motion.poses[:, 1:], data.motion.trans[:] = 0, (0, 0, 0.9)
    swing_T = np.sin(2 * np.pi * np.arange(300) / 30 + 2.0)
    data.motion.poses[:, 1, 0], data.motion.poses[:, 2, 0] = 0.5 * swing_T, -0.5 * swing_T
    data.features[:, 34] = np.arange(300) % 15 == 0
    found = DanceWindows([data], (), Span(10), Span(1), mirror=True, in_step=True)
    plain = DanceWindows([data], (), Span(10), Span(1), mirror=True)
    rows = np.flatnonzero(found.odds)
    assert len(rows) > len(found) / 2
    assert found.odds.sum() == pytest.approx(1)
    ours, theirs = found.gather(rows), plain.gather(rows)
    np.testing.assert_array_equal(ours.motion, theirs.motion)
    speed, count = foot_speeds(data.motion).sum(axis=1), count_beats(data.features)
    for row, music in zip(rows, ours.music, strict=True):
        heard, start = int(music[0, 0]), plain.start[row]
        assert 0 < abs(heard - start) <= 8
        swing = step_swing(speed[start : start + 120], count[heard : heard + 120])
        assert np.angle(swing * np.exp(-1j * STEP_PHASE)) == pytest.approx(0, abs=0.25)


def at_25(sequence, wide=4):
    """The same dance, heard by a recipe whose numbers are the seconds."""
    rows = rows_for(sequence.motion.frames, 25.0)
    values = np.repeat(np.arange(rows)[:, None] / 25, wide, axis=1).astype(np.float32)
    return replace(sequence, heard=MusicFeatures(values, 25.0, "toy4-25fps"))


def test_music_at_25_a_second_lies_under_the_same_frames_without_a_detour(paired):
    windows = DanceWindows([at_25(paired(1)), at_25(paired(2, 40))], (), Span(2), Span(1))
    assert (windows.schema, windows.hz, windows.width) == ("toy4-25fps", 25.0, 4)
    batch = windows.gather(np.array([3, 6]))
    assert batch.heard.shape == (2, 20, 4) and batch.music.shape == (2, 24, 35)
    np.testing.assert_allclose(batch.heard[0, :, 0], 36 / 30 + np.arange(20) / 25, atol=1e-6)
    np.testing.assert_allclose(batch.heard[1, :, 0], 12 / 30 + np.arange(20) / 25, atol=1e-6)
    plain = DanceWindows([paired(1)], (), Span(2), Span(1))
    assert (plain.hz, plain.width, plain.schema) == (30.0, 35, FEATURE_SCHEMA)
    assert plain.gather(np.array([0])).by_recipe is None


def test_in_step_what_is_heard_moves_with_the_song(paired):
    windows = DanceWindows([at_25(paired(1))], (), Span(2), Span(1))
    windows.heard = windows.start + 7
    batch = windows.gather(np.array([1]))
    np.testing.assert_allclose(batch.heard[0, :, 0] * 30, 19 + np.arange(20) * 1.2, atol=0.61)
    assert batch.music[0, 0, 0] == 19


def test_dances_of_two_recipes_are_not_mixed(paired):
    with pytest.raises(UnsuitableInput, match=r"different recipes: librosa35.* and toy4"):
        DanceWindows([paired(1), at_25(paired(2))], (), Span(2), Span(1))
