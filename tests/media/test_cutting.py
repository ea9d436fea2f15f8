"""Clips copied out of one encoding: the frames and the samples that were asked for."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import load_audio
from pipelines.media.cutting import EncodedSpan, encode_span, write_sound
from pipelines.media.video import probe_video, read_frames
from pipelines.media.video_writer import VideoWriter
from pipelines.media.wild_video import WildVideo, examine_video
from pipelines.support.errors import UnsuitableInput

RATE = Fraction(30000, 1001)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> WildVideo:
    """8 s at 29.97 whose frame n is n / 240 bright, with a rising tone."""
    folder = tmp_path_factory.mktemp("source")
    with VideoWriter(folder / "p.mp4", 128, 96, RATE, preset="ultrafast") as video:
        for number in range(240):
            frame = np.full((96, 128, 3), 128, np.uint8)
            for bit in range(8):
                frame[:, bit * 16 : bit * 16 + 16] = 235 if number >> bit & 1 else 16
            video.write(frame)
    sweep = "aevalsrc='0.4*sin(2*PI*(200*t+40*t*t))':s=48000:d=8.2"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", folder / "p.mp4", "-f", "lavfi", "-i", sweep, "-map", "0:v",
         "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_s16le", folder / "s.mov"], check=True,
    )  # fmt: skip
    return examine_video(folder / "s.mov")


def numbers(path: Path) -> list[int]:
    shown = []
    for frame in read_frames(path):
        bits = frame[:, 8::16, 0].mean(0)[:8] > 128
        shown.append(int((bits << np.arange(8)).sum()))
    return shown


def test_overlapping_clips_hold_their_frames_and_samples(source: WildVideo, tmp_path: Path) -> None:
    spans = [(37, 160), (90, 213), (121, 160)]
    stream = tmp_path / "span.h264"
    encode_span(source, (37, 213), [start for start, _ in spans], (128, 96), stream)
    rate = 48000
    heard = load_audio(source.path, rate)
    with EncodedSpan(source, (37, 213), stream) as encoded:
        for start, stop in spans:
            target, sound = tmp_path / f"{start}.mp4", tmp_path / "sound.wav"
            write_sound(source, start, stop - start, sound)
            encoded.write_clip(start, stop, sound, target)
            assert numbers(target) == list(range(start, stop))
            info = probe_video(target)
            assert (info.fps, info.frames) == (RATE, stop - start)
            # Before the lossy encoder the samples are the very ones of the source.
            first, length = float(start / RATE) * rate, round(float((stop - start) / RATE) * rate)
            wav = load_audio(sound, rate)
            assert len(wav) == length
            begin = round(first)
            assert np.abs(wav - heard[begin : begin + length]).max() < 2e-3
            # And the clip's own sound lies over them without a shift.
            clip = load_audio(target, rate)
            shifts = range(-200, 201)
            piece = clip[4800:24000]
            fits = [float(piece @ heard[begin + 4800 + s : begin + 24000 + s]) for s in shifts]
            assert shifts[int(np.argmax(fits))] == 0
            assert abs(len(clip) - length) <= rate / float(RATE)


def test_time_stamps_are_constant(source: WildVideo, tmp_path: Path) -> None:
    encode_span(source, (10, 70), [10], (128, 96), tmp_path / "span.h264")
    with EncodedSpan(source, (10, 70), tmp_path / "span.h264") as encoded:
        encoded.write_clip(10, 70, None, tmp_path / "clip.mp4")
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "packet=pts,duration:stream=codec_name,"
         "has_b_frames,time_base", "-of", "json", tmp_path / "clip.mp4"],
        capture_output=True, check=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["streams"] == [{"codec_name": "h264", "has_b_frames": 0, "time_base": "1/30000"}]
    assert [packet["pts"] for packet in report["packets"]] == [1001 * n for n in range(60)]


def test_sound_that_begins_late_or_ends_early_becomes_silence(
    source: WildVideo, tmp_path: Path
) -> None:
    late = tmp_path / "late.mkv"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", source.path, "-itsoffset", "1", "-t", "2", "-i",
         source.path, "-map", "0:v", "-map", "1:a", "-c", "copy", late], check=True,
    )  # fmt: skip
    write_sound(examine_video(late), 0, 240, tmp_path / "sound.wav")
    sound = load_audio(tmp_path / "sound.wav", 48000)
    original = load_audio(source.path, 48000)
    assert len(sound) == round(240 / float(RATE) * 48000)
    assert not sound[:47900].any() and not sound[3 * 48000 + 2000 :].any()
    assert np.abs(sound[48100:90000] - original[100:42000]).max() < 2e-3


def test_a_span_that_lost_frames_is_refused(source: WildVideo, tmp_path: Path) -> None:
    encode_span(source, (0, 50), [0], (128, 96), tmp_path / "span.h264")
    with pytest.raises(UnsuitableInput, match="50 of 60 frames"):
        EncodedSpan(source, (0, 60), tmp_path / "span.h264")
