import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hard import places
from made_media import HEIGHT, WIDTH, grey_video, picture, tone

from pipelines.media.video import probe_video, read_frames
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import BadUsage, OutOfResources, UnsuitableInput


def stream_seconds(path: Path, kind: str) -> float:
    report = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "stream=duration",
         "-of", "json", str(path)], capture_output=True, check=True,
    )  # fmt: skip
    return float(json.loads(report.stdout)["streams"][0]["duration"])


def sound(path: Path, rate: int = 8000) -> np.ndarray:
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1", "-ar", str(rate),
         "pipe:1"], capture_output=True, check=True,
    )  # fmt: skip
    return np.frombuffer(raw.stdout, dtype="<f4")


def test_frames_come_back_in_order_and_close_to_what_was_written(tmp_path):
    path = grey_video(tmp_path / "a.mp4", 40)
    read = list(read_frames(path))
    assert len(read) == 40
    assert read[0].shape == (HEIGHT, WIDTH, 3)
    for index, frame in enumerate(read):
        error = np.abs(frame.astype(int) - picture(index).astype(int)).mean()
        assert error < 2.5, f"frame {index}"


@pytest.mark.parametrize(
    ("fps", "frames"),
    [(Fraction(30000, 1001), 61), (Fraction(24000, 1001), 37), (Fraction(60), 47),
     (Fraction(16), 33), (Fraction(25, 2), 11), (Fraction(30), 1)],
)  # fmt: skip
@pytest.mark.parametrize("song_seconds", [1.2, 20.0])
def test_sound_and_picture_end_within_one_frame(tmp_path, fps, frames, song_seconds):
    song = tone(tmp_path / "song.wav", song_seconds)
    path = grey_video(tmp_path / "a.mp4", frames, fps, audio=song)
    info = probe_video(path)
    assert (info.fps, info.frames) == (fps, frames)
    picture_end, sound_end = stream_seconds(path, "v:0"), stream_seconds(path, "a:0")
    assert picture_end == pytest.approx(float(frames / fps), abs=2e-3)
    assert abs(picture_end - sound_end) <= float(1 / fps)


def test_sound_starts_where_it_is_told_and_stops_after_the_given_seconds(tmp_path):
    song = tone(tmp_path / "song.wav", 6, start_of_tone=2.5)
    path = grey_video(tmp_path / "a.mp4", 90, audio=song, audio_start=2.0, seconds=1.5)
    heard = np.abs(sound(path)) > 0.05
    assert heard.argmax() / 8000 == pytest.approx(0.5, abs=0.03)
    assert (len(heard) - heard[::-1].argmax()) / 8000 == pytest.approx(1.5, abs=0.06)


def test_sound_with_nan_samples_is_repaired(tmp_path):
    raw = tmp_path / "bad.f32"
    samples = np.sin(np.arange(48000) / 20).astype("<f4")
    samples[20000:20100] = np.nan
    raw.write_bytes(samples.tobytes())
    song = tmp_path / "bad.wav"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "f32le", "-ar", "48000", "-ac", "1", "-i", str(raw),
         "-c:a", "pcm_f32le", str(song)], check=True,
    )  # fmt: skip
    path = grey_video(tmp_path / "a.mp4", 30, audio=song)
    assert np.isfinite(sound(path)).all()
    assert np.abs(sound(path)).max() > 0.5


def test_index_comes_first_and_the_same_frames_give_the_same_bytes(tmp_path):
    song = tone(tmp_path / "song.wav", 3)
    first = grey_video(tmp_path / "a.mp4", 30, audio=song).read_bytes()
    assert first == grey_video(tmp_path / "b.mp4", 30, audio=song).read_bytes()
    assert first.index(b"moov") < first.index(b"mdat")


