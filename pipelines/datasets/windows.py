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

from pipelines.motion.mirroring import mirror
from pipelines.motion.motion import Motion
from pipelines.music import layout
from pipelines.rhythm.beat_clock import clock_hands
from pipelines.support.errors import UnsuitableInput

FPS = 30.0
_ROOT_XY = slice(4, 6)
_PAIRS = ((slice(4, 5), slice(5, 6)), (slice(7, 10), slice(10, 13)))
"""Columns of the root that a turn about the vertical mixes: x with y, and the first row of its
rotation with the second (the 6D form stores just these two)."""
_FRONT_X, _FRONT_Y = 7 + 2, 7 + 5
"""Where the 6D form keeps the direction in which the pelvis faces."""
_TIMBRE = slice(layout.mfcc.start, layout.chroma.stop)
_TURNED = 13
"""Columns that a turn of the dancer can change: contacts (which it does not), root and pelvis."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PairedSequence:
    """A dance and its song's features, frame by frame at 30 fps.

    Attributes:
        motion: the dance.
        features: (T, 35) float32, as many rows as the dance has frames.
        take: which recording it comes from (several sequences may share one).
        group: what must stay together when takes are held out, e.g. both partners of a couple.
        split: "train" or "test" where the data set says so, else "".
    """

    motion: Motion
    features: Array
    take: str
    group: str
    split: str = ""

    @property
    def genre(self) -> str:
        """Name of the style; "" where the data names none."""
        return self.motion.genre or ""


@dataclass(frozen=True)
class Batch:
    """Windows ready for the network, before normalising.

    Attributes:
        motion: (B, W, 151) encoded, its mean position above the origin.
        music: (B, W, 35) raw features.
        clock: (B, W, 6) hands of the beat clock.
        genre: (B,) int64 genre index, -1 for none.
    """

    motion: Array
    music: Array
    clock: Array
    genre: NDArray[np.int64]


@dataclass(frozen=True)
class Augmentation:
    """Fair changes to a training window.

    Attributes:
        mirror: mirror every second window.
        turn: turn each window to face a random direction instead of the front.
        nameless: share of windows whose genre is hidden, so that dancing without one is learnt.
        swap_timbre: share of windows that hear another window's timbre and chords, with their own
            beats, onsets and loudness. Where nobody danced to the song, the two have nothing to do
            with the dance, and a network that learns them by heart is lost in a new song.
    """

    mirror: bool = True
    turn: bool = False
    nameless: float = 0.1
    swap_timbre: float = 0.0


def turn(x_BWD: Array, yaw_B: Array) -> None:
    """Turn encoded windows about the vertical axis by `yaw_B` radians, in place."""
    cos, sin = np.cos(yaw_B)[:, None, None], np.sin(yaw_B)[:, None, None]
    for first, second in _PAIRS:
        a, b = x_BWD[..., first].copy(), x_BWD[..., second].copy()
        x_BWD[..., first] = cos * a - sin * b
        x_BWD[..., second] = sin * a + cos * b


def face_front(x_BWD: Array) -> None:
    """Move windows over the origin and turn them to face -y on average, in place.

    The same as `representation.face_front` for each of them.
    """
    x_BWD[..., _ROOT_XY] -= x_BWD[..., _ROOT_XY].mean(1, keepdims=True)
    front = x_BWD[..., (_FRONT_X, _FRONT_Y)].mean(1)
    turn(x_BWD, -np.arctan2(front[:, 0], -front[:, 1]))


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
    ) -> None:
        from pipelines.motion.representation import encode
        from pipelines.rhythm.beat_clock import count_beats

        usable = [s for s in sequences if s.motion.frames >= window]
        if not usable:
            longest = max((s.motion.frames for s in sequences), default=0)
            raise UnsuitableInput(
                f"no dance is as long as a window of {window} frames ({window / FPS:.1f} s); "
                f"the longest of {len(sequences)} has {longest}",
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
        self._first_of = self.start_of + (np.cumsum(lengths) - lengths)[self.sequence_of]
        self._covered = [x[: s[-1] + window] for x, s in zip(self.encoded, starts, strict=True)]
        self.odds = self._odds([s.genre for s in usable], balance)
        self._count = np.concatenate([count_beats(features) for features in self.features])
        self.ones = self._find_ones() if find_ones else np.zeros((2, len(self)))

    def __len__(self) -> int:
        return len(self.start_of)

    def _odds(self, genre_names: list[str], balance: float) -> NDArray[np.float64]:
        labels = [genre_names[i] for i in self.sequence_of]
        counts = Counter(labels)
        weights = np.array([counts[label] ** -balance for label in labels], dtype=np.float64)
        return np.asarray(weights / weights.sum())

    def _find_ones(self) -> NDArray[np.float64]:
        """(2, N): the count that each window calls "one", as it is and mirrored."""
        from pipelines.rhythm.bar_alignment import align_bars, bar_spectra, mirror_spectra

        spans = [slice(first, first + self.window) for first in self._first_of]
        plain = bar_spectra((self._motion[span], self._count[span]) for span in spans)
        labels = [str(self.genre[s]) for s in self.sequence_of]
        both = np.concatenate([plain, mirror_spectra(plain)])
        return align_bars(both, labels * 2).reshape(2, -1)

    def gather(self, rows: NDArray[np.int64], mirrored: NDArray[np.bool_] | None = None) -> Batch:
        """The windows with these numbers, facing the front, some of them mirrored."""
        if mirrored is None:
            mirrored = np.zeros(len(rows), dtype=bool)
        frames = self._frames(rows)
        x = self._motion[frames]
        face_front(x)
        x[mirrored] = mirror(x[mirrored])
        clock = clock_hands(self._count[frames], self.ones[mirrored.astype(int), rows][:, None])
        return Batch(x, self._music[frames], clock, self.genre[self.sequence_of[rows]])

    def _frames(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(B, W): where the frames of these windows lie among those of all sequences."""
        frames: NDArray[np.int64] = self._first_of[rows][:, None] + np.arange(self.window)
        return frames

    def draw(self, size: int, key: Sequence[int], augment: Augmentation) -> Batch:
        """A random batch, the same for the same `key` (seed, step, slice)."""
        random = np.random.default_rng(list(key))
        rows = random.choice(len(self), size=size, p=self.odds)
        chosen, yaw = random.random(size) < 0.5, random.uniform(-np.pi, np.pi, size)
        batch = self.gather(rows, chosen & augment.mirror)
        if augment.turn:
            turn(batch.motion, yaw.astype(np.float32))
        nameless = random.random(size) < augment.nameless
        swapped = np.flatnonzero(random.random(size) < augment.swap_timbre)
        foreign = batch.music[swapped - 1, :, _TIMBRE]
        batch.music[swapped, :, _TIMBRE] = foreign
        return replace(batch, genre=np.where(nameless, -1, batch.genre))

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
        found[:, :_TURNED] = self._turned_columns(augment)
        return found

    def _turned_columns(self, augment: Augmentation) -> Array:
        """(2, 13): the extremes of what depends on how each window is turned to the front."""
        low: Array = np.full(_TURNED, np.inf, dtype=np.float32)
        high: Array = -low
        for rows in np.array_split(np.arange(len(self)), max(1, len(self) // 256)):
            windows = self._motion[self._frames(rows), :_TURNED]
            face_front(windows)
            x = windows.reshape(-1, _TURNED)
            if augment.mirror:
                x = np.concatenate([x, mirror(x)])
            if augment.turn:
                x = _turned_extremes(x)
            low, high = np.minimum(low, x.min(0)), np.maximum(high, x.max(0))
        return np.stack([low, high])


def _turned_extremes(x_ND: Array) -> Array:
    """Frames (N, D) -> (2N, D) whose extremes are those of the frames turned by every angle.

    A pair (a, b) turned about the vertical sweeps the circle of radius √(a² + b²).
    """
    outer = x_ND.copy()
    inner = x_ND.copy()
    for first, second in _PAIRS:
        radius = np.hypot(x_ND[:, first], x_ND[:, second])
        outer[:, first] = outer[:, second] = radius
        inner[:, first] = inner[:, second] = -radius
    return np.concatenate([outer, inner])


def split_takes(
    sequences: Sequence[PairedSequence], hold_out: Sequence[str], seed: int
) -> tuple[list[PairedSequence], list[PairedSequence]]:
    """Part the data into training and held-out sequences, never parting a group.

    Args:
        sequences: all of them.
        hold_out: names of takes or groups; or one number, the share of each genre's groups to hold
            out; or nothing: the data set's own split, and a tenth of the groups without one.
        seed: decides which groups a share takes.

    Raises:
        UnsuitableInput: a name matches no take, or nothing is left to train on.
    """
    if len(hold_out) == 1 and (share := _share(hold_out[0])) is not None:
        held = _share_of_groups(sequences, share, seed)
    elif hold_out:
        held = _named_groups(sequences, set(hold_out))
    else:
        held = {s.group for s in sequences if s.split == "test"}
        held |= _share_of_groups([s for s in sequences if not s.split], 0.1, seed)
    train = [s for s in sequences if s.group not in held]
    if not train:
        raise UnsuitableInput(
            "holding these takes out leaves nothing to train on", "name fewer with --hold-out"
        )
    return train, [s for s in sequences if s.group in held]


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1 else None


def _named_groups(sequences: Sequence[PairedSequence], names: set[str]) -> set[str]:
    missing = names - {s.take for s in sequences} - {s.group for s in sequences}
    if missing:
        known = ", ".join(sorted({s.take for s in sequences})[:12])
        raise UnsuitableInput(
            f"no take is called {', '.join(sorted(missing))}",
            f"--hold-out takes names of takes, such as {known}, or a share, such as 0.1",
        )
    return {s.group for s in sequences if s.take in names or s.group in names}


def _share_of_groups(sequences: Sequence[PairedSequence], share: float, seed: int) -> set[str]:
    """About `share` of each genre's groups; at least one of all, unless there is only one."""
    by_genre: dict[str, set[str]] = {}
    for sequence in sequences:
        by_genre.setdefault(sequence.genre, set()).add(sequence.group)
    random = np.random.default_rng([seed, 7])
    held: set[str] = set()
    for _, groups in sorted(by_genre.items()):
        order = [str(name) for name in random.permutation(sorted(groups))]
        held |= set(order[: round(share * len(order))])
    largest = max(by_genre.values(), key=len, default=set())
    if share > 0 and not held and len(largest) > 1:
        held.add(str(random.choice(sorted(largest))))
    return held
