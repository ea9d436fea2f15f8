"""One clock: whole cells in every unit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.motion_expert.infinitedance.clock import (
    FRAMES_PER_LATENT,
    MUSIC_HZ,
    STEP,
    TOKENS_PER_LATENT,
    WINDOW,
    Span,
    window_starts,
)
from pipelines.support.errors import UnsuitableInput


@given(st.integers(1, 10_000))
def test_every_unit_tells_the_same_time(cells):
    span = Span(cells)
    assert span.frames / 30 == pytest.approx(span.music / MUSIC_HZ) == pytest.approx(0.4 * cells)
    assert span.frames == FRAMES_PER_LATENT * span.latents
    assert span.tokens == TOKENS_PER_LATENT * span.latents
    assert Span.of_frames(span.frames) == Span.covering(span.frames) == span
    assert Span.covering(span.frames + 1).cells == cells + 1


def test_the_published_window():
    units = (WINDOW.frames, WINDOW.latents, WINDOW.tokens, WINDOW.music)
    assert units == (384, 96, 288, 320)
    assert (STEP.tokens, STEP.music, WINDOW.tokens - STEP.tokens) == (180, 200, 108)


@pytest.mark.parametrize("frames", [0, 13, 383])
def test_frames_that_are_no_whole_cells(frames):
    with pytest.raises(UnsuitableInput, match="whole cells"):
        Span.of_frames(frames)


@given(st.integers(32, 2000))
def test_windows_cover_a_song_to_its_exact_end(cells):
    starts = window_starts(Span(cells))
    assert starts[0] == 0
    assert starts[-1] + WINDOW.cells == cells
    steps = [b - a for a, b in pairwise(starts)]
    assert all(0 < step <= STEP.cells for step in steps)
    assert all(step == STEP.cells for step in steps[:-1])


def test_a_song_shorter_than_a_window():
    with pytest.raises(UnsuitableInput, match="shorter than a window"):
        window_starts(Span(31))


def test_rows_of_music_at_either_rate():
    for cells in (1, 4, 16, 32):
        assert Span(cells).rows(25.0) == Span(cells).music == 10 * cells
        assert Span(cells).rows(30.0) == Span(cells).frames
        for hz in (25.0, 30.0):
            assert Span.of_rows(Span(cells).rows(hz), hz) == Span(cells)
    with pytest.raises(UnsuitableInput, match="319 rows of music at 25 a second"):
        Span.of_rows(319, 25.0)
