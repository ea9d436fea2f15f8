"""No beat is lost on the way from frames to tokens."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.motion_expert.megadance.token_music import (
    clock_of_tokens,
    first_of_tokens,
    music_of_tokens,
)


def test_marks_are_kept_and_the_rest_is_averaged():
    music = np.zeros((16, 35), np.float32)
    music[:, 0] = np.arange(16)
    music[3, 34] = music[15, 33] = 1
    pooled = music_of_tokens(music)
    assert pooled.shape == (2, 35)
    np.testing.assert_allclose(pooled[:, 0], [3.5, 11.5])
    assert (pooled[0, 34], pooled[1, 33], pooled[1, 34]) == (1, 1, 0)


@given(st.integers(1, 60), st.integers(0, 59))
def test_a_beat_anywhere_is_a_beat_of_its_token_alone(frames, beat):
    music = np.zeros((frames, 35), np.float32)
    music[min(beat, frames - 1), 34] = 1
    pooled = music_of_tokens(music)
    assert len(pooled) == -(-frames // 8)
    assert np.flatnonzero(pooled[:, 34]).tolist() == [min(beat, frames - 1) // 8]


def test_an_unfinished_token_holds_the_last_frame_but_repeats_no_mark():
    music = np.zeros((9, 35), np.float32)
    music[8, 0] = 4
    pooled = music_of_tokens(music)
    assert pooled[1, 0] == 4
    assert pooled[1, 34] == 0


def test_the_clock_is_read_in_the_middle_of_each_token():
    hands = np.arange(20.0, dtype=np.float32)[:, None].repeat(6, 1)
    assert clock_of_tokens(hands)[:, 0].tolist() == [4, 12, 19]
    assert clock_of_tokens(hands[None, :16]).shape == (1, 2, 6)


@given(st.integers(1, 100))
def test_clock_and_music_have_as_many_tokens(frames):
    assert len(clock_of_tokens(np.zeros((frames, 6), np.float32))) == -(-frames // 8)


def test_published_music_of_a_token_is_its_first_frames():
    music = np.arange(19 * 35, dtype=np.float32).reshape(19, 35)
    np.testing.assert_array_equal(first_of_tokens(music), music[[0, 8, 16]])
