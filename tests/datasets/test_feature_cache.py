"""Features computed once per content of a song, and features that came with the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets import feature_cache
from pipelines.datasets.feature_cache import cached_features, ready_made_features
from pipelines.media.audio import write_wav
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures, save_features
from pipelines.support.errors import UnsuitableInput


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

    monkeypatch.setattr(feature_cache, "song_features", fake)
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


def array(frames: int = 60) -> np.ndarray:
    random = np.random.default_rng(0)
    values = random.normal(size=(frames, 35))
    values[:, 0] = np.abs(values[:, 0])
    values[:, 33:] = random.random((frames, 2)) < 0.2
    return values


def test_a_bare_array_in_our_order_is_taken(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array())
    features = ready_made_features(tmp_path / "a.npy")
    np.testing.assert_array_equal(features.values, array().astype("f4"))
    assert (features.fps, features.schema) == (30, FEATURE_SCHEMA)
    assert features.values.dtype == np.float32


def test_our_own_archive_is_taken_and_one_of_another_schema_named(tmp_path: Path) -> None:
    values = array().astype("f4")
    save_features(MusicFeatures(values), tmp_path / "a.npz")
    np.testing.assert_array_equal(ready_made_features(tmp_path / "a.npz").values, values)
    save_features(MusicFeatures(values, schema="essentia"), tmp_path / "b.npz")
    with pytest.raises(UnsuitableInput, match="essentia"):
        ready_made_features(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: -np.abs(x), "MEGADance"),
        (lambda x: x + 0.5, "MEGADance"),
        (lambda x: x * np.nan, "NaN or infinity"),
        (lambda x: x[:, :34], r"\(60, 34\), expected \(T, 35\)"),
        (lambda x: x[0], r"\(35,\), expected"),
        (lambda x: np.zeros((9, 438)), "Bailando's"),
        (lambda x: np.zeros((9, 4800)), "EDGE's Jukebox"),
        (lambda x: np.zeros((9, 1024)), "MuQ"),
        (lambda x: np.zeros((9, 55)), "55-d"),
    ],
)
def test_other_features_are_refused_by_name(tmp_path: Path, change, says: str) -> None:
    np.save(tmp_path / "a.npy", change(array()))
    with pytest.raises(UnsuitableInput, match=says):
        ready_made_features(tmp_path / "a.npy")


def test_unreadable_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "object.npy", np.array([{}], dtype=object))
    (tmp_path / "text.npy").write_text("hello")
    np.save(tmp_path / "whole.npy", array())
    (tmp_path / "cut.npy").write_bytes((tmp_path / "whole.npy").read_bytes()[:900])
    for name in ("object", "text", "cut", "absent"):
        with pytest.raises(UnsuitableInput, match="not a readable feature array"):
            ready_made_features(tmp_path / f"{name}.npy")


@pytest.mark.parametrize(
    "odd", [np.zeros((0, 35)), np.float64(3), np.full((9, 35), "a"), np.zeros((9, 35), dtype=bool)]
)
def test_odd_arrays_are_refused_not_stumbled_over(tmp_path: Path, odd: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", odd)
    with pytest.raises(UnsuitableInput, match=r"a\.npy"):
        ready_made_features(tmp_path / "a.npy")
