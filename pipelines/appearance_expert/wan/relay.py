"""The relay of segments: each continues the one before, is held to the first's colours, and kept.

A segment that an earlier run has finished is taken from disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.colour_match import (
    LabStatistics,
    delta_e,
    lab_statistics,
    matched,
)
from pipelines.appearance_expert.wan.frames import load_frames, save_frames
from pipelines.appearance_expert.wan.segments import Segment

Frames = NDArray[np.uint8]
Make = Callable[[Segment, Frames | None], Frames]


def relayed(
    plan: Sequence[Segment],
    overlap: int,
    make: Make,
    folder: Path | None,
    key: str,
    entries: list[dict[str, Any]],
) -> Iterator[tuple[Segment, Frames]]:
    """Each segment with the frames that it newly gives.

    Args:
        plan: segments in their order.
        overlap: frames that each shares with the one before.
        make: from a segment and the last frames of the one before (None for the first) to all its
            frames (L, H, W, 3), the repeated ones included.
        folder: where finished segments are kept; None keeps none.
        key: names everything that their pixels depend on.
        entries: gets one report per segment: index, colour differences, seconds.
    """
    anchor: LabStatistics | None = None
    tail: Frames | None = None
    for segment in plan:
        start = time.monotonic()
        path = folder / f"{key}-{segment.index:04d}.zip" if folder else None
        kept, entry = _stored(path)
        if kept is None:
            kept, entry = _hold_colour(make(segment, tail), segment, anchor, tail)
            if path:
                save_frames(path, kept, entry)
        anchor = anchor or lab_statistics(kept)
        tail = kept[-overlap:]
        seconds = round(time.monotonic() - start, 3)
        entries.append({"index": segment.index, **entry, "seconds": seconds})
        yield segment, kept


def _stored(path: Path | None) -> tuple[Frames | None, dict[str, Any]]:
    if path is None or not path.is_file():
        return None, {}
    frames, entry = load_frames(path)
    return frames, {**entry, "resumed": True}


def _hold_colour(
    made: Frames, segment: Segment, anchor: LabStatistics | None, tail: Frames | None
) -> tuple[Frames, dict[str, Any]]:
    """The frames that the segment newly gives, matched to the first, and their differences."""
    new = slice(segment.skipped, segment.skipped + segment.last - segment.first)
    if anchor is None or tail is None:
        return made[new], {"delta_e": 0.0, "delta_e_unmatched": 0.0}
    held = matched(made, anchor, tail)[new]
    return held, {
        "delta_e": round(delta_e(anchor, lab_statistics(held)), 3),
        "delta_e_unmatched": round(delta_e(anchor, lab_statistics(made[new])), 3),
    }
