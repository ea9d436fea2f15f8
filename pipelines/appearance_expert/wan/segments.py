"""The overlapping segments that Wan-Animate makes (docs/reference/wan-animate.md#relay)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """One call of the model.

    Attributes:
        index: 0, 1, ...
        controls: frame of the dance to draw for each of the segment's frames; beyond the dance's
            end they run back and forth.
        skipped: how many of the segment's first frames repeat the segment before.
        first, last: half-open range of the dance's frames that this segment newly gives.
    """

    index: int
    controls: tuple[int, ...]
    skipped: int
    first: int
    last: int


def plan_segments(frames: int, length: int, overlap: int) -> list[Segment]:
    """Segments of `length` frames, each repeating the last `overlap` frames of the one before.

    Args:
        frames: of the dance, at least 1.
        length: frames per call, 4k + 1.
        overlap: 1 or 5; less than half of `length`.
    """
    segments: list[Segment] = []
    start = 0
    while not segments or start + overlap < frames:
        skipped = overlap if segments else 0
        controls = tuple(back_and_forth(frame, frames) for frame in range(start, start + length))
        last = min(start + length, frames)
        segments.append(Segment(len(segments), controls, skipped, start + skipped, last))
        start += length - overlap
    return segments


def back_and_forth(frame: int, frames: int) -> int:
    """Reflect a frame number into 0 .. frames-1 without repeating the ends: 0 1 2 1 0 1 ..."""
    if frames == 1:
        return 0
    frame %= 2 * (frames - 1)
    return frame if frame < frames else 2 * (frames - 1) - frame
