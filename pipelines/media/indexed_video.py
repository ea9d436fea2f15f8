"""Frames of a clip by their numbers, without decoding all that lies before them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.media.video import Frame, probe_video, read_frames
from pipelines.support.errors import UnsuitableInput

_SPARSE = 4
"""Frames that are decoded for nothing, for each that is wanted, from which seeking pays."""


def frames_at(path: Path, numbers: set[int]) -> Iterator[tuple[int, Frame]]:
    """Those frames of a video, in order, with their numbers: those of `read_frames`, to the bit.

    Where few are wanted, decord seeks them; ffmpeg reads the rest, and what decord would see
    otherwise: turned or stretched pictures, frames that an edit list hides.

    Raises:
        UnsuitableInput: the video ends before the last of them.
    """
    last = max(numbers)
    reader = _reader(path, last) if last >= _SPARSE * len(numbers) else None
    if reader is not None:
        for number in sorted(numbers):
            yield number, reader[number].asnumpy()
        return
    reached = -1
    for number, frame in enumerate(read_frames(path)):
        reached = number
        if number in numbers:
            yield number, frame
        if number == last:
            return
    raise UnsuitableInput(f"{path}: ends after {reached + 1} frames, {last + 1} were promised")


def _reader(path: Path, last: int) -> Any | None:
    """decord's reader, where its wheel is installed and it sees what ffmpeg sees."""
    try:
        import decord
    except (ImportError, OSError):
        return None
    info = probe_video(path)
    try:
        reader = decord.VideoReader(str(path), num_threads=1)
        height, width, _ = reader[0].shape
    except decord.DECORDError:
        return None
    same = (width, height, len(reader)) == (info.width, info.height, info.frames)
    return reader if same and last < len(reader) else None
