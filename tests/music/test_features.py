from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.music.beats import beat_times
from pipelines.music.features import (
    FEATURE_SCHEMA,
    HOP,
    SAMPLE_RATE,
    MusicFeatures,
    bpm_of_aist_name,
    estimate_start_bpm,
    extract_features,
    load_features,
    save_features,
    song_features,
)
from pipelines.support.errors import UnsuitableInput


def clicks(bpm: float, seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    """A short 1 kHz tone on every beat, over a quiet hum."""
    t = np.arange(int(seconds * rate)) / rate
    since = t % (60 / bpm)
    hum = 0.01 * np.sin(2 * np.pi * 220 * t)
    return (hum + 0.8 * np.sin(2 * np.pi * 1000 * t) * np.exp(-since / 0.01)).astype("f4")


def test_equals_direct_librosa_calls() -> None:
    import librosa

    rng = np.random.default_rng(0)
    signal = clicks(112, 8) + 0.05 * rng.standard_normal(8 * SAMPLE_RATE).astype("f4")
    values = extract_features(signal, SAMPLE_RATE, start_bpm=112.0).values
    sr, hop = SAMPLE_RATE, HOP
    envelope = librosa.onset.onset_strength(y=signal, sr=sr)
    peaks = librosa.onset.onset_detect(onset_envelope=envelope, sr=sr, hop_length=hop)
    _, beats = librosa.beat.beat_track(
        onset_envelope=envelope, sr=sr, hop_length=hop, start_bpm=112.0, tightness=100
    )
    np.testing.assert_array_equal(values[:, 0], envelope)
    np.testing.assert_array_equal(values[:, 1:21], librosa.feature.mfcc(y=signal, sr=sr).T)
    chroma = librosa.feature.chroma_cens(y=signal, sr=sr, hop_length=hop, n_chroma=12)
    np.testing.assert_allclose(values[:, 21:33], chroma.T, atol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(values[:, 33]), peaks)
    np.testing.assert_array_equal(np.flatnonzero(values[:, 34]), beats)
    assert set(np.unique(values[:, 33:])) == {0.0, 1.0}


@pytest.mark.parametrize("samples", [512 * 60, 512 * 60 - 1, 512 * 60 + 1, 30721])
def test_frame_count(samples: int) -> None:
    features = extract_features(np.ones(samples, dtype="f4") * 0.1, SAMPLE_RATE, 120.0)
    assert features.values.shape == (1 + samples // 512, 35)
    assert features.values.dtype == np.float32


@pytest.mark.parametrize("bpm", [90.0, 120.0, 150.0])
def test_click_track(bpm: float) -> None:
    signal = clicks(bpm, 20)
    features = extract_features(signal)
    beats = beat_times(features)
    assert 60 / np.median(np.diff(beats)) == pytest.approx(bpm, rel=0.04)
    phase = np.exp(2j * np.pi * beats * bpm / 60).mean()
    assert abs(phase) > 0.9
    assert abs(np.angle(phase)) / (2 * np.pi) * 60 / bpm < 0.07
    assert estimate_start_bpm(clicks(bpm, 20, 22050)) == pytest.approx(bpm, rel=0.04)


def test_silence_has_features_but_no_beats(recwarn: pytest.WarningsRecorder) -> None:
    features = extract_features(np.zeros(3 * SAMPLE_RATE))
    assert features.values.shape == (91, 35) and np.isfinite(features.values).all()
    assert len(beat_times(features)) == 0
    assert not recwarn.list
    with pytest.raises(UnsuitableInput):
        extract_features(np.zeros(0))


def test_any_sample_rate_gives_nearly_the_same() -> None:
    native = extract_features(clicks(120, 10))
    resampled = extract_features(clicks(120, 10, 44100), 44100)
    assert resampled.frames == native.frames
    np.testing.assert_allclose(beat_times(resampled), beat_times(native), atol=0.05)


def test_song_features_decode_the_file_for_both_rates(tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", clicks(120, 12, 44100), 44100)
    whole, part = song_features(tmp_path / "song.wav"), song_features(tmp_path / "song.wav", 2, 5)
    assert (whole.frames, part.frames) == (361, 151)
    assert 60 / np.median(np.diff(beat_times(part))) == pytest.approx(120, rel=0.04)


@pytest.mark.parametrize(
    ("name", "bpm"),
    [
        ("mBR0.wav", 80.0),
        ("gBR_sBM_cAll_d04_mBR3_ch01", 110.0),
        ("gHO_sFM_cAll_d19_mHO5_ch02.mp3", 135.0),
        ("mHO0", 110.0),
        ("mLH4_slice2", 120.0),
        ("song.mp3", None),
        ("mbr0.wav", None),
        ("mBR07.wav", None),
    ],
)
def test_tempo_in_aist_names(name: str, bpm: float | None) -> None:
    assert bpm_of_aist_name(name) == bpm


def test_file_round_trip_and_refusals(tmp_path: Path) -> None:
    values = np.random.default_rng(1).standard_normal((40, 35)).astype("f4")
    save_features(MusicFeatures(values), tmp_path / "a.npz")
    loaded = load_features(tmp_path / "a.npz")
    np.testing.assert_array_equal(loaded.values, values)
    assert (loaded.schema, loaded.fps) == (FEATURE_SCHEMA, 30)

    save_features(MusicFeatures(values, schema="megadance-35"), tmp_path / "b.npz")
    with pytest.raises(UnsuitableInput) as caught:
        load_features(tmp_path / "b.npz")
    assert "megadance-35" in caught.value.what and FEATURE_SCHEMA in caught.value.what

    save_features(MusicFeatures(values[:, :34]), tmp_path / "c.npz")
    (tmp_path / "d.npz").write_bytes(b"no archive")
    (tmp_path / "e.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:300])
    np.savez(tmp_path / "f.npz", values=np.array([object()]), fps=30.0, schema=FEATURE_SCHEMA)
    for name in ("c.npz", "d.npz", "e.npz", "f.npz", "missing.npz"):
        with pytest.raises(UnsuitableInput):
            load_features(tmp_path / name)


def test_three_minutes_in_three_seconds_of_cpu_once_warm() -> None:
    signal = np.tile(clicks(120, 60), 3)
    extract_features(signal[: 4 * SAMPLE_RATE])
    begin = time.process_time()
    extract_features(signal)
    # Twice the target: the machine may be busy; the benchmark holds the target itself.
    assert time.process_time() - begin < 6.0
