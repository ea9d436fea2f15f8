"""What was seen in a video, moment by moment: scores of clips are made of it, again and again.

No threshold has acted on any of it, so another threshold needs no other look at the video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.support.archives import read_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

Array = NDArray[Any]


@dataclass(frozen=True)
class Observations:
    """Of T frames of the grid (wild_video.py), L of which were looked at for people.

    Attributes:
        cut: (T,) how likely the shot ends with this frame.
        flow_frame: (P,) the later frame of each pair that flow was estimated between.
        motion: (P,) body heights per second; NaN: nobody.
        look_frame: (L,) frames that were looked at.
        people: (L,) how many perform.
        box: (L, 4) the main person's left, top, right, bottom, as shares of the picture; NaN.
        points: (L, 17, 3) their x and y as shares of the picture, and confidence; COCO's order.
        bars: (L,) share of the picture under black bars.
        hash: (L,) uint64 fingerprint.
        thumb_frame: (M,) frames of which there is a small picture.
        thumb_bytes: (B,) uint8, all JPEGs one after another. thumb_size: (M,) bytes of each.
    """

    cut: Array
    flow_frame: Array
    motion: Array
    look_frame: Array
    people: Array
    box: Array
    points: Array
    bars: Array
    hash: Array
    thumb_frame: Array
    thumb_bytes: Array
    thumb_size: Array

    @property
    def frames(self) -> int:
        """How many frames of the grid."""
        return len(self.cut)

    def thumbnails(self, start: int, stop: int) -> list[bytes]:
        """JPEGs of the frames from `start` to `stop`."""
        ends = np.cumsum(self.thumb_size)
        chosen = np.flatnonzero((self.thumb_frame >= start) & (self.thumb_frame < stop))
        return [self.thumb_bytes[ends[i] - self.thumb_size[i] : ends[i]].tobytes() for i in chosen]


def joined(parts: Sequence[Observations]) -> Observations:
    """Consecutive parts as one; at least one part."""
    return Observations(
        **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(parts[0])}
    )


def save_observations(path: Path, seen: Observations) -> None:
    """Write as npz, atomically."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **{f.name: getattr(seen, f.name) for f in fields(seen)})


def load_observations(path: Path) -> Observations | None:
    """Read a file of `save_observations`; None where it is missing or damaged."""
    try:
        data = read_npz(path)
        return Observations(**{f.name: data[f.name] for f in fields(Observations)})
    except (UnsuitableInput, KeyError):
        return None
