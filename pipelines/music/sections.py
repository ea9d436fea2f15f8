"""Where a song changes, and which of its parts are alike (docs/reference/music.md#sections).

Shapes: B beats, S sections.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.signal import find_peaks

from pipelines.music import layout
from pipelines.music.beats import beat_grid
from pipelines.music.features import MusicFeatures

_KERNEL = 16
"""Beats on either side of a change that are compared."""
_SHORTEST = 16
"""Beats of a section: four bars of four."""
_NOTABLE = 0.25
"""Of the greatest novelty of the song, and of what two quite different halves would have."""
_ALIKE = 0.5
"""Cosine distance of two sections' means under which they get the same letter."""
_GRID_SECONDS = 0.5
"""Stands for a beat where a song has none."""


@dataclass(frozen=True)
class SongSection:
    """A part of a song: seconds, and a letter that parts alike share, "A" first."""

    start: float
    end: float
    label: str


def song_sections(features: MusicFeatures) -> list[SongSection]:
    """The parts of a song, on its beats, without gaps; one part for a short or an even song."""
    seconds = features.frames / features.fps
    beats = beat_grid(features)
    if beats is None or len(beats) < 2:
        beats = np.arange(0, seconds, _GRID_SECONDS)
    beats = beats[(beats > 0.2) & (beats < seconds)]
    heard = _per_beat(features, beats)
    inner = [float(beats[number - 1]) for number in _changes(heard)]
    edges = [0.0, *inner, seconds]
    spans = list(itertools.pairwise(edges))
    labels = _letters([_mean_of(heard, beats, start, end) for start, end in spans])
    return [
        SongSection(start, end, label) for (start, end), label in zip(spans, labels, strict=True)
    ]


def sections_from(parts: Sequence[SongSection], second: float) -> list[SongSection]:
    """The parts that are heard from `second` of the song on, counted from there.

    Letters are those of the whole song, whichever stretch of it is danced.
    """
    return [
        SongSection(max(part.start - second, 0.0), part.end - second, part.label)
        for part in parts
        if part.end > second
    ]


def _per_beat(features: MusicFeatures, beats_B: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B + 1, 33) loudness, timbre and harmony between beats, each column of deviation 1."""
    values = features.values[:, [*range(1 + 20 + 12)]].astype(np.float64)
    assert (layout.envelope, layout.mfcc, layout.chroma) == (
        slice(0, 1), slice(1, 21), slice(21, 33),
    )  # fmt: skip
    edges = [0, *np.round(beats_B * features.fps).astype(int), features.frames]
    rows = np.stack([
        values[start : max(stop, start + 1)].mean(0) if start < features.frames else values[-1]
        for start, stop in itertools.pairwise(edges)
    ])  # fmt: skip
    spread = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(spread > 1e-6, spread, 1.0)
    # Twenty columns of timbre and twelve of harmony count as much as each other.
    rows[:, 1:21] /= np.sqrt(20 / 12)
    return np.asarray(rows)


def _changes(heard_B: NDArray[np.float64]) -> list[int]:
    """Rows before which the song changes: peaks of Foote's novelty."""
    if len(heard_B) < 2 * _SHORTEST:
        return []
    alike = _unit(heard_B) @ _unit(heard_B).T
    signs = np.sign(np.arange(-_KERNEL, _KERNEL) + 0.5)
    taper = np.exp(-0.5 * ((np.arange(-_KERNEL, _KERNEL) + 0.5) / (_KERNEL / 2)) ** 2)
    kernel = np.outer(signs * taper, signs * taper)
    padded = np.pad(alike, _KERNEL, mode="edge")
    novelty = np.array([
        (padded[row : row + 2 * _KERNEL, row : row + 2 * _KERNEL] * kernel).sum()
        for row in range(len(heard_B))
    ]) / np.abs(kernel).sum()  # fmt: skip
    novelty[: _SHORTEST // 2] = novelty[-_SHORTEST // 2 :] = 0.0
    least = _NOTABLE * max(float(novelty.max()), _NOTABLE)
    peaks, _ = find_peaks(novelty, height=least, distance=_SHORTEST)
    return [int(peak) for peak in peaks]


def _letters(means_S: list[NDArray[np.float64]]) -> list[str]:
    """A letter per section, in the order in which they are first heard."""
    if len(means_S) == 1:
        return ["A"]
    rows = _unit(np.stack(means_S))
    groups = fcluster(linkage(rows, "average", metric="cosine"), _ALIKE, "distance")
    order = {group: number for number, group in enumerate(dict.fromkeys(groups.tolist()))}
    return [chr(ord("A") + min(order[group], 25)) for group in groups.tolist()]


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9))


def _mean_of(
    heard_B: NDArray[np.float64], beats_B: NDArray[np.float64], start: float, end: float
) -> NDArray[np.float64]:
    """What is heard on average in a section that begins and ends on beats."""
    first, last = (int(np.searchsorted(beats_B, time - 1e-6)) + (time > 0) for time in (start, end))
    return np.asarray(heard_B[first : max(last, first + 1)].mean(axis=0))
