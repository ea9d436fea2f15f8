"""Songs to dance to: their length, and a word where they are damaged or silent."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from listener import Listener

from pipelines.media.audio import is_silent, write_wav
from pipelines.media.songs import load_song
from pipelines.support.errors import BadUsage, UnsuitableInput

RATE = 15360


def ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def tone(seconds: float, rate: int = 44100, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype("f4")


def float_wav(path: Path, samples: np.ndarray, rate: int = 44100) -> Path:
    raw = path.with_suffix(".raw")
    raw.write_bytes(samples.astype("<f4").tobytes())
    ffmpeg("-f", "f32le", "-ar", rate, "-ac", 1, "-i", raw, "-c:a", "pcm_f32le", path)
    return path


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "ten seconds.wav"
    write_wav(path, tone(10.0), 44100)
    return path


def test_limits_of_length(tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", tone(1.9, 8000), 8000)
    with pytest.raises(UnsuitableInput, match=r"1\.90 s of sound"):
        load_song(tmp_path / "short.wav", RATE)
    write_wav(tmp_path / "two.wav", tone(2.0, 8000), 8000)
    assert len(load_song(tmp_path / "two.wav", RATE)) == 2 * RATE
    write_wav(tmp_path / "long.wav", np.zeros(612 * 8000, dtype="f4"), 8000)
    with pytest.raises(UnsuitableInput, match=r"10\.2 minutes") as caught:
        load_song(tmp_path / "long.wav", RATE)
    assert "--duration 600" in caught.value.hint
    assert len(load_song(tmp_path / "long.wav", 8000, duration=600)) == 600 * 8000
    assert len(load_song(tmp_path / "long.wav", 8000, start=100)) == 512 * 8000


def test_start_beyond_the_end_and_bad_spans(wav: Path) -> None:
    with pytest.raises(UnsuitableInput, match=r"beyond its end at 10\.00 s"):
        load_song(wav, RATE, start=10.5)
    with pytest.raises(UnsuitableInput, match=r"0\.50 s of sound"):
        load_song(wav, RATE, start=9.5)
    for start, duration in ((-1.0, None), (float("nan"), None), (0.0, 1.0), (0.0, float("nan"))):
        with pytest.raises(BadUsage):
            load_song(wav, RATE, start=start, duration=duration)


def test_nan_samples_become_silence_with_a_warning(tmp_path: Path) -> None:
    samples = tone(4.0)
    samples[44100:88200] = np.nan
    samples[5], samples[6] = np.inf, -np.inf
    path, listener = float_wav(tmp_path / "nan.wav", samples), Listener()
    heard = load_song(path, RATE, progress=listener)
    assert np.isfinite(heard).all() and np.abs(heard).max() < 1.1
    assert np.abs(heard[int(1.1 * RATE) : int(1.9 * RATE)]).max() < 1e-6
    assert len(listener.warned) == 1 and "25.00%" in listener.warned[0]
    samples[: (3 * 44100)] = np.nan
    with pytest.raises(UnsuitableInput, match="NaN"):
        load_song(float_wav(tmp_path / "most.wav", samples), RATE)


def test_silence_is_allowed_with_a_warning(tmp_path: Path) -> None:
    write_wav(tmp_path / "silent.wav", np.zeros(3 * 8000), 8000)
    listener = Listener()
    samples = load_song(tmp_path / "silent.wav", RATE, progress=listener)
    assert is_silent(samples) and not is_silent(tone(1.0))
    assert "silent" in listener.warned[0]
