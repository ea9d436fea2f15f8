"""Music of 25 and of 30 rows a second under dances of 30 frames a second."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.music.features import MusicFeatures
from pipelines.music.recipes.timing import played_on, rows_at, rows_for, under
from pipelines.rhythm.on_beat import with_reserve
from pipelines.support.errors import UnsuitableInput


def seconds(rows, fps):
    """Music whose one number is the second that it is of."""
    return MusicFeatures((np.arange(rows) / fps)[:, None].astype("f4"), fps, "toy1-fps")


@given(st.integers(0, 5000), st.sampled_from([25.0, 30.0]))
def test_the_nearest_row_is_at_most_half_a_row_away(frame, fps):
    (row,) = rows_at(np.array([frame]), fps, 10_000)
    assert abs(row / fps - frame / 30) <= 0.5 / fps + 1e-9
    assert rows_at(np.array([frame]), fps, 3)[0] <= 2


@pytest.mark.parametrize(("frames", "rows"), [(12, 10), (384, 320), (13, 11), (1, 1)])
def test_whole_cells_of_the_clock_are_whole_rows(frames, rows):
    assert rows_for(frames, 25.0) == rows and rows_for(frames, 30.0) == frames


@given(st.integers(0, 200), st.integers(1, 90), st.sampled_from([25.0, 30.0]))
def test_under_a_dance_lie_its_own_seconds(first, frames, fps):
    heard = under(seconds(round(12 * fps), fps), first, frames)
    assert heard.frames == rows_for(frames, fps) and (heard.fps, heard.schema) == (fps, "toy1-fps")
    wanted = first / 30 + np.arange(heard.frames) / fps
    assert np.abs(heard.values[:, 0] - wanted).max() <= 0.5 / fps + 1e-4


def test_a_row_too_few_is_held_and_a_second_too_few_refused():
    music = seconds(100, 25.0)  # 4 s
    assert under(music, 0, 122).values[-1, 0] == pytest.approx(99 / 25)
    with pytest.raises(UnsuitableInput, match=r"toy1 features end after 4\.0 s, .* 5\.1 s"):
        under(music, 0, 153)


@given(st.integers(30, 200), st.sampled_from([0.0, 0.2]), st.integers(0, 40))
def test_a_song_is_played_on_as_its_features_are(song, change, more):
    values = np.random.default_rng(song).normal(size=(song, 35)).astype("f4")
    reserve = with_reserve(values, change)
    whole = len(reserve) + more
    expected = np.pad(reserve, ((0, more), (0, 0)), mode="edge")
    np.testing.assert_array_equal(
        played_on(MusicFeatures(values), song, len(reserve), whole), expected
    )


def test_at_25_a_second_it_begins_anew_at_the_songs_end():
    music, song = seconds(75, 25.0), 90  # 3 s
    held = played_on(music, song, 180, 192)
    assert len(held) == 160
    np.testing.assert_allclose(held[:75, 0], np.arange(75) / 25, atol=1e-6)
    np.testing.assert_allclose(held[75:150, 0], np.arange(75) / 25, atol=1e-6)
    assert (held[150:] == held[149]).all()
