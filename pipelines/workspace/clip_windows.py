"""Random windows of 5 to 10 seconds slid over a dance or a shot (paper 4.1).

The paper gives neither stride nor overlap. Unless asked otherwise each window begins, at random, 30
to 70 % of the last one's length after it, so that every moment is seen about twice: the 28 hours
that the paper renders are about twice what FineDance holds (docs/reference/curation.md#windows).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.support.files import sha256_json

SHORTEST, LONGEST = 5.0, 10.0
"""Seconds."""

TWICE = 0.5
"""Overlap at which every moment is seen about twice."""

_SPREAD = 0.4
"""How far a step may stray from its mean, of what is left on the nearer side."""


@dataclass(frozen=True)
class Window:
    """Frames `start` (inclusive) to `stop` (exclusive)."""

    start: int
    stop: int

    @property
    def frames(self) -> int:
        """How many."""
        return self.stop - self.start


def random_windows(
    frames: int, fps: float, source_sha256: str, seed: int, overlap: float = TWICE
) -> list[Window]:
    """Windows of one source, in order; the same content and seed give the same ones.

    Args:
        frames: length of the source, at `fps` frames per second.
        source_sha256: of the source's content.
        seed: the user's.
        overlap: mean share of a window that the next one shows again; 0: they follow each other.

    Returns:
        Nothing where the source is shorter than 5 s. The first begins within the first two seconds;
        the last ends where less than 5 s would be left.
    """
    shortest, longest = int(np.ceil(SHORTEST * fps)), int(LONGEST * fps)
    digest = sha256_json({"source": source_sha256, "seed": seed})
    rng = np.random.default_rng(int(digest[:16], 16))
    windows: list[Window] = []
    spread = _SPREAD * min(overlap, 1 - overlap)
    spare = max(0, frames - shortest)
    start = int(rng.integers(0, min(spare, round(2 * fps)) + 1))
    while start + shortest <= frames:
        wanted = int(rng.integers(shortest, longest + 1))
        length = min(wanted, frames - start)
        windows.append(Window(start, start + length))
        step = rng.uniform(1 - overlap - spread, 1 - overlap + spread)
        start += max(1, round(wanted * step))
    return windows


def even_windows(
    frames: int, fps: float, source_sha256: str, seed: int, seconds: float
) -> list[Window]:
    """Windows of one length that follow each other, for testing; the first offset is random.

    Args:
        frames: length of the source, at `fps` frames per second.
        seconds: length of each.
    """
    length = max(1, round(seconds * fps))
    count = frames // length
    digest = sha256_json({"source": source_sha256, "seed": seed})
    spare = frames - count * length
    start = int(np.random.default_rng(int(digest[:16], 16)).integers(0, spare + 1))
    return [Window(start + i * length, start + (i + 1) * length) for i in range(count)]
