"""Beats and sections of a page's song, from the second with which the page begins."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.page.listening import with_song
from pipelines.page.writing import Page, PageDance
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture
def page(dance, stick):
    return Page([PageDance("d", dance(0, 90), stick)])


@pytest.fixture
def two_halves(tmp_path):
    """20 s of a low tone with clicks, then 20 s of a high one."""
    time = np.arange(40 * 16_000) / 16_000
    tone = np.where(time < 20, np.sin(time * 700), 0.4 * np.sign(np.sin(time * 9_000)))
    samples = 0.3 * tone + np.where(time % 0.5 < 0.01, 0.6, 0.0)
    write_wav(tmp_path / "song.wav", samples, 16_000)
    return tmp_path / "song.wav"


def test_beats_and_sections(page, two_halves, tmp_path):
    heard = with_song(page, two_halves, 0.0, tmp_path / "w", SILENT)
    assert heard.song == two_halves and len(heard.beats) > 30
    assert [part.label for part in heard.sections][:2] == ["A", "B"]
    assert heard.sections[0].end == pytest.approx(20, abs=1)
    later = with_song(page, two_halves, 15.0, tmp_path / "w", SILENT)
    assert later.song_start == 15
    assert later.sections[0].start == 0
    assert later.sections[0].end == pytest.approx(heard.sections[0].end - 15)
    assert all(beat >= 0 for beat in later.beats) and len(later.beats) < len(heard.beats)


def test_a_song_too_short_for_sections_still_has_beats(page, tmp_path):
    time = np.arange(16_000) / 16_000
    write_wav(tmp_path / "s.wav", np.where(time % 0.25 < 0.01, 0.9, 0.0), 16_000)
    heard = with_song(page, tmp_path / "s.wav", 0.0, tmp_path / "w", SILENT)
    assert heard.sections == [] and heard.song is not None
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    with pytest.raises(UnsuitableInput):
        with_song(page, tmp_path / "bad.wav", 0.0, tmp_path / "w", SILENT)
