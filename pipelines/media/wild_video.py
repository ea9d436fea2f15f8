"""Videos as people find them: what one holds, and its frames on a constant grid of time.

Frame k of the grid is what is seen k / fps seconds after the first frame, whatever the file's own
time stamps do, so a position found in one pass over the file is the same picture in another.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.media.ffmpeg import command, last_line, running, source
from pipelines.media.probe import ffprobe_json, is_encrypted
from pipelines.media.video import Frame, probe_video
from pipelines.support.errors import UnsuitableInput

SLOWEST, FASTEST = 8, 60
"""Frames per second: below the first no dance can be seen, above the second frames are left out."""

LONGEST_HOURS = 6
SMALLEST_SIDE = 64

_HDR = ("smpte2084", "arib-std-b67")
_PATIENCE_SECONDS = 120
_PIPE_BYTES = 1 << 20
_RATES = tuple(
    Fraction(*rate)
    for rate in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1),
                 (60000, 1001), (60, 1))
)  # fmt: skip


@dataclass(frozen=True)
class WildVideo:
    """A video that can be read, as it is seen.

    Attributes:
        width, height: pixels, upright and square.
        fps: of the grid, at most 60.
        seconds: length that the file promises; 0 where it does not tell.
        begins: time stamp of the first frame, and `container_begins` of the file, in seconds.
        has_sound: whether there is a sound track.
        hdr: transfer curve of an HDR video, else None.
        remarks: what is unusual and what is done about it, a line each.
    """

    path: Path
    width: int
    height: int
    fps: Fraction
    seconds: float
    begins: float
    container_begins: float
    has_sound: bool
    hdr: str | None
    remarks: tuple[str, ...]

    @property
    def frames(self) -> int:
        """How many the grid has, as far as the file tells."""
        return round(self.seconds * self.fps)

    def fitted(self, longest: int) -> tuple[int, int]:
        """Even width and height with a longer side of at most `longest` pixels."""
        scale = min(1.0, longest / max(self.width, self.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (self.width, self.height))
        return (
            min(width, self.width // 2 * 2 or 2),
            min(height, self.height // 2 * 2 or 2),
        )


def examine_video(path: Path) -> WildVideo:
    """Read a file's header.

    Raises:
        UnsuitableInput: nothing that could give a clip, and why.
    """
    _refuse_non_file(path)
    info = probe_video(path)
    report = ffprobe_json(path)
    stream = next(
        one for one in report["streams"]
        if one.get("codec_type") == "video" and not one.get("disposition", {}).get("attached_pic")
    )  # fmt: skip
    if is_encrypted(path):
        raise UnsuitableInput(f"{path}: encrypted (DRM), it cannot be decoded")
    if info.seconds > LONGEST_HOURS * 3600:
        raise UnsuitableInput(
            f"{path}: {info.seconds / 3600:.1f} hours long, at most {LONGEST_HOURS} are taken",
            "cut it into pieces first: ffmpeg -i FILE -c copy -f segment -segment_time 3600 %d.mp4",
        )
    if info.fps < SLOWEST:
        raise UnsuitableInput(
            f"{path}: {float(info.fps):g} frames per second, at least {SLOWEST} are needed"
        )
    if min(info.width, info.height) < SMALLEST_SIDE:
        raise UnsuitableInput(f"{path}: {info.width}x{info.height} pixels, nobody can be seen")
    hdr = stream.get("color_transfer") if stream.get("color_transfer") in _HDR else None
    fps = grid_rate(info.fps)
    return WildVideo(
        path=path,
        width=info.width,
        height=info.height,
        fps=fps,
        seconds=info.seconds,
        begins=_number(stream.get("start_time")),
        container_begins=_number(report["format"].get("start_time")),
        has_sound=info.has_audio,
        hdr=hdr,
        remarks=tuple(_remarks(stream, info.fps, fps, hdr)),
    )


def grid_rate(fps: Fraction) -> Fraction:
    """The constant rate for a file of `fps` frames per second on average: a common one if near."""
    rate = fps / -(-fps // FASTEST)
    near = min(_RATES, key=lambda common: abs(common / rate - 1))
    return near if abs(near / rate - 1) < Fraction(1, 100) else rate.limit_denominator(100)


def grid_frames(
    video: WildVideo, size: tuple[int, int], start: int = 0, threads: int = 1
) -> Iterator[Frame]:
    """Frames of the grid from number `start` on, RGB, decoded while they are asked for.

    Args:
        size: (width, height) to scale to.
        threads: of the decoder.

    Raises:
        UnsuitableInput: it cannot be decoded, the decoder crashed or hangs, or the file ends long
            before its promised end.
    """
    width, height = size
    picture = on_grid(opened(video, start, threads=threads)["V:0"], video, start)
    frames = as_seen(picture, video, width, height).output(
        "pipe:1", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough"
    )
    count = start
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with (
        tempfile.TemporaryFile() as complaints,
        running(
            command(frames), stdin=nothing, stdout=pipe, stderr=complaints, bufsize=0
        ) as process,
    ):
        assert process.stdout is not None
        with suppress(OSError):
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        while (frame := _read(process.stdout.fileno(), width, height, video.path)) is not None:
            count += 1
            yield frame
        code = process.wait()
        complaints.seek(0)
        refuse_failure(video.path, code, complaints.read(), count)
    promised = video.frames
    if count < promised - max(float(video.fps), 0.02 * promised):
        raise UnsuitableInput(
            f"{video.path}: cut off, {float(count / video.fps):.1f} s of the promised "
            f"{video.seconds:.1f} s can be decoded"
        )


def opened(video: WildVideo, start: int, **options: Any) -> Any:
    """A video as an input of ffmpeg-python, opened shortly before frame `start` of the grid.

    Time stamps stay those of the file.
    """
    lead = video.begins - video.container_begins + float(start / video.fps) - 1.0
    if start > 0 and lead > 0:
        options |= {"noaccurate_seek": None, "ss": f"{lead:.6f}"}
    return source(video.path, copyts=None, **options)


def on_grid(picture: Any, video: WildVideo, start: int, stop: int | None = None) -> Any:
    """A stream of the video's pictures: frames `start` to `stop` (exclusive) of the grid."""
    span = {"start_pts": start} | ({} if stop is None else {"end_pts": stop})
    return (
        picture.filter("setpts", f"round(PTS-({video.begins:.6f})/TB)")
        .filter("fps", fps=str(video.fps))
        .filter("trim", **span)
        .filter("setpts", "PTS-STARTPTS")
    )


