"""Sets are measured clip by clip; songs are heard once, and silence has a reason."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.evaluation.measuring import Listener, MeasuredSet, measure_each, without_beats
from pipelines.media.audio import write_wav
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT


def test_clips_that_fail_are_named_and_the_others_keep_their_order(tmp_path):
    def measure(item, measured):
        if item.name == "b":
            raise UnsuitableInput("too short")
        measured.notes.append(item.name)
        return Clip(item.name)

    found = measure_each("x", [Item(name, tmp_path) for name in "abc"], measure, SILENT)
    assert [clip.name for clip in found.clips] == ["a", "c"]
    assert found.left_out == {"b": "too short"}
    assert found.notes == ["a", "c"]


def test_a_bug_is_not_hidden(tmp_path):
    with pytest.raises(ZeroDivisionError):
        measure_each("x", [Item("a", tmp_path)], lambda item, measured: 1 / 0, SILENT)


@pytest.fixture
def listener(tmp_path):
    return Listener("strict", tmp_path / "beats")


def test_beats_of_a_song_are_kept(listener, tiny_song, tmp_path):
    item = Item("a", tmp_path / "a.npz", tiny_song)
    beats = listener.beats(item)
    assert np.diff(beats) == pytest.approx(np.full(len(beats) - 1, 0.5), abs=0.06)
    (kept,) = (tmp_path / "beats").iterdir()
    before = kept.stat().st_mtime_ns
    assert (listener.beats(item) == beats).all()
    assert kept.stat().st_mtime_ns == before


def test_beats_count_from_where_the_dance_starts(listener, tiny_song, tmp_path):
    whole = listener.beats(Item("a", tmp_path, tiny_song))
    later = listener.beats(Item("a", tmp_path, tiny_song, 1.0))
    assert later[-1] == pytest.approx(whole[-1] - 1.0, abs=0.06)


def test_silence_has_a_reason(listener, tmp_path):
    write_wav(tmp_path / "silence.wav", np.zeros(30_000), 16_000)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    measured = MeasuredSet()
    for name, music in (("none", None), ("silent", tmp_path / "silence.wav"),
                        ("broken", tmp_path / "broken.wav")):  # fmt: skip
        assert listener.beats(Item(name, tmp_path, music), measured) is None
    assert measured.silent["none"] == "no music of its name"
    assert measured.silent["silent"] == "silence.wav: no beat is heard"
    assert "broken.wav" in measured.silent["broken"]


def test_songs_are_heard_in_advance_each_once(listener, tiny_song, tmp_path):
    other = tmp_path / "other.wav"
    other.write_bytes(tiny_song.read_bytes())
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    songs = (tiny_song, tiny_song, other, broken, None)
    listener.listen([Item(str(k), tmp_path, song) for k, song in enumerate(songs)], SILENT)
    # Two files of one content are one song.
    assert len(list((tmp_path / "beats").iterdir())) == 1


def test_want_of_music_is_told_with_its_reason():
    clips = [Clip(name) for name in "abc"]
    assert without_beats("pred", MeasuredSet(clips)) is None
    some = without_beats("pred", MeasuredSet(clips, silent={"a": "no song"}))
    assert some == "pred: BAS is of 2 of 3 clips; without music: a (no song)"
    mixed = without_beats("pred", MeasuredSet(clips, silent={"b": "no song", "a": "no beat"}))
    assert "1 of 3 clips; without music: a, b (b: no song; and others)" in mixed
    none = without_beats("pred", MeasuredSet(clips, silent=dict.fromkeys("abc", "no song")))
    assert "BAS is left out" in none and "(no song)" in none and "--music" in none
