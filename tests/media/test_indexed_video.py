"""Frames by number are those that reading from the start gives, to the bit."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.media import indexed_video
from pipelines.media.indexed_video import frames_at
from pipelines.media.video import read_frames
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import UnsuitableInput


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    noise = np.random.default_rng(0).integers(0, 256, (12, 8, 3), dtype=np.uint8)
    picture = noise.repeat(8, 0).repeat(8, 1)
    with VideoWriter(path, 64, 96, Fraction(30000, 1001)) as video:
        for number in range(100):
            video.write(np.roll(picture, (3 * number, 2 * number), (0, 1)))
    return path


@pytest.mark.parametrize("numbers", [{0}, {99}, {3, 61, 97}, {98, 99}, set(range(40, 60))])
@pytest.mark.parametrize("decord", [True, False])
def test_frames_are_those_of_reading_on(clip, numbers, decord, monkeypatch):
    if decord:
        pytest.importorskip("decord")
    else:
        monkeypatch.setitem(sys.modules, "decord", None)
    every = list(read_frames(clip))
    found = list(frames_at(clip, numbers))
    assert [number for number, _ in found] == sorted(numbers)
    for number, frame in found:
        np.testing.assert_array_equal(frame, every[number])


def test_what_decord_would_see_otherwise_is_read_by_ffmpeg(clip, tmp_path):
    pytest.importorskip("decord")
    assert indexed_video._reader(clip, 99) is not None
    assert indexed_video._reader(clip, 100) is None
    for name, options in (
        ("turned", ["-i", clip, "-c", "copy", "-metadata:s:v:0", "rotate=90"]),
        ("cut", ["-ss", "2.5", "-i", clip, "-c", "copy"]),
    ):
        file = tmp_path / f"{name}.mp4"
        subprocess.run(["ffmpeg", "-v", "error", *options, file], check=True)
        every = list(read_frames(file))
        number, frame = next(frames_at(file, {20}))
        np.testing.assert_array_equal(frame, every[number])


def test_a_short_video_says_so(clip):
    with pytest.raises(UnsuitableInput, match="ends after 100 frames, 101 were promised"):
        list(frames_at(clip, {100}))