def test_exact_colours_survive(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    frame = colours.repeat(4, 0).repeat(4, 1)
    with VideoWriter(tmp_path / "a.mp4", WIDTH, HEIGHT, Fraction(30), exact_colours=True) as video:
        for _ in range(5):
            video.write(frame)
    for read in read_frames(tmp_path / "a.mp4"):
        assert np.abs(read.astype(int) - frame.astype(int)).mean() < 4


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize("with_sound", [False, True])
def test_nothing_stays_behind_a_failure(tmp_path, failure, with_sound):
    song = tone(tmp_path / "song.wav", 2) if with_sound else None
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"the old one")
    with (
        pytest.raises(failure),
        VideoWriter(folder / "a.mp4", WIDTH, HEIGHT, Fraction(30), audio=song) as video,
    ):
        video.write(picture(0))
        process = video._process
        raise failure("stop")
    assert process.poll() is not None
    assert [p.name for p in folder.iterdir()] == ["a.mp4"]
    assert (folder / "a.mp4").read_bytes() == b"the old one"


def test_unwritable_places_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnsuitableInput, match="cannot be written"):
        grey_video(tmp_path / "file" / "a.mp4", 1)
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(UnsuitableInput, match="cannot be written"):
        grey_video(tmp_path / "folder.mp4", 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.mp4"]


def test_no_frames_odd_sizes_and_wrong_frames_are_refused(tmp_path):
    with pytest.raises(UnsuitableInput, match="no frames"):
        grey_video(tmp_path / "a.mp4", 0)
    with pytest.raises(BadUsage, match="even"):
        VideoWriter(tmp_path / "a.mp4", 63, 48, Fraction(30))
    with (
        pytest.raises(ValueError, match="expected uint8"),
        VideoWriter(tmp_path / "a.mp4", WIDTH, HEIGHT, Fraction(30)) as video,
    ):
        video.write(np.zeros((HEIGHT, WIDTH, 3)))
    assert list(tmp_path.iterdir()) == []


def test_what_ffmpeg_says_is_passed_on(tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, complaint, expected in [
        ("full", "av_interleaved_write_frame(): No space left on device", OutOfResources),
        ("odd", "Unknown encoder 'libx264'", UnsuitableInput),
    ]:
        program = programs / name
        program.write_text(f'#!/bin/sh\necho "{complaint}" >&2\nexit 1\n')
        program.chmod(0o755)
        monkeypatch.setattr("pipelines.media.ffmpeg.find_ffmpeg", lambda p=program: str(p))
        with pytest.raises(expected) as caught:
            grey_video(tmp_path / "out" / "a.mp4", 400)
        assert "\n" not in caught.value.what
        assert list((tmp_path / "out").iterdir()) == []


def test_a_song_without_sound_is_refused(tmp_path):
    silent = grey_video(tmp_path / "silent.mp4", 5)
    with pytest.raises(UnsuitableInput, match=r"silent\.mp4: holds no sound"):
        grey_video(tmp_path / "a.mp4", 5, audio=silent)
    assert [p.name for p in tmp_path.iterdir()] == ["silent.mp4"]


def test_a_stop_at_any_moment_leaves_neither_file_nor_program(tmp_path):
    class Stop(BaseException):
        pass

    def stop(number, frame):
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    try:
        for moment in range(1, 60):
            with suppress(Stop):
                signal.setitimer(signal.ITIMER_REAL, moment / 5000)
                with VideoWriter(tmp_path / "film.mp4", WIDTH, HEIGHT, Fraction(30)):
                    time.sleep(1)
            children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
            at_work = [Path(f"/proc/{child}/comm").read_text().strip() for child in children]
            assert "ffmpeg" not in at_work
            assert list(tmp_path.iterdir()) == []
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("with_sound", [False, True])
def test_a_disk_full_at_any_page_is_told_and_leaves_no_film(tmp_path, with_sound):
    options = {"audio": tone(tmp_path / "tone.wav", 1.0)} if with_sound else {}
    whole = grey_video(tmp_path / "whole.mp4", 30, **options).stat().st_size
    try:
        for size in range(places.PAGE, 2 * whole, 2 * places.PAGE):
            with places.disk(tmp_path / "disk", size) as disk:
                with pytest.raises(OutOfResources, match="full"):
                    grey_video(disk / "film.mp4", 30, **options)
                assert list(disk.iterdir()) == []
    except PermissionError as error:
        pytest.skip(str(error))
