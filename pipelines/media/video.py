"""Videos read: what a file holds, and its frames one by one.

Frames are uint8 RGB (height, width, 3). Frame rates are fractions, so 30000/1001 stays exact.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media.ffmpeg import command, last_line, running, source
from pipelines.media.probe import ffprobe_json, picture_packets
from pipelines.support.errors import UnsuitableInput

Frame = NDArray[np.uint8]

_STILL_FORMATS = ("image2", "_pipe")
_MOST_PIXELS = 16384 * 8192
"""Of a frame, held as 400 MB; a damaged or hostile header promises more."""


@dataclass(frozen=True)
class VideoInfo:
    """A video as it is seen: upright, with square pixels.

    Attributes:
        width, height: pixels after rotation and with square pixels.
        fps: average frame rate.
        frames: number of frames, as the container tells or estimated from the length.
        seconds: length of the picture.
        has_audio: whether there is a sound track.
    """

    width: int
    height: int
    fps: Fraction
    frames: int
    seconds: float
    has_audio: bool


def probe_video(path: Path) -> VideoInfo:
    """What a video holds.

    Raises:
        UnsuitableInput: missing, empty, not a video, or a still picture.
    """
    report = ffprobe_json(path)
    stream = _picture_stream(path, report)
    width, height = _upright_size(stream)
    fps = _frame_rate(stream)
    if width < 1 or height < 1 or fps <= 0:
        raise UnsuitableInput(f"{path}: the video has no frames, or a damaged header")
    if width * height > _MOST_PIXELS:
        raise UnsuitableInput(
            f"{path}: frames of {width}x{height} pixels are too large to decode",
            "scale it down first: ffmpeg -i FILE -vf scale=-2:2160 OUT.mp4",
        )
    seconds = float(stream.get("duration") or report.get("format", {}).get("duration") or 0)
    frames = int(stream.get("nb_frames") or round(seconds * fps))
    if "nb_frames" in stream and seconds and abs(frames - seconds * fps) > 1.5:
        # A cut without encoding keeps frames that an edit list hides.
        frames = len(frame_times(path)) or frames
    return VideoInfo(
        width=width,
        height=height,
        fps=fps,
        frames=frames,
        seconds=seconds or float(frames / fps),
        has_audio=any(other.get("codec_type") == "audio" for other in report["streams"]),
    )


def read_frames(
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    fps: Fraction | None = None,
    start: float = 0.0,
    seconds: float | None = None,
) -> Iterator[Frame]:
    """The frames of a video, upright, decoded while they are asked for.

    Args:
        path: anything that ffmpeg decodes.
        size: (width, height) to scale to; default: as it is seen.
        fps: resample to this constant rate; default: each frame once.
        start: seconds to skip.
        seconds: length to read; default: to the end.

    Raises:
        UnsuitableInput: not a video, or it cannot be decoded to its end.
    """
    info = probe_video(path)
    width, height = size or (info.width, info.height)
    picture = source(path, ss=f"{start:.6f}")["V:0"]
    # One frame out per frame in: without it a variable rate would be filled up with repeats.
    options = {"fps_mode": "passthrough"}
    if fps is not None:
        picture, options = picture.filter("fps", fps=str(fps)), {}
    if seconds is not None:
        options["t"] = f"{seconds:.6f}"
    picture = picture.filter("scale", width, height, flags="bicubic").filter("setsar", 1)
    frames = picture.output("pipe:1", format="rawvideo", pix_fmt="rgb24", **options)
    return _decoded(path, command(frames), width, height)


def frame_times(path: Path) -> NDArray[np.float64]:
    """When each frame of `read_frames` is seen: (T,) seconds from the first one, by time stamps.

    Empty where the file has no usable time stamps.
    """
    shown = [packet for packet in picture_packets(path) if "D" not in packet.get("flags", "")]
    try:
        stamps = [float(packet["pts_time"]) for packet in shown]
    except (KeyError, ValueError):
        return np.zeros(0)
    times = np.sort(np.array(stamps, dtype=np.float64))
    return times - times[0] if len(times) else times


def _decoded(path: Path, line: list[str], width: int, height: int) -> Iterator[Frame]:
    size = width * height * 3
    count = 0
    with (
        tempfile.TemporaryFile() as complaints,
        running(line, stdout=subprocess.PIPE, stderr=complaints, bufsize=size) as process,
    ):
        assert process.stdout is not None
        while len(data := process.stdout.read(size)) == size:
            count += 1
            yield np.frombuffer(data, dtype=np.uint8).reshape(height, width, 3)
        if process.wait() != 0:
            complaints.seek(0)
            reason = last_line(complaints.read())
            raise UnsuitableInput(f"{path}: cannot be decoded after frame {count} ({reason})")


def _picture_stream(path: Path, report: dict[str, Any]) -> dict[str, Any]:
    kind = report.get("format", {}).get("format_name", "")
    if kind.endswith(_STILL_FORMATS):
        raise UnsuitableInput(f"{path}: a still picture, not a video")
    for stream in report.get("streams", []):
        cover = stream.get("disposition", {}).get("attached_pic")
        if stream.get("codec_type") == "video" and not cover:
            found: dict[str, Any] = stream
            return found
    raise UnsuitableInput(f"{path}: holds no moving picture")


def _upright_size(stream: dict[str, Any]) -> tuple[int, int]:
    width, height = int(stream.get("width", 0)), int(stream.get("height", 0))
    shape = _fraction(stream.get("sample_aspect_ratio", "1:1").replace(":", "/"))
    if shape > 0 and shape != 1:
        width = round(width * shape)
    turns = [side["rotation"] for side in stream.get("side_data_list", []) if "rotation" in side]
    if turns and int(turns[0]) % 180:
        return height, width
    return width, height


def _frame_rate(stream: dict[str, Any]) -> Fraction:
    average = _fraction(stream.get("avg_frame_rate", "0/0"))
    nominal = _fraction(stream.get("r_frame_rate", "0/0"))
    # The average carries the rounding of time stamps; the nominal rate is the one meant.
    if average == 0 or (nominal and abs(average / nominal - 1) < Fraction(1, 500)):
        return nominal
    return average


def _fraction(text: str) -> Fraction:
    numerator, _, denominator = text.partition("/")
    try:
        return Fraction(int(numerator), int(denominator or 1))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
