"""Sound and video for pages: short, small, and what a browser plays."""

from __future__ import annotations

import pytest

from pipelines.media.audio import probe_audio
from pipelines.media.portable import small_sound, small_video
from pipelines.media.video import probe_video
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
