"""Where a song changes: on its beats, near the truth, and parts that are alike share a letter."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipelines.music import layout
from pipelines.music.features import MusicFeatures
from pipelines.music.sections import sections_from, song_sections

BEAT = 15
"""Frames: 120 beats a minute at 30 frames a second."""


def song(pattern: str, beats: int = 32, noise: float = 0.3, seed: int = 0) -> MusicFeatures:
    """Each letter sounds in its own way for so many beats."""
    random = np.random.default_rng(seed)
    ways = {letter: random.normal(size=33) for letter in sorted(set(pattern))}
    rows = np.concatenate([np.tile(ways[letter], (beats * BEAT, 1)) for letter in pattern])
    values = np.zeros((len(rows), 35), dtype=np.float32)
    values[:, :33] = rows + noise * random.normal(size=rows.shape)
    values[::BEAT, layout.beats] = 1
    return MusicFeatures(values)


@pytest.mark.parametrize("pattern", ["AB", "ABA", "ABCAB"])
def test_parts_are_found_on_the_beat_and_come_back_by_their_letter(pattern):
    found = song_sections(song(pattern))
    assert "".join(part.label for part in found) == pattern
    for number, part in enumerate(found):
        assert part.start == pytest.approx(16 * number, abs=0.5)
    assert found[0].start == 0 and found[-1].end == pytest.approx(16 * len(pattern))
    assert all(one.end == other.start for one, other in itertools.pairwise(found))


def test_a_stretch_keeps_the_letters_of_the_whole_song():
    found = song_sections(song("ABA"))
    stretch = sections_from(found, 20.0)
    assert [part.label for part in stretch] == ["B", "A"]
    assert [part.start for part in stretch] == [0.0, pytest.approx(found[1].end - 20)]
    assert stretch[-1].end == pytest.approx(found[-1].end - 20)
    assert sections_from(found, 0.0) == found and sections_from(found, 100.0) == []


def test_an_even_song_a_short_one_and_silence_are_one_part():
    assert [part.label for part in song_sections(song("AB", beats=8))] == ["A"]
    (part,) = song_sections(MusicFeatures(np.zeros((1800, 35), dtype=np.float32)))
    assert (part.start, part.end, part.label) == (0.0, 60.0, "A")
    (part,) = song_sections(MusicFeatures(np.zeros((10, 35), dtype=np.float32)))
    assert part.end == pytest.approx(1 / 3)


def test_a_song_without_beats_is_parted_as_well():
    without = song("ABA")
    without.values[:, layout.beats] = 0
    found = song_sections(without)
    assert "".join(part.label for part in found) == "ABA"
    assert found[1].start == pytest.approx(16, abs=1)


def test_no_part_is_shorter_than_four_bars_but_the_ends():
    found = song_sections(song("ABCDEFGHABCD", beats=6, seed=3))
    assert all(part.end - part.start >= 7.5 for part in found[1:-1])
