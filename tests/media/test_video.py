"""Videos read: what they hold, and their frames."""

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_media import HEIGHT, WIDTH, grey_video, tone

from pipelines.media.video import frame_times, probe_video, read_frames
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import MissingAsset, UnsuitableInput


def test_probe_tells_size_rate_length_and_sound(tmp_path):
    silent = probe_video(grey_video(tmp_path / "a.mp4", 25, Fraction(25)))
    assert (silent.width, silent.height, silent.fps) == (WIDTH, HEIGHT, Fraction(25))
    assert (silent.frames, silent.has_audio) == (25, False)
    assert silent.seconds == pytest.approx(1.0, abs=1e-3)
    song = tone(tmp_path / "song.wav", 2)
    assert probe_video(grey_video(tmp_path / "b.mp4", 25, audio=song)).has_audio


def test_reading_scales_resamples_and_cuts(tmp_path):
    path = grey_video(tmp_path / "a.mp4", 60)
    frames = list(read_frames(path, size=(32, 24), fps=Fraction(10), start=0.5, seconds=1.0))
    assert len(frames) == 10
    assert frames[0].shape == (24, 32, 3)
    assert abs(int(frames[0][12, 0, 0]) - 15) <= 4


def test_rotation_is_applied(tmp_path):
    path = grey_video(tmp_path / "a.mp4", 5)
    turned = tmp_path / "turned.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-c", "copy", "-metadata:s:v:0", "rotate=90",
         str(turned)], check=True,
    )  # fmt: skip
    info = probe_video(turned)
    assert (info.width, info.height) == (HEIGHT, WIDTH)
    frame = next(iter(read_frames(turned))).astype(int)
    assert frame.shape == (WIDTH, HEIGHT, 3)
    assert abs(frame[-1].mean() - frame[0].mean()) > 80


def test_closing_a_reader_early_stops_ffmpeg(tmp_path):
    path = grey_video(tmp_path / "a.mp4", 200)
    before = set(children())
    frames = read_frames(path)
    next(frames)
    frames.close()
    assert set(children()) <= before


def children() -> list[str]:
    path = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not path.exists():
        pytest.skip("this kernel does not list children")
    return path.read_text().split()


def test_missing_program_names_the_package(tmp_path, bare):
    with pytest.raises(MissingAsset) as caught:
        VideoWriter(tmp_path / "a.mp4", WIDTH, HEIGHT, Fraction(30))
    assert "apt-get install ffmpeg" in caught.value.hint


def test_what_is_not_a_video_is_refused(tmp_path):
    from PIL import Image

    with pytest.raises(UnsuitableInput, match="no such file"):
        probe_video(tmp_path / "none.mp4")
    for name in ("empty.mp4", "text.mp4"):
        (tmp_path / name).write_text("" if name == "empty.mp4" else "not a video\n" * 50)
        with pytest.raises(UnsuitableInput):
            probe_video(tmp_path / name)
    Image.new("RGB", (20, 20)).save(tmp_path / "still.png")
    with pytest.raises(UnsuitableInput, match="still picture"):
        probe_video(tmp_path / "still.png")
    with pytest.raises(UnsuitableInput, match="no moving picture"):
        probe_video(tone(tmp_path / "song.wav", 1))


def test_frames_that_would_fill_the_memory_are_refused_unread(tmp_path):
    header = b"YUV4MPEG2 W%d H8200 F25:1 Ip A1:1 C420jpeg\nFRAME\n"
    (tmp_path / "huge.y4m").write_bytes(header % 16400)
    with pytest.raises(UnsuitableInput, match="16400x8200 pixels are too large"):
        probe_video(tmp_path / "huge.y4m")
    (tmp_path / "large.y4m").write_bytes(header % 8200)
    assert probe_video(tmp_path / "large.y4m").width == 8200


def test_a_truncated_video_is_refused(tmp_path):
    whole = grey_video(tmp_path / "a.mp4", 60).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(UnsuitableInput):
        frames = list(read_frames(tmp_path / "cut.mp4"))
        assert len(frames) < 60
        pytest.fail("a truncated file was read as if it were whole")


def ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-y", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def test_frames_of_a_variable_rate_have_the_times_of_their_stamps(tmp_path: Path) -> None:
    """Every third frame only in the second half, time stamps kept: as phones and calls record."""
    grey_video(tmp_path / "even.mp4", 50, Fraction(25))
    thinned = "select='lt(n,25)+not(mod(n-25,3))'"
    ffmpeg("-i", tmp_path / "even.mp4", "-vf", thinned, "-vsync", "vfr", tmp_path / "vfr.mp4")
    times = frame_times(tmp_path / "vfr.mp4")
    assert len(times) == len(list(read_frames(tmp_path / "vfr.mp4")))
    kept = np.concatenate([np.arange(25), np.arange(25, 50, 3)])
    np.testing.assert_allclose(times, kept / 25, atol=1e-3)
    np.testing.assert_allclose(frame_times(tmp_path / "even.mp4"), np.arange(50) / 25, atol=1e-3)


def test_frames_hidden_by_a_cut_without_encoding_have_no_time(tmp_path: Path) -> None:
    grey_video(tmp_path / "whole.mp4", 90, Fraction(30))
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.5", "-i", tmp_path / "whole.mp4", "-c", "copy", cut)
    seen = len(list(read_frames(cut)))
    assert len(frame_times(cut)) == probe_video(cut).frames == seen
