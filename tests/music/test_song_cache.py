"""What is heard in a song is kept under its content and the recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.music import song_cache
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures, save_features
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.song_cache import (
    cached_beats,
    cached_features,
    cached_loop_features,
    cached_recipe,
    song_id,
)
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file, sha256_json


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "songs" / "a.wav"
    path.parent.mkdir()
    time = np.arange(3 * 16000) / 16000
    write_wav(path, 0.4 * np.sin(2 * np.pi * 330 * time) * (time % 0.5 < 0.1), 16000)
    return path


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the songs whose features were computed, in place of the computation."""
    heard: list[str] = []

    def fake(path: Path) -> MusicFeatures:
        heard.append(path.name)
        return MusicFeatures(np.full((90, 35), len(heard), dtype=np.float32))

    monkeypatch.setattr(song_cache, "song_features", fake)
    return heard


def test_a_song_is_heard_once(song: Path, tmp_path: Path, counted: list[str]) -> None:
    first, again = (cached_features(song, tmp_path / "cache") for _ in range(2))
    assert counted == ["a.wav"]
    np.testing.assert_array_equal(first.values, again.values)
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.name.startswith("music-") and len(kept.stem) == len("music-") + 16


def test_the_same_content_under_another_name_is_the_same_song(
    song: Path, tmp_path: Path, counted: list[str]
) -> None:
    other = song.with_name("renamed.wav")
    other.write_bytes(song.read_bytes())
    cached_features(song, tmp_path / "cache")
    cached_features(other, tmp_path / "cache")
    assert counted == ["a.wav"]


def test_an_aist_name_that_spells_its_tempo_is_another_song(
    song: Path, tmp_path: Path, counted: list[str]
) -> None:
    """The tempo in the name steers the beat tracker, so the features differ."""
    for name in ("mBR0.wav", "mBR3.wav"):
        song.with_name(name).write_bytes(song.read_bytes())
        cached_features(song.with_name(name), tmp_path / "cache")
    assert counted == ["mBR0.wav", "mBR3.wav"]


def test_changed_content_is_heard_again(song: Path, tmp_path: Path, counted: list[str]) -> None:
    cached_features(song, tmp_path / "cache")
    song.write_bytes(song.read_bytes() + b"\0")
    cached_features(song, tmp_path / "cache")
    assert len(counted) == 2 == len(list((tmp_path / "cache").iterdir()))


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", b"x" * 4000])
def test_a_damaged_file_is_replaced(
    song: Path, tmp_path: Path, counted: list[str], damage: bytes
) -> None:
    cached_features(song, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(damage)
    assert cached_features(song, tmp_path / "cache").values[0, 0] == 2
    assert cached_features(song, tmp_path / "cache").values[0, 0] == 2
    assert len(counted) == 2


def test_features_of_another_recipe_are_made_anew(
    song: Path, tmp_path: Path, counted: list[str]
) -> None:
    cached_features(song, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    save_features(MusicFeatures(np.zeros((90, 35), "f4"), schema="essentia"), kept)
    assert cached_features(song, tmp_path / "cache").schema == FEATURE_SCHEMA
    assert len(counted) == 2


def test_no_song(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match=r"absent\.wav: no such song"):
        cached_features(tmp_path / "absent.wav", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_files_of_earlier_versions_are_found_again(song: Path) -> None:
    digest = sha256_file(song)
    assert song_id(song, FEATURE_SCHEMA) == sha256_json([digest, FEATURE_SCHEMA, None])[:16]
    assert song_id(song, "mace", 1, 0.5) == sha256_json([digest, "mace", 1, 0.5, None])[:16]


def test_a_loop_is_kept_apart_from_the_song_as_it_is_and_from_other_lengths(
    song: Path, tmp_path: Path, counted: list[str]
) -> None:
    folder, loops = tmp_path / "cache", []

    def repeated(path: Path) -> MusicFeatures:
        loops.append(path)
        return MusicFeatures(np.zeros((2700, 35), dtype=np.float32))

    assert cached_features(song, folder).frames == 90
    for seconds in (90.0, 60.0, 90.0):
        assert cached_loop_features(song, folder, seconds, repeated).frames == 2700
    assert len(loops) == 2 and len(list(folder.iterdir())) == 3


def test_beats_count_from_the_start_and_are_kept(tmp_path: Path) -> None:
    rate, clicks = 22050, tmp_path / "clicks.wav"
    samples, click = np.zeros(10 * rate), np.arange(400)
    for start in range(0, len(samples), rate // 2):
        samples[start : start + 400] = 0.8 * np.sin(click * 0.5) * np.exp(-click / 80)
    write_wav(clicks, samples, rate)
    folder = tmp_path / "cache"
    later = cached_beats(clicks, "mace", 2.25, folder)
    assert np.median(np.abs((later + 2.25) * 2 - np.round((later + 2.25) * 2))) < 0.25
    (kept,) = folder.iterdir()
    assert (cached_beats(clicks, "mace", 2.25, folder) == later).all()
    kept.write_text("damaged")
    assert (cached_beats(clicks, "mace", 2.25, folder) == later).all()
    assert len(list(folder.iterdir())) == 1


def test_another_recipe_is_kept_beside_the_features(
    song: Path, tmp_path: Path, counted: list[str]
) -> None:
    heard: list[int] = []

    def compute(samples: np.ndarray) -> np.ndarray:
        heard.append(len(samples))
        return np.ones((len(samples) // 100, 2))

    recipe = Recipe("two", "two2-10fps", 2, 10.0, 1000, compute)
    cached_features(song, tmp_path / "cache")
    first, again = (cached_recipe(song, recipe, tmp_path / "cache") for _ in range(2))
    assert len(heard) == 1 and len(list((tmp_path / "cache").iterdir())) == 2
    assert first.values.shape == again.values.shape == (30, 2)
    assert (again.fps, again.schema) == (10.0, "two2-10fps")
    kept = tmp_path / "cache" / f"music-{song_id(song, recipe.schema)}.npz"
    save_features(MusicFeatures(np.zeros((30, 3), dtype=np.float32), 10.0, recipe.schema), kept)
    assert cached_recipe(song, recipe, tmp_path / "cache").values.shape == (30, 2)
    assert len(heard) == 2
