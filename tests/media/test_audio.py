from __future__ import annotations

import os
import subprocess
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import load_audio, probe_audio, write_wav
from pipelines.media.songs import load_song
from pipelines.media.video_writer import VideoWriter
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
    with wave.open(str(tmp_path / "s.wav")) as stream:
        both = np.frombuffer(stream.readframes(RATE), "<i2").reshape(-1, 2).astype(int)
    assert (both.sum(1) == 0).all() and np.abs(both).max() > 10_000
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


def test_a_rate_that_nothing_records_at_is_refused_unheard(wav: Path, tmp_path: Path) -> None:
    content = bytearray(wav.read_bytes())
    content[24:28] = (654_319_424).to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UnsuitableInput, match="cannot be decoded"):
        probe_audio(tmp_path / "a.wav")


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


def test_names_the_package_when_ffmpeg_is_missing(wav: Path, bare: None) -> None:
    with pytest.raises(MissingAsset) as caught:
        load_audio(wav, RATE)
    assert "ffmpeg" in caught.value.hint and caught.value.exit_code == 4


def test_write_wav_clips_and_leaves_nothing_behind(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.array([2.0, -2.0, np.nan, 0.5]), 8000)
    with wave.open(str(tmp_path / "a.wav")) as stream:
        assert np.frombuffer(stream.readframes(4), "<i2").tolist() == [32767, -32767, 0, 16384]
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_stereo_in_antiphase_is_heard(tmp_path: Path) -> None:
    """Its mix is silence; a person hears it all the same."""
    heard = tone(2.0, RATE)
    write_wav(tmp_path / "s.wav", np.stack([heard, -0.5 * heard * 2], axis=1), RATE)
    assert np.abs(load_audio(tmp_path / "s.wav", RATE) - heard).max() < 1e-3
    write_wav(tmp_path / "faint.wav", np.stack([heard, heard], axis=1) * 0.01, RATE)
    mixed = heard * 0.01 * 2**0.5  # as ffmpeg mixes floats
    assert np.abs(load_audio(tmp_path / "faint.wav", RATE) - mixed).max() < 1e-3


def clicks(seconds: float, every: float) -> np.ndarray:
    """A click at each multiple of `every` seconds."""
    samples = np.zeros(int(seconds * 44100), "f4")
    for start in np.arange(0, seconds - 0.01, every):
        samples[int(start * 44100) : int(start * 44100) + 60] = 0.8
    return samples


def first_click(samples: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(samples) > 0.3)) / rate


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_one_clock_for_what_is_heard_and_what_is_seen(tmp_path: Path, suffix: str) -> None:
    """Sound that begins half a second after the picture: the features and the video made from it
    hear the same click at the same time by the file's clock."""
    write_wav(tmp_path / "clicks.wav", clicks(8.0, 1.0), 44100)
    late = tmp_path / f"late{suffix}"
    ffmpeg(
        "-f", "lavfi", "-i", "color=size=64x64:rate=25:duration=9", "-itsoffset", "0.5", "-i",
        tmp_path / "clicks.wav", "-map", "0:v", "-map", "1:a", "-c:a",
        "mp3" if suffix == ".avi" else "aac", late,
    )  # fmt: skip
    info = probe_audio(late)
    expected = info.delay + 3 - 2.75 if info.delay else 3 - 2.75
    samples = load_audio(late, 44100, start=2.75, duration=2.0)
    assert first_click(samples, 44100) == pytest.approx(expected % 1.0, abs=0.03)
    with VideoWriter(tmp_path / "out.mp4", 64, 64, Fraction(25), audio=late,
                     audio_start=2.75) as video:  # fmt: skip
        for _ in range(50):
            video.write(np.zeros((64, 64, 3), np.uint8))
    played = load_audio(tmp_path / "out.mp4", 44100)
    assert first_click(played, 44100) == pytest.approx(first_click(samples, 44100), abs=0.005)


def test_a_late_track_begins_with_silence(tmp_path: Path) -> None:
    write_wav(tmp_path / "clicks.wav", clicks(4.0, 1.0), 44100)
    ffmpeg(
        "-f", "lavfi", "-i", "color=size=64x64:rate=25:duration=5", "-itsoffset", "0.5", "-i",
        tmp_path / "clicks.wav", "-map", "0:v", "-map", "1:a", "-c:a", "aac", tmp_path / "l.mkv",
    )  # fmt: skip
    assert probe_audio(tmp_path / "l.mkv").delay == pytest.approx(0.5, abs=0.03)
    samples = load_audio(tmp_path / "l.mkv", 44100)
    assert first_click(samples, 44100) == pytest.approx(0.5, abs=0.03)
    assert len(samples) / 44100 == pytest.approx(4.5, abs=0.06)


class Heard:
    """Notes what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    warn = say


def test_of_two_tracks_the_default_is_heard_and_it_is_said(tmp_path: Path) -> None:
    write_wav(tmp_path / "low.wav", tone(3.0, hertz=220), 44100)
    write_wav(tmp_path / "high.wav", tone(3.0, hertz=880), 44100)
    ffmpeg(
        "-i", tmp_path / "low.wav", "-i", tmp_path / "high.wav", "-map", "0:a", "-map", "1:a",
        "-c:a", "aac", "-disposition:a:0", "0", "-disposition:a:1", "default", tmp_path / "two.mkv",
    )  # fmt: skip
    heard = Heard()
    samples = load_song(tmp_path / "two.mkv", 8000, progress=heard)  # type: ignore[arg-type]
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum.argmax() * 8000 / len(samples) == pytest.approx(880, abs=2)
    assert heard.said == [f"{tmp_path / 'two.mkv'}: holds 2 sound tracks; number 2 is heard"]
