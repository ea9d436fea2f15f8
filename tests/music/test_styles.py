"""The table of styles: patterns that fit a bar, instruments that exist, chords in their key."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.music import compose as composer
from pipelines.music.styles import STYLES, Style

EVERY = pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))


def test_styles_that_the_documents_name() -> None:
    assert sorted(STYLES) == ["folk", "hiphop", "house", "pop", "salsa"]


@EVERY
def test_patterns_are_one_bar_of_known_marks(style: Style) -> None:
    for pattern in (*style.drums.values(), style.chord_hits):
        assert len(pattern) == 16
        assert set(pattern) <= set("Xxo.")
        assert set(pattern) != {"."}


@EVERY
def test_every_drum_has_an_instrument(style: Style) -> None:
    assert set(style.drums) <= set(composer._DRUMS)
    assert style.chord_voice in ("piano", "pluck", "pad")
    assert style.lead_voice in ("lead", "pluck")


@EVERY
def test_a_bass_line_has_one_voice_and_stays_in_its_bar(style: Style) -> None:
    for (start, length, _), (following, _, _) in zip(
        style.bass, [*style.bass[1:], (16, 0, 0)], strict=True
    ):
        assert 0 <= start < 16 and length > 0
        assert start + length <= following
    assert {interval % 12 for *_, interval in style.bass} <= {0, 5, 7}


@EVERY
def test_every_beat_is_marked_by_something(style: Style) -> None:
    """A dancer needs each of the four beats: some instrument plays it, the first one loudest."""
    loudness = {"X": 1.0, "x": 0.75, "o": 0.45, ".": 0.0}
    steps = np.array([[loudness[mark] for mark in pattern] for pattern in style.drums.values()])
    assert (steps[:, ::4].max(axis=0) >= 0.45).all()
    assert steps[:, 0].max() == 1.0


@EVERY
def test_progressions_are_four_bars_of_triads_on_one_scale(style: Style) -> None:
    natural = {"major": {0, 2, 4, 5, 7, 9, 11}, "minor": {0, 2, 3, 5, 7, 8, 10}}
    third = {"major": 4, "minor": 3}
    for chords in style.progressions:
        assert len(chords) == 4
        tonic = next((quality for root, quality in chords if root == 0), "major")
        for root, quality in chords:
            assert root in natural[tonic]
            dominant = tonic == "minor" and root == 7  # minor borrows its major dominant
            assert (root + third[quality]) % 12 in natural[tonic] or dominant


@EVERY
def test_swing_never_reaches_the_next_sixteenth(style: Style) -> None:
    assert 0 <= style.swing < 0.5


def test_salsa_plays_the_three_two_son_clave() -> None:
    clave = STYLES["salsa"].drums["clave"]
    assert [i for i, mark in enumerate(clave) if mark != "."] == [0, 3, 6, 10, 12]


def test_house_has_four_on_the_floor_and_the_off_beat_open_hat() -> None:
    drums = STYLES["house"].drums
    assert [i for i, mark in enumerate(drums["kick"]) if mark != "."] == [0, 4, 8, 12]
    assert [i for i, mark in enumerate(drums["hat_open"]) if mark != "."] == [2, 6, 10, 14]


@pytest.mark.parametrize("name", ["hiphop", "pop", "house"])
def test_the_backbeat_falls_on_two_and_four(name: str) -> None:
    drums = STYLES[name].drums
    backbeat = drums.get("snare") or drums["clap"]
    assert [i for i, mark in enumerate(backbeat) if mark != "."] == [4, 12]