def as_seen(picture: Any, video: WildVideo, width: int, height: int) -> Any:
    """A stream of the video's pictures at a size with square pixels, HDR as screens show it."""
    picture = picture.filter("scale", width, height, flags="bicubic").filter("setsar", 1)
    if video.hdr is None:
        return picture
    return (
        picture.filter("zscale", tin=video.hdr, pin="bt2020", min="bt2020nc", t="linear", npl=100)
        .filter("format", "gbrpf32le")
        .filter("zscale", p="bt709")
        .filter("tonemap", "hable", desat=0)
        .filter("zscale", t="bt709", m="bt709", r="tv")
        .filter("format", "yuv420p")
    )


def refuse_failure(path: Path, code: int, stderr: bytes, frames: int) -> None:
    """Raise UnsuitableInput for an ffmpeg that failed, or that decoded nothing."""
    if code < 0:
        raise UnsuitableInput(
            f"{path}: the decoder crashed after frame {frames} ({signal.Signals(-code).name})"
        )
    if code > 0 or frames == 0:
        reason = last_line(stderr).removeprefix(f"file:{path}: ")
        raise UnsuitableInput(f"{path}: cannot be decoded after frame {frames} ({reason})")


def _read(pipe: int, width: int, height: int, path: Path) -> Frame | None:
    """One frame; None at the end of the stream."""
    frame = np.empty((height, width, 3), np.uint8)
    left = memoryview(frame.data).cast("B")
    while len(left):
        if not select.select([pipe], [], [], _PATIENCE_SECONDS)[0]:
            raise UnsuitableInput(f"{path}: the decoder hangs")
        got = os.readv(pipe, [left])
        if got == 0:
            return None
        left = left[got:]
    return frame


def _refuse_non_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UnsuitableInput(f"{path}: not a regular file")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise UnsuitableInput(f"{path}: the file is empty")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnsuitableInput(f"{path}: cannot be read ({reason})") from error


def _remarks(
    stream: dict[str, Any], average: Fraction, fps: Fraction, hdr: str | None
) -> Iterator[str]:
    nominal = Fraction(stream.get("r_frame_rate") or 0) if _is_rate(stream) else average
    if nominal and abs(nominal / average - 1) > Fraction(1, 50):
        yield f"variable frame rate: made constant, {float(fps):.4g} frames per second"
    elif abs(fps / average - 1) > Fraction(1, 50):
        yield f"{float(average):.4g} frames per second: brought to {float(fps):.4g}"
    turns = [side["rotation"] for side in stream.get("side_data_list", []) if "rotation" in side]
    if turns and int(turns[0]) % 360:
        yield f"rotated by {int(turns[0])} degrees: turned upright"
    if hdr is not None:
        yield f"HDR ({hdr}): brought to standard range"
    elif "10" in stream.get("pix_fmt", "") or "12" in stream.get("pix_fmt", "")[6:]:
        yield f"more than 8 bits ({stream['pix_fmt']}): brought to 8"
    if int(stream.get("width", 0)) % 2 or int(stream.get("height", 0)) % 2:
        yield f"odd size {stream.get('width')}x{stream.get('height')}: made even"


def _is_rate(stream: dict[str, Any]) -> bool:
    return not str(stream.get("r_frame_rate", "0/0")).endswith("/0")


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return 0.0
