"""What ffprobe would say, asked of the libraries in PyAV's wheel, for machines without ffprobe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.logging

from pipelines.media.ffmpeg import LOCAL_ONLY, NotAMedium

Report = dict[str, Any]

_PATIENCE_SECONDS = 60.0


def examine(path: Path) -> tuple[Report, str]:
    """As `probe.examine`."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as remarks, _opened(path) as container:
            streams = [_stream(one) for one in container.streams]
            report: Report = {"streams": streams, "format": _format(container)}
            for stream in streams:
                turn = _rotation(path, stream["index"]) if _is_picture(stream) else 0
                if turn:
                    stream["side_data_list"] = [{"rotation": turn}]
    finally:
        av.logging.set_level(level)
    return report, "\n".join(text.strip() for _, _, text in remarks)


def picture_packets(path: Path) -> list[Report]:
    """As `probe.picture_packets`."""
    packets: list[Report] = []
    try:
        with _opened(path) as container:
            stream = _picture(container)
            for packet in container.demux(stream) if stream is not None else ():
                if packet.size:
                    flags = ("K" if packet.is_keyframe else "_") + "_D"[packet.is_discard]
                    stamp = _seconds(packet.pts, packet.time_base)
                    packets.append({"flags": flags} | ({"pts_time": stamp} if stamp else {}))
    except (NotAMedium, av.FFmpegError):
        pass
    return packets


def is_encrypted(path: Path) -> bool:
    """As `probe.is_encrypted`."""
    try:
        with _opened(path) as container:
            first = next(container.demux(), None)
            return first is not None and first.has_sidedata("encryption_info")
    except (NotAMedium, av.FFmpegError):
        return False


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    options = {"protocol_whitelist": LOCAL_ONLY}
    try:
        container = av.open(f"file:{path}", options=options, timeout=_PATIENCE_SECONDS)
    except (av.FFmpegError, ValueError) as error:
        raise NotAMedium(getattr(error, "strerror", None) or str(error)) from None
    with container:
        yield container


def _format(container: Any) -> Report:
    times = {
        "start_time": _seconds(container.start_time, Fraction(1, av.time_base)),
        "duration": _seconds(container.duration, Fraction(1, av.time_base)),
    }
    return {"format_name": container.format.name} | _known(times)


def _stream(stream: Any) -> Report:
    disposition = {one.name: int(one in stream.disposition) for one in av.stream.Disposition}
    facts: Report = {
        "codec_type": stream.type,
        "start_time": _seconds(stream.start_time, stream.time_base),
        "duration": _seconds(stream.duration, stream.time_base),
        "nb_frames": str(stream.frames) if stream.frames else None,
    }
    codec = stream.codec_context
    if stream.type == "video" and codec is not None:
        facts |= {
            "width": codec.width,
            "height": codec.height,
            "pix_fmt": codec.pix_fmt,
            "sample_aspect_ratio": _ratio(stream.sample_aspect_ratio, ":"),
            "avg_frame_rate": _ratio(stream.average_rate, "/") or "0/0",
            "r_frame_rate": _ratio(stream.base_rate, "/") or "0/0",
            "color_transfer": _TRANSFER.get(codec.color_trc),
        }
    if stream.type == "audio" and codec is not None:
        facts |= {"sample_rate": str(codec.sample_rate), "channels": codec.channels}
    return {"index": stream.index, "disposition": disposition} | _known(facts)


# Names of AVColorTransferCharacteristic, which PyAV gives as numbers (ITU-T H.273, table 3).
_TRANSFER = {1: "bt709", 16: "smpte2084", 18: "arib-std-b67"}


def _known(facts: Report) -> Report:
    return {key: value for key, value in facts.items() if value is not None}


def _seconds(stamp: int | None, base: Fraction | None) -> str | None:
    return None if stamp is None or base is None else f"{float(stamp * base):.6f}"


def _ratio(value: Fraction | None, mark: str) -> str | None:
    return f"{value.numerator}{mark}{value.denominator}" if value else None


def _is_picture(stream: Report) -> bool:
    return stream["codec_type"] == "video" and not stream["disposition"]["attached_pic"]


def _picture(container: Any) -> Any | None:
    cover = av.stream.Disposition.attached_pic
    return next((one for one in container.streams.video if cover not in one.disposition), None)


def _rotation(path: Path, index: int) -> int:
    """Degrees counter-clockwise; the first frame that can be decoded carries the file's matrix."""
    try:
        with _opened(path) as container:
            frame = next(container.decode(container.streams[index]), None)
            return 0 if frame is None else int(frame.rotation)
    except (NotAMedium, av.FFmpegError):
        return 0
