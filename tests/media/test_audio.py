from __future__ import annotations

import os
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import load_audio, probe_audio, write_wav
from pipelines.media.songs import load_song
from pipelines.support.errors import MissingAsset, UnsuitableInput

RATE = 15360


def ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def tone(seconds: float, rate: int = 44100, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype("f4")


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "ten seconds.wav"
    write_wav(path, tone(10.0), 44100)
    return path


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "m4a", "opus", "mp4", "mkv"])
@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (8000, 1), (48000, 6)])
def test_reads_what_ffmpeg_reads(
    wav: Path, tmp_path: Path, suffix: str, rate: int, channels: int
) -> None:
    if suffix == "mp3" and channels > 2:
        pytest.skip("mp3 has at most two channels")
    path = tmp_path / f"song.{suffix}"
    picture = ["-f", "lavfi", "-i", "color=size=64x64:rate=10:duration=10"]
    video = [*picture, "-shortest"] if suffix in ("mp4", "mkv") else []
    opus_rate = 48000 if suffix == "opus" else rate
    ffmpeg("-i", wav, *video, "-ar", opus_rate, "-ac", channels, path)
    info = probe_audio(path)
    assert info.channels == channels
    samples = load_audio(path, RATE)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert len(samples) / RATE == pytest.approx(10.0, abs=0.15)
    spectrum = np.abs(np.fft.rfft(samples[RATE : 2 * RATE]))
    assert spectrum.argmax() == 440


def test_round_trip_is_16_bit_exact(tmp_path: Path) -> None:
    stereo = np.stack([tone(1.0, RATE), -tone(1.0, RATE)], axis=1)
    write_wav(tmp_path / "s.wav", stereo, RATE)
    assert np.abs(load_audio(tmp_path / "s.wav", RATE)).max() == 0.0
    write_wav(tmp_path / "m.wav", stereo[:, 0] * 3, RATE)
    expected = np.clip(stereo[:, 0] * 3, -1, 1)
    assert np.abs(load_audio(tmp_path / "m.wav", RATE) - expected).max() < 1e-4


def test_start_and_duration_cut_by_time(tmp_path: Path) -> None:
    ramp = (np.arange(4 * RATE) / (4 * RATE)).astype("f4")
    write_wav(tmp_path / "ramp.wav", ramp, RATE)
    part = load_audio(tmp_path / "ramp.wav", RATE, start=1.5, duration=0.5)
    assert len(part) == RATE // 2
    assert np.abs(part - ramp[3 * RATE // 2 : 2 * RATE]).max() < 1e-3


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "ogg"])
def test_start_is_exact_in_compressed_files(tmp_path: Path, suffix: str) -> None:
    samples = np.zeros(10 * 44100, dtype="f4")
    samples[7 * 44100 : 7 * 44100 + 200] = 0.9
    write_wav(tmp_path / "click.wav", samples, 44100)
    ffmpeg("-i", tmp_path / "click.wav", tmp_path / f"click.{suffix}")
    part = load_audio(tmp_path / f"click.{suffix}", 44100, start=5.25)
    assert np.abs(part).argmax() / 44100 == pytest.approx(1.75, abs=0.03)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"la la la\n" * 500, "not a sound"),
        ("folder", "not"),
    ],
)
def test_refuses_what_is_no_song(tmp_path: Path, content: bytes | str | None, says: str) -> None:
    path = tmp_path / "song.wav"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(UnsuitableInput, match=says) as caught:
        load_song(path, RATE)
    assert "song.wav" in caught.value.what and "\n" not in caught.value.what


def test_refuses_pictures_and_silent_films(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=size=64x64:rate=10:duration=3", film)
    ffmpeg("-i", film, "-frames:v", "1", tmp_path / "picture.png")
    for name in ("film.mp4", "picture.png"):
        with pytest.raises(UnsuitableInput, match="no sound track"):
            load_song(tmp_path / name, RATE)


@pytest.mark.parametrize("suffix", ["mp3", "flac", "wav", "m4a"])
def test_truncated_files_are_refused_with_a_way_out(wav: Path, tmp_path: Path, suffix: str) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    ffmpeg("-i", wav, whole)
    cut.write_bytes(whole.read_bytes()[: int(0.6 * whole.stat().st_size)])
    with pytest.raises(UnsuitableInput, match=r"cut off|damaged") as caught:
        load_song(cut, RATE)
    if suffix == "m4a":
        return
    seconds = float(caught.value.hint.rsplit(" ", 1)[1])
    assert len(load_song(cut, RATE, duration=seconds)) == pytest.approx(seconds * RATE, abs=2)


def test_a_wav_written_to_a_pipe_has_no_length_and_is_read(wav: Path, tmp_path: Path) -> None:
    command = ["ffmpeg", "-v", "error", "-i", str(wav), "-f", "wav", "-"]
    piped = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    (tmp_path / "piped.wav").write_bytes(piped.stdout)
    assert len(load_song(tmp_path / "piped.wav", RATE)) == 10 * RATE


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UnsuitableInput, match="not a regular file"):
        load_song(tmp_path / "pipe.wav", RATE)


def test_names_that_look_like_options_or_protocols(
    wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-i.wav", "concat:a|b.wav", "http:x.wav", "lied mit ümlaut %d.wav"):
        Path(name).write_bytes(wav.read_bytes())
        assert len(load_audio(Path(name), RATE)) == 10 * RATE


def test_names_the_package_when_ffmpeg_is_missing(
    wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingAsset) as caught:
        load_audio(wav, RATE)
    assert "ffmpeg" in caught.value.hint and caught.value.exit_code == 4


def test_write_wav_clips_and_leaves_nothing_behind(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.array([2.0, -2.0, np.nan, 0.5]), 8000)
    with wave.open(str(tmp_path / "a.wav")) as stream:
        assert np.frombuffer(stream.readframes(4), "<i2").tolist() == [32767, -32767, 0, 16384]
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]
