"""Windows over paired dances and songs: what one training batch is made of.

All sequences lie in memory as encoded arrays (docs/reference/motion.md#the-151-numbers); a window
is a slice of them, made on the fly. Which windows a step sees follows from the seed and the step
alone, so that a resumed run sees what an uninterrupted one would have seen.

Shapes: T frames of a sequence, B windows of a batch, W frames of a window, D = 151, F = 35.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion import layout
from pipelines.motion.mirroring import mirror
from pipelines.motion.representation import encode
from pipelines.motion.turning import face_front, turned_every_way
from pipelines.rhythm.bar_alignment import align_bars, bar_spectra, mirror_spectra
from pipelines.rhythm.beat_clock import clock_hands, count_beats
from pipelines.rhythm.in_step import heard_in_step
from pipelines.rhythm.step_cycle import foot_speeds
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """Windows ready for the network, before normalising.

    Attributes:
        motion: (B, W, 151) encoded, its mean position above the origin.
        music: (B, W, 35) raw features.
        clock: (B, W, 6) hands of the beat clock.
        genre: (B,) int64 genre index, -1 for none.
        rows, mirrored: (B,) which windows these are, and which of them are mirrored.
    """

    motion: Array
    music: Array
    clock: Array
    genre: NDArray[np.int64]
    rows: NDArray[np.int64]
    mirrored: NDArray[np.bool_]


class Windows:
    """All windows of some sequences, with the odds of drawing each.

    Args:
        sequences: the paired data; shorter ones than a window are left out.
        genres: names of the genres, in the network's order; others count as none.
        window: frames of a window.
        stride: frames between the starts of neighbouring windows.
        balance: 0 draws every window equally often, 1 every genre equally often; between, a genre
            with n windows gets n^(1 - balance).
        find_ones: find from the dance which beat each window counts as "one" (`bar_alignment`);
            else it is the song's first.
        in_step: let each window hear its song by up to half a beat earlier or later, so that its
            steps land on the beats, and draw windows more often the more firmly they keep time
            (`in_step`). Windows whose song does not reach so far are not drawn, unless all are
            such. Only for dance that was paired with its music afterwards.

    Raises:
        UnsuitableInput: no sequence is as long as a window.
    """

    def __init__(
        self,
        sequences: Sequence[PairedSequence],
        genres: Sequence[str],
        window: int,
        stride: int,
        balance: float = 0.5,
        find_ones: bool = False,
        in_step: bool = False,
    ) -> None:
        usable = [s for s in sequences if s.motion.frames >= window]
        if not usable:
            longest = max((s.motion.frames for s in sequences), default=0)
            raise UnsuitableInput(
                f"no dance is as long as a window of {window} frames "
                f"({window / MOTION_FPS:.1f} s); the longest of {len(sequences)} has {longest}",
                "use a smaller --window, or longer takes",
            )
        self.window = window
        self.skipped = len(sequences) - len(usable)
        self.frames = sum(s.motion.frames for s in usable)
        lengths = [s.motion.frames for s in usable]
        self._motion = np.concatenate([encode(s.motion) for s in usable])
        self._music = np.concatenate([np.asarray(s.features, dtype=np.float32) for s in usable])
        self.encoded = np.split(self._motion, np.cumsum(lengths)[:-1])
        self.features = np.split(self._music, np.cumsum(lengths)[:-1])
        index = {name.lower(): number for number, name in enumerate(genres)}
        self.genre = np.array([index.get(s.genre.lower(), -1) for s in usable], dtype=np.int64)
        starts = [np.arange(0, frames - window + 1, stride) for frames in lengths]
        self.sequence_of = np.repeat(np.arange(len(usable)), [len(s) for s in starts])
        self.start_of = np.concatenate(starts)
        before = (np.cumsum(lengths) - lengths)[self.sequence_of]
        self._first_of = self.start_of + before
        self._covered = [x[: s[-1] + window] for x, s in zip(self.encoded, starts, strict=True)]
        self.odds = self._odds([s.genre for s in usable], balance)
        self._count = np.concatenate([count_beats(features) for features in self.features])
        self._heard_of = self._first_of
        if in_step:
            last = before + np.array(lengths)[self.sequence_of] - window
            self._fall_in_step(usable, before, last)
        self.ones = self._find_ones() if find_ones else np.zeros((2, len(self)))

    def __len__(self) -> int:
        return len(self.start_of)

    def _odds(self, genre_names: list[str], balance: float) -> NDArray[np.float64]:
        labels = [genre_names[i] for i in self.sequence_of]
        counts = Counter(labels)
        weights = np.array([counts[label] ** -balance for label in labels], dtype=np.float64)
        return np.asarray(weights / weights.sum())

    def _fall_in_step(
        self,
        usable: list[PairedSequence],
        first_N: NDArray[np.int64],
        last_N: NDArray[np.int64],
    ) -> None:
        """Move what the windows hear, within their songs, and weigh them by how they keep time."""
        speed = np.concatenate([foot_speeds(s.motion).sum(axis=1) for s in usable])
        self._heard_of, steady_N = heard_in_step(
            speed, self._count, self._first_of, (first_N, last_N), self.window
        )
        odds = self.odds * steady_N
        if odds.any():
            self.odds = odds / odds.sum()

    def _find_ones(self) -> NDArray[np.float64]:
        """(2, N): the count that each window calls "one", as it is and mirrored."""
        moving, heard = (
            [slice(first, first + self.window) for first in firsts]
            for firsts in (self._first_of, self._heard_of)
        )
        plain = bar_spectra(
            (self._motion[m], self._count[h]) for m, h in zip(moving, heard, strict=True)
        )
        labels = [str(self.genre[s]) for s in self.sequence_of]
        both = np.concatenate([plain, mirror_spectra(plain)])
        return align_bars(both, labels * 2).reshape(2, -1)

    def gather(self, rows: NDArray[np.int64], mirrored: NDArray[np.bool_] | None = None) -> Batch:
        """The windows with these numbers, facing the front, some of them mirrored."""
        if mirrored is None:
            mirrored = np.zeros(len(rows), dtype=bool)
        x = self._motion[self._frames(rows)]
        face_front(x)
        x[mirrored] = mirror(x[mirrored])
        heard = self._heard_of[rows][:, None] + np.arange(self.window)
        clock = clock_hands(self._count[heard], self.ones[mirrored.astype(int), rows][:, None])
        genre = self.genre[self.sequence_of[rows]]
        return Batch(x, self._music[heard], clock, genre, rows, mirrored)

    def _frames(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(B, W): where the frames of these windows lie among those of all sequences."""
        frames: NDArray[np.int64] = self._first_of[rows][:, None] + np.arange(self.window)
        return frames

    def draw(self, size: int, key: Sequence[int], augment: Augmentation) -> Batch:
        """A random batch, the same for the same `key` (seed, step, slice)."""
        random = np.random.default_rng(list(key))
        rows = random.choice(len(self), size=size, p=self.odds)
        changes = augment.drawn(random, size)
        batch = self.gather(rows, changes.mirrored_B)
        changes.turn(batch.motion)
        changes.swap_timbre(batch.music)
        return replace(batch, genre=changes.hide_genres(batch.genre))

    def spread(self, size: int) -> NDArray[np.int64]:
        """`size` window numbers (or all, if fewer) evenly spread over the data, for validation."""
        count = min(size, len(self))
        return np.linspace(0, len(self) - 1, count).round().astype(np.int64)

    def extremes(self, augment: Augmentation) -> Array:
        """(2, 151): least and greatest value of every dimension over all windows, as augmented.

        This is what the normaliser is fitted on, without keeping every window
        (docs/reference/motion.md#normaliser).
        """
        ends = np.concatenate([[x.min(0), x.max(0)] for x in self._covered])
        if augment.mirror:
            ends = np.concatenate([ends, mirror(ends)])
        found: Array = np.stack([ends.min(0), ends.max(0)])
        found[:, layout.heading] = self._turned_columns(augment)
        return found

    def _turned_columns(self, augment: Augmentation) -> Array:
        """(2, 13): the extremes of what depends on how each window is turned to the front."""
        width = layout.heading.stop
        low: Array = np.full(width, np.inf, dtype=np.float32)
        high: Array = -low
        for rows in np.array_split(np.arange(len(self)), max(1, len(self) // 256)):
            windows = self._motion[self._frames(rows), layout.heading]
            face_front(windows)
            x = windows.reshape(-1, width)
            if augment.mirror:
                x = np.concatenate([x, mirror(x)])
            if augment.turn:
                x = turned_every_way(x)
            low, high = np.minimum(low, x.min(0)), np.maximum(high, x.max(0))
        return np.stack([low, high])
