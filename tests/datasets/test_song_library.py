from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from listener import Listener

from pipelines.datasets.song_library import read_song, song_library
from pipelines.media.audio import write_wav
from pipelines.music.compose import compose
from pipelines.music.instruments import RATE
from pipelines.music.recipes.recipe import Recipe
from pipelines.support.errors import UnsuitableInput


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("songs")
    seconds = 16 * 60 / 120
    write_wav(root / "loop.wav", compose(seconds, 120, "house", 1), RATE)
    write_wav(root / "odd.wav", compose(8.3, 100, "pop", 1), RATE)
    write_wav(root / "deep" / "noise.wav", np.zeros(RATE * 4), RATE) if (
        (root / "deep").mkdir() is None
    ) else None
    (root / "broken.mp3").write_bytes(b"not a song")
    (root / "notes.txt").write_text("not a song either")
    return root


def test_reads_songs_repeats_loops_and_names_the_rest(folder: Path) -> None:
    listener = Listener()
    songs = {song.name: song for song in song_library(folder, progress=listener)}
    assert set(songs) == {"loop.wav", "odd.wav"}
    assert songs["loop.wav"].features.frames >= 90 * 30
    assert songs["odd.wav"].features.frames == 250
    np.testing.assert_allclose(np.diff(songs["loop.wav"].beats), 0.5, atol=0.003)
    assert len(listener.warned) == 2
    assert any("broken.mp3" in w for w in listener.warned)
    assert any("noise.wav" in w and "no steady beat" in w for w in listener.warned)


def test_features_are_cached_by_content(folder: Path, tmp_path: Path) -> None:
    first = read_song(folder / "odd.wav", tmp_path)
    (stored,) = tmp_path.iterdir()
    renamed = tmp_path / "other.wav"
    renamed.write_bytes((folder / "odd.wav").read_bytes())
    changed = stored.stat().st_mtime_ns
    again = read_song(renamed, tmp_path)
    np.testing.assert_array_equal(again.features.values, first.features.values)
    assert stored.stat().st_mtime_ns == changed
    stored.write_bytes(b"damaged")
    healed = read_song(folder / "odd.wav", tmp_path)
    np.testing.assert_array_equal(healed.features.values, first.features.values)
    assert stored.stat().st_size > 1000


def test_refuses_folders_without_songs(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such folder"):
        song_library(tmp_path / "nowhere")
    with pytest.raises(UnsuitableInput, match="no song with a steady beat"):
        song_library(tmp_path)


def test_finds_the_published_grids_of_real_songs(shared_data: Path) -> None:
    folder = shared_data / "music" / "superpowers_cc0"
    for name, bpm in (
        ("space-shooter__music__1.ogg", 120),
        ("ninja-adventure__musics__theme-10.ogg", 130),
    ):
        song = read_song(folder / name)
        assert 60 / np.diff(song.beats).mean() == pytest.approx(bpm, rel=1e-3)
        phase = np.exp(2j * np.pi * song.beats * bpm / 60).mean()
        assert abs(phase) > 0.98 and abs(np.angle(phase)) / (2 * np.pi) * 60 / bpm < 0.04


def test_a_recipe_hears_the_loop_as_often_as_its_features_do(folder: Path, tmp_path: Path) -> None:
    heard: list[int] = []

    def loudest(samples: np.ndarray) -> np.ndarray:
        heard.append(len(samples))
        return np.abs(samples[: len(samples) // 100 * 100]).reshape(-1, 100).max(1)[:, None]

    recipe = Recipe("loud", "loud1-10fps", 1, 10.0, 1000, loudest)
    songs = [read_song(folder / "loop.wav", tmp_path, recipe) for _ in range(2)]
    found = songs[0].heard
    assert found is not None and len(heard) == 1  # the second is kept
    seconds = songs[0].features.frames / 30
    assert found.frames / found.fps == pytest.approx(seconds, abs=0.1)
    one = np.round(found.values[:80, 0], 2)
    np.testing.assert_allclose(found.values[80:160, 0], one, atol=0.1)
    assert read_song(folder / "loop.wav", tmp_path).heard is None
