"""Sound and video for pages: short, small, and what a browser plays."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from pipelines.media.audio import probe_audio
from pipelines.media.ffmpeg import ffmpeg_program
from pipelines.media.portable import judged_video, small_sound, small_video
from pipelines.media.video import probe_video, read_frames
from pipelines.support.errors import UnsuitableInput


def test_the_beginning_of_a_song(tiny_song, tmp_path):
    (tmp_path / "s.m4a").write_bytes(small_sound(tiny_song, 1.5))
    info = probe_audio(tmp_path / "s.m4a")
    assert info.seconds == pytest.approx(1.5, abs=0.05)
    assert (tmp_path / "s.m4a").stat().st_size < 40_000


def test_a_video_without_sound_and_no_larger_than_needed(dancers, tmp_path):
    (tmp_path / "v.mp4").write_bytes(small_video(dancers("one", 2), 1.0))
    info = probe_video(tmp_path / "v.mp4")
    assert min(info.width, info.height) <= 360 and info.width % 2 == 0
    with pytest.raises(UnsuitableInput):
        probe_audio(tmp_path / "v.mp4")


@pytest.mark.parametrize("small", [small_sound, small_video])
def test_what_cannot_be_decoded(small, tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"nothing" * 50)
    with pytest.raises(UnsuitableInput):
        small(tmp_path / "x.mp4", 1.0)


def test_a_video_to_be_judged_has_its_sound_and_may_be_scrambled(tiny_song, tmp_path):
    video = tmp_path / "moving.mp4"
    picture = "testsrc2=size=64x64:rate=24:duration=2"
    line = [ffmpeg_program(), "-v", "error", "-f", "lavfi", "-i", picture, str(video)]
    subprocess.run(line, check=True)
    plain, broken = (judged_video(video, 1.0, tiny_song, 0.5, seed) for seed in (None, 3))
    for name, data in (("p", plain), ("b", broken)):
        (tmp_path / f"{name}.mp4").write_bytes(data)
        info = probe_video(tmp_path / f"{name}.mp4")
        assert info.seconds == pytest.approx(1.0, abs=0.1) and info.has_audio
        assert probe_audio(tmp_path / f"{name}.mp4").seconds == pytest.approx(1.0, abs=0.1)
    whole, mixed = (
        np.stack(list(read_frames(tmp_path / f"{name}.mp4"))).astype(int) for name in "pb"
    )
    assert len(whole) == len(mixed)
    steps = [np.abs(np.diff(frames, axis=0)).mean() for frames in (whole, mixed)]
    assert steps[1] > 1.5 * steps[0]
    assert judged_video(video, 1.0, tiny_song, 0.5, 3) == broken
