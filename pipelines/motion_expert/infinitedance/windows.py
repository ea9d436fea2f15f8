"""Windows of dances with their music, as all networks of InfiniteDance learn from them.

Dances lie in memory as features, each also mirrored if asked for; which windows a step sees follows
from its key alone.

Shapes: B windows, W frames of a window, D = 264, F = 35; S rows of G numbers by another recipe
(docs/reference/infinitedance.md#what-is-heard).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.features import encode, from_start
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.music.recipes.timing import rows_at
from pipelines.rhythm.beat_clock import count_beats
from pipelines.rhythm.in_step import heard_in_step
from pipelines.rhythm.step_cycle import foot_speeds
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class DanceBatch:
    """Windows side by side.

    Attributes:
        motion: (B, W, 264), yaw from each window's first frame.
        music: (B, W, 35) raw, at 30 Hz.
        genre: (B,) index, -1 for none.
        recording: (B,) which recording; mirrored it is the same one.
        by_recipe: (B, S, G) raw, the same by another recipe, at its rate; None: there is none.
    """

    motion: Array
    music: Array
    genre: Whole
    recording: Whole
    by_recipe: Array | None = None

    @property
    def heard(self) -> Array:
        """What the networks hear."""
        return self.music if self.by_recipe is None else self.by_recipe


class DanceWindows:
    """All windows of some dances.

    Args:
        sequences: the paired data; shorter ones than a window are left out.
        genres: names, in the network's order.
        window, stride: whole cells of the clock.
        mirror: whether each dance is also there as its mirror image.
        balance: 0 draws every window as often, 1 every genre.
        in_step: let each window hear its song where its steps land on the beats, and draw what
            keeps time more often (`rhythm.in_step`), as `datasets.windows.Windows` does.

    Attributes:
        schema, hz, width: of what the networks hear.

    Raises:
        UnsuitableInput: no dance is as long as a window, or not all are heard by one recipe.
    """

    def __init__(
        self,
        sequences: Sequence[PairedSequence],
        genres: Sequence[str],
        window: Span,
        stride: Span,
        mirror: bool = False,
        balance: float = 0.5,
        in_step: bool = False,
    ) -> None:
        usable = [s for s in sequences if s.motion.frames >= window.frames]
        if not usable:
            raise UnsuitableInput(
                f"no dance is as long as a window of {window.frames / MOTION_FPS:.1f} s",
                "use longer takes, or a smaller --window",
            )
        self.window = window
        self.takes = sorted({s.take for s in usable})
        number = {take: n for n, take in enumerate(self.takes)}
        index = {name.lower(): n for n, name in enumerate(genres)}
        self._motion: list[Array] = []
        self._music: list[Array] = []
        self._by_recipe: list[Array] = []
        self.schema, self.hz, self.width = _heard_alike(usable)
        of: list[tuple[int, int, int, str]] = []
        for sequence in usable:
            motions = [sequence.motion, *([sequence.motion.mirrored()] if mirror else [])]
            for motion in motions:
                place = len(self._motion)
                self._motion.append(encode(motion))
                self._music.append(np.asarray(sequence.features, dtype=np.float32))
                if sequence.heard is not None:
                    self._by_recipe.append(sequence.heard.values)
                starts = range(0, motion.frames - window.frames + 1, stride.frames)
                of += [(place, start, number[sequence.take], sequence.genre.lower())
                       for start in starts]  # fmt: skip
        self.place = np.array([row[0] for row in of], dtype=np.int64)
        self.start = np.array([row[1] for row in of], dtype=np.int64)
        self.recording = np.array([row[2] for row in of], dtype=np.int64)
        self.genre = np.array([index.get(row[3], -1) for row in of], dtype=np.int64)
        counts = Counter(row[3] for row in of)
        weights = np.array([counts[row[3]] ** -balance for row in of])
        self.odds = weights / weights.sum()
        self.heard = self.start
        if in_step:
            self._fall_in_step(usable, 1 + mirror)

    def _fall_in_step(self, usable: list[PairedSequence], images: int) -> None:
        """Move what the windows hear; a dance and its mirror image keep time alike."""
        self.heard = self.start.copy()
        steady = np.ones(len(self))
        for number, sequence in enumerate(usable):
            rows = np.flatnonzero(self.place // images == number)
            last = np.full(len(rows), sequence.motion.frames - self.window.frames)
            self.heard[rows], steady[rows] = heard_in_step(
                foot_speeds(sequence.motion).sum(axis=1), count_beats(sequence.features),
                self.start[rows], (np.zeros_like(last), last), self.window.frames,
            )  # fmt: skip
        odds = self.odds * steady
        if odds.any():
            self.odds = odds / odds.sum()

    def __len__(self) -> int:
        return len(self.start)

    def gather(self, rows: Whole) -> DanceBatch:
        """The windows of these numbers."""
        spans, heard = (
            [slice(first, first + self.window.frames) for first in firsts[rows]]
            for firsts in (self.start, self.heard)
        )
        places = self.place[rows]
        music = np.stack([self._music[p][h] for p, h in zip(places, heard, strict=True)])
        return DanceBatch(
            np.stack([from_start(self._motion[p][s]) for p, s in zip(places, spans, strict=True)]),
            music, self.genre[rows], self.recording[rows],
            self._other(rows) if self._by_recipe else None,
        )  # fmt: skip

    def _other(self, rows: Whole) -> Array:
        """What is heard by the recipe, under the frames whose music is heard."""
        ahead = np.arange(self.window.rows(self.hz))
        pieces = []
        for place, first in zip(self.place[rows], self.heard[rows], strict=True):
            values = self._by_recipe[place]
            begin = rows_at(first, self.hz, len(values))
            pieces.append(values[(begin + ahead).clip(0, len(values) - 1)])
        return np.stack(pieces)

    def draw(self, size: int, key: Sequence[int]) -> DanceBatch:
        """A random batch, the same for the same key."""
        random = np.random.default_rng(list(key))
        return self.gather(random.choice(len(self), size=size, p=self.odds))

    def spread(self, most: int) -> Whole:
        """At most so many window numbers, evenly over all."""
        count = min(most, len(self))
        return np.linspace(0, len(self) - 1, count).round().astype(np.int64)

    def moments(self) -> tuple[Array, Array]:
        """Mean and deviation (264,) over evenly spread windows; constant columns deviate by 1."""
        seen = self.gather(self.spread(512)).motion.reshape(-1, self._motion[0].shape[1])
        std = seen.astype(np.float64).std(0)
        mean: Array = seen.astype(np.float64).mean(0).astype(np.float32)
        return mean, np.where(std < 1e-4, 1.0, std).astype(np.float32)


def _heard_alike(sequences: Sequence[PairedSequence]) -> tuple[str, float, int]:
    """Schema, rate and width of what is heard in all of them."""
    found = {
        (FEATURE_SCHEMA, MOTION_FPS, layout.WIDTH)
        if one.heard is None
        else (one.heard.schema, one.heard.fps, one.heard.values.shape[1])
        for one in sequences
    }
    if len(found) > 1:
        names = " and ".join(sorted(schema for schema, _, _ in found))
        raise UnsuitableInput(f"the dances are heard by different recipes: {names}")
    return found.pop()
