"""Frames of videos as they are found: one grid of time, whatever the file does; and refusals."""

from __future__ import annotations

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.media.video_writer import VideoWriter
from pipelines.media.wild_video import examine_video, grid_frames, grid_rate
from pipelines.support.errors import UnsuitableInput


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wild")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Path:
    """3 s, 24 frames a second, each frame another grey, with a tone."""
    picture, path = folder / "picture.mp4", folder / "plain.mp4"
    with VideoWriter(picture, 128, 96, Fraction(24), preset="ultrafast") as video:
        for number in range(72):
            video.write(np.full((96, 128, 3), 20 + 3 * number, np.uint8))
    tone = "sine=frequency=440:duration=3"
    ffmpeg("-i", str(picture), "-f", "lavfi", "-i", tone, "-c:v", "copy", str(path))
    return path


def greys(path: Path, start: int = 0) -> list[int]:
    video = examine_video(path)
    return [round(float(f.mean())) for f in grid_frames(video, (64, 48), start)]


@pytest.mark.parametrize(
    ("fps", "grid"),
    [
        (Fraction(24), Fraction(24)),
        (Fraction(2997, 100), Fraction(30000, 1001)),
        (Fraction(120), Fraction(60)),
        (Fraction(240), Fraction(60)),
        (Fraction(90), Fraction(45)),
        (Fraction(16), Fraction(16)),
    ],
)
def test_rates(fps: Fraction, grid: Fraction) -> None:
    assert grid_rate(fps) == grid


def test_any_start_gives_the_same_frames(plain: Path) -> None:
    whole = greys(plain)
    assert len(whole) == 72
    assert np.allclose(whole, [20 + 3 * n for n in range(72)], atol=2)
    for start in (1, 23, 49, 71):
        assert greys(plain, start) == whole[start:]


def test_variable_rate_becomes_a_grid_of_time(folder: Path, plain: Path) -> None:
    path = folder / "variable.mp4"
    # After a second only every third frame is left.
    ffmpeg("-i", str(plain), "-vf", "select='lt(n,24)+not(mod(n,3))'", "-vsync", "vfr",
           "-an", "-preset", "ultrafast", str(path))  # fmt: skip
    video = examine_video(path)
    assert "variable frame rate" in video.remarks[0]
    seen = greys(path)
    rate = float(video.fps)
    expected = [20 + 3 * (n if n < 24 else n - n % 3) for n in range(72)]
    for k, grey in enumerate(seen[:-2]):
        moment = min(71, int(k / rate * 24 + 1e-6))
        assert any(abs(grey - expected[max(0, min(71, moment + d))]) <= 3 for d in (-1, 0, 1))
    assert greys(path, 20) == seen[20:]


def test_unusual_files_are_straightened(folder: Path, plain: Path) -> None:
    turned, deep, odd = (folder / f"{name}.mp4" for name in ("turned", "deep", "odd"))
    late = folder / "late.mkv"
    hdr = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    ffmpeg("-i", str(plain), "-c", "copy", "-metadata:s:v:0", "rotate=90", str(turned))
    ffmpeg("-i", str(plain), "-an", "-vf", "format=yuv420p10le", "-c:v", "libx265",
           "-x265-params", f"log-level=none:{hdr}",
           "-preset", "ultrafast", str(deep))  # fmt: skip
    ffmpeg("-i", str(plain), "-an", "-vf", "scale=127:95", "-pix_fmt", "yuv444p", str(odd))
    ffmpeg("-itsoffset", "0.7", "-i", str(plain), "-i", str(plain), "-map", "0:v", "-map", "1:a",
           "-c", "copy", str(late))  # fmt: skip
    video = examine_video(turned)
    assert (video.width, video.height) == (96, 128)
    assert "turned upright" in video.remarks[0]
    video = examine_video(deep)
    assert video.hdr == "smpte2084" and "HDR" in video.remarks[0]
    assert len(list(grid_frames(video, (64, 48)))) == 72
    video = examine_video(odd)
    assert "odd size" in video.remarks[0]
    assert video.fitted(1280) == (126, 94)
    video = examine_video(late)
    assert video.begins - video.container_begins == pytest.approx(0.7, abs=0.05)
    assert greys(late, 50) == greys(plain)[50:]


def test_what_is_no_video_is_refused_with_a_reason(folder: Path, plain: Path) -> None:
    data = plain.read_bytes()
    (folder / "empty.mp4").touch()
    (folder / "broken.mp4").write_bytes(data[: len(data) // 2].replace(b"moov", b"free"))
    (folder / "text.mp4").write_text("not a video")
    (folder / "zip.mp4").write_bytes(b"PK\x03\x04\x14\x00\x01\x00\x08\x00" + os.urandom(4000))
    os.mkfifo(folder / "pipe.mp4")
    (folder / "circle.mp4").symlink_to(folder / "circle.mp4")
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", str(folder / "sound.mp4"))
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=128x96", "-frames:v", "1", "-f", "image2",
           "-c:v", "png", str(folder / "picture-in-disguise.mp4"))  # fmt: skip
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=9:s=128x96:r=1", str(folder / "slow.mp4"))
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:r=10:d=1", "-vf", "setpts=N*36000/TB", "-vsync",
           "passthrough", "-frames:v", "2", str(folder / "endless.mkv"))  # fmt: skip
    ffmpeg("-i", str(plain), "-c", "copy", "-encryption_scheme", "cenc-aes-ctr",
           "-encryption_key", "0123456789abcdef" * 2, "-encryption_kid", "fedcba9876543210" * 2,
           str(folder / "drm.mp4"))  # fmt: skip
    for name, reason in {
        "empty.mp4": "empty",
        "broken.mp4": "not audio or video",
        "text.mp4": "not audio or video",
        "zip.mp4": "not audio or video",
        "pipe.mp4": "not a regular file",
        "circle.mp4": "symbolic link",
        "missing.mp4": "no such file",
        "sound.mp4": "no moving picture",
        "picture-in-disguise.mp4": "still picture",
        "slow.mp4": "1 frames per second",
        "endless.mkv": "10.0 hours",
        "drm.mp4": "DRM",
    }.items():
        with pytest.raises(UnsuitableInput) as caught:
            pytest.fail(f"{name}: {examine_video(folder / name)}")
        assert reason in str(caught.value) and "\n" not in str(caught.value), name


def test_a_file_that_ends_early_is_told_from_a_whole_one(folder: Path, plain: Path) -> None:
    path, cut = folder / "faststart.mp4", folder / "cut.mp4"
    ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=128x96:r=24", "-t", "6", "-movflags", "+faststart",
           "-preset", "ultrafast", str(path))  # fmt: skip
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnsuitableInput, match=r"cut off|cannot be decoded"):
        list(grid_frames(examine_video(cut), (64, 48)))


def test_a_crash_of_the_decoder_is_an_error_of_the_file(
    tmp_path: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UnsuitableInput, match=r"crashed after frame 0 \(SIGSEGV\)"):
        list(grid_frames(examine_video(plain), (64, 48)))
