"""Clips out of a video: a span is encoded once, and any number of clips is copied out of it.

The span has no frames that refer forward, and a key frame where each clip begins, so clips that
overlap cost one encoding, and each plays by itself.
"""

from __future__ import annotations

import mmap
import re
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from pipelines.media.ffmpeg import (
    AAC,
    CRF,
    KEYFRAME_SECONDS,
    PRESET,
    QUIET,
    REPRODUCIBLE,
    SOUND_RATE,
    ffmpeg_program,
    last_line,
    raise_write_failure,
)
from pipelines.media.wild_video import (
    WildVideo,
    grid_filters,
    picture_filters,
    refuse_failure,
    seek_input,
)
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
    filters = [*grid_filters(video, start, stop), *picture_filters(video, *size)]
    filters.append("scale=out_color_matrix=bt709:out_range=tv:flags=bicubic,format=yuv420p")
    command = [
        ffmpeg_program(), *QUIET, "-y", *seek_input(video, start), "-map", "0:V:0", "-an", "-sn",
        "-dn", "-vf", ",".join(filters), "-vsync", "passthrough",
        "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-bf", "0",
        "-threads", str(_THREADS), "-flags:v", "+bitexact+cgop", "-x264-params", "aud=1",
        "-g", str(max(1, round(KEYFRAME_SECONDS * video.fps))),
        *(["-force_key_frames", keys] if keys else []),
        "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709",
        "-color_trc", "bt709", "-f", "h264", f"file:{target}",
    ]  # fmt: skip
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    if b"No space left" in done.stderr:
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
        audio = [] if sound is None else ["-i", f"file:{sound}"]
        kept = [] if sound is None else ["-map", "1:a:0", *AAC]
        with atomic_path(target) as part:
            command = [
                ffmpeg_program(), "-hide_banner", "-v", "error", "-y", "-f", "h264",
                "-framerate", str(fps), "-i", "pipe:0", *audio, "-map", "0:v:0", "-c:v", "copy",
                "-bsf:v", f"setts=pts=N*{ticks}:dts=N*{ticks}:duration={ticks}",
                "-video_track_timescale", str(fps.numerator * fine), *kept,
                *REPRODUCIBLE, f"file:{part}",
            ]  # fmt: skip
            done = subprocess.run(
                command, input=self._bytes[first:last], stderr=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
            if done.returncode != 0:
                raise_write_failure(target, done.stderr)


def sound_filters(video: WildVideo, start: int, rate: int) -> str:
    """Filters after which sample 0 sounds when frame `start` of the grid is seen."""
    begin = video.begins + float(start / video.fps)
    return (
        f"atrim=start={begin:.6f},asetpts=PTS-({begin:.6f})/TB,aresample={rate}:async=1:first_pts=0"
    )


def write_sound(video: WildVideo, start: int, frames: int, target: Path) -> None:
    """Write what is heard while `frames` frames from `start` on are seen, 48 kHz stereo wav.

    To the sample; silence where there is none.

    Raises:
        UnsuitableInput: the sound cannot be decoded.
    """
    length = round(float(frames / video.fps) * SOUND_RATE)
    filters = f"{sound_filters(video, start, SOUND_RATE)},apad,atrim=end_sample={length}"
    command = [
        ffmpeg_program(), *QUIET, "-y", *seek_input(video, start), "-map", "0:a:0", "-vn", "-sn",
        "-dn", "-af", filters, "-ac", "2", "-c:a", "pcm_s16le", "-fflags", "+bitexact", "-f", "wav",
        f"file:{target}",
    ]  # fmt: skip
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    if done.returncode != 0:
        raise UnsuitableInput(
            f"{video.path}: its sound cannot be decoded ({last_line(done.stderr)})"
        )
