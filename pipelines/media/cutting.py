"""Clips out of a video: a span is encoded once, and any number of clips is copied out of it.

The span has no frames that refer forward, and a key frame where each clip begins, so clips that
overlap cost one encoding, and each plays by itself.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from pipelines.media.ffmpeg import (
    AAC,
    BT709,
    CRF,
    KEYFRAME_SECONDS,
    PRESET,
    REPRODUCIBLE,
    SOUND_RATE,
    check_written,
    command,
    for_screens,
    is_disk_full,
    last_line,
    raise_write_failure,
    run,
    source,
)
from pipelines.media.wild_video import WildVideo, as_seen, on_grid, opened, refuse_failure
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

# Fixed: x264's output depends on how many threads it has.
_THREADS = 2
# Every picture begins with an access unit delimiter, type 9.
_PICTURE = re.compile(rb"\x00\x00\x00\x01\x09")


def encode_span(
    video: WildVideo, span: tuple[int, int], starts: Sequence[int], size: tuple[int, int],
    target: Path,
) -> None:  # fmt: skip
    """Encode frames span[0] to span[1] (exclusive) of the grid as a bare H.264 stream.

    Args:
        starts: frames of the grid at which clips begin.
        size: even width and height.
        target: is written over.

    Raises:
        UnsuitableInput: it cannot be decoded, or `target` cannot be written.
    """
    start, stop = span
    keys = ",".join(
        f"{float((Fraction(k - start) - Fraction(1, 4)) / video.fps):.6f}"
        for k in sorted(set(starts))
        if k > start
    )
    picture = on_grid(opened(video, start)["V:0"], video, start, stop)
    options = {
        "c:v": "libx264", "preset": PRESET, "crf": CRF, "bf": 0, "threads": _THREADS,
        "flags:v": "+bitexact+cgop", "x264-params": "aud=1",
        "g": max(1, round(KEYFRAME_SECONDS * video.fps)), "fps_mode": "passthrough",
    }  # fmt: skip
    options |= {"force_key_frames": keys} if keys else {}
    encoded = for_screens(as_seen(picture, video, *size)).output(
        f"file:{target}", format="h264", **BT709, **options
    )
    done = run(command(encoded))
    if is_disk_full(target, done.stderr):
        raise_write_failure(target, done.stderr)
    refuse_failure(video.path, done.returncode, done.stderr, 1)


class EncodedSpan:
    """A stream of `encode_span`, to copy clips out of. Use as a context manager."""

    def __init__(self, video: WildVideo, span: tuple[int, int], file: Path) -> None:
        self._video, self._start = video, span[0]
        self._file = file.open("rb")
        try:
            self._bytes = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            self._file.close()
            raise UnsuitableInput(f"{video.path}: nothing of it could be decoded") from None
        self._places = [match.start() for match in _PICTURE.finditer(self._bytes)]
        if len(self._places) != span[1] - span[0]:
            found = len(self._places)
            self.__exit__()
            raise UnsuitableInput(
                f"{video.path}: {found} of {span[1] - span[0]} frames could be decoded again"
            )
        self._places.append(len(self._bytes))

    def __enter__(self) -> EncodedSpan:
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes.close()
        self._file.close()

    def write_clip(self, start: int, stop: int, sound: Path | None, target: Path) -> None:
        """Write frames `start` to `stop` of the grid as mp4, atomically.

        Args:
            start: one of the `starts` that the span was encoded with.
            sound: a sound file exactly as long as the clip, or None.
        """
        first, last = self._places[start - self._start], self._places[stop - self._start]
        fps = self._video.fps
        # Time stamps are counted in ticks of the rate itself, so no rounding adds up.
        fine = -(-10000 // fps.numerator)
        ticks = fps.denominator * fine
        streams = [ffmpeg.input("pipe:0", format="h264", framerate=str(fps))["v:0"]]
        options = {
            "c:v": "copy", "bsf:v": f"setts=pts=N*{ticks}:dts=N*{ticks}:duration={ticks}",
            "video_track_timescale": fps.numerator * fine,
        }  # fmt: skip
        if sound is not None:
            streams.append(source(sound)["a:0"])
            options |= AAC
        with atomic_path(target) as part:
            clip = ffmpeg.output(*streams, f"file:{part}", **options, **REPRODUCIBLE)
            done = run(command(clip), self._bytes[first:last])
            check_written(target, done.returncode, done.stderr)


def heard_from(video: WildVideo, start: int, rate: int) -> Any:
    """The video's stream of sound; sample 0 is heard when frame `start` of the grid is seen."""
    begin = video.begins + float(start / video.fps)
    return (
        opened(video, start)["a:0"]
        .filter("atrim", start=f"{begin:.6f}")
        .filter("asetpts", f"PTS-({begin:.6f})/TB")
        .filter("aresample", rate, **{"async": 1}, first_pts=0)
    )


def write_sound(video: WildVideo, start: int, frames: int, target: Path) -> None:
    """Write what is heard while `frames` frames from `start` on are seen, 48 kHz stereo wav.

    To the sample; silence where there is none.

    Raises:
        UnsuitableInput: the sound cannot be decoded.
    """
    length = round(float(frames / video.fps) * SOUND_RATE)
    sound = heard_from(video, start, SOUND_RATE).filter("apad").filter("atrim", end_sample=length)
    options = {"ac": 2, "c:a": "pcm_s16le", "fflags": "+bitexact"}
    written = sound.output(f"file:{target}", format="wav", **options)
    done = run(command(written))
    if is_disk_full(target, done.stderr):
        raise_write_failure(target, done.stderr)
    if done.returncode != 0:
        raise UnsuitableInput(
            f"{video.path}: its sound cannot be decoded ({last_line(done.stderr)})"
        )
