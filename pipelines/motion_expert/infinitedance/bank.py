"""The bank of windows that references come from, and how those found become one.

docs/reference/infinitedance.md#retrieval.

Shapes: N windows of the bank, M width of an embedding, L latents of a window, T = 4 L frames,
D = 264, k references.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.motion_expert.infinitedance import columns
from pipelines.support.errors import UnsuitableInput

Array = NDArray[np.float32]
Whole = NDArray[np.int64]
Blend = Literal["weighted", "first", "aligned"]


@dataclass(frozen=True)
class Bank:
    """Windows of dances, as tokens, with what they are found by.

    Attributes:
        embedding_NM: unit vectors. tokens_NLQ: codes of each layer of the tokenizer.
        genre_N: index of the style, -1 for none. recording_N: index into `recordings`.
        recordings: names; a mirror image bears the name of its original.
        tokenizer: digest of the tokenizer whose tokens these are, "" for none.
        beat_NT: whether a beat of the window's own song falls on each frame.
    """

    embedding_NM: Array
    tokens_NLQ: NDArray[np.int16]
    genre_N: Whole
    recording_N: Whole
    recordings: tuple[str, ...]
    tokenizer: str = ""
    beat_NT: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))

    def __len__(self) -> int:
        return len(self.genre_N)

    def found(
        self, query_M: Array, count: int, genre: int | None = None, without: Sequence[str] = ()
    ) -> tuple[Whole, Array]:
        """The rows that are most like a piece of music, best first, and their cosines.

        Args:
            query_M: unit vector of the music.
            count: how many.
            genre: only of this style; None: any.
            without: recordings that may not be found: in training, the one that is danced.

        Raises:
            UnsuitableInput: the bank has fewer such windows. Nothing is ever made up.
        """
        allowed = np.ones(len(self), dtype=bool)
        if genre is not None:
            allowed &= self.genre_N == genre
        if without:
            named = set(without)
            names = [n for n, name in enumerate(self.recordings) if name in named]
            allowed &= ~np.isin(self.recording_N, names)
        if (there := int(allowed.sum())) < count:
            raise UnsuitableInput(
                f"the bank has {there} windows of that style and other recordings, not {count}",
                "build it from more dances, use fewer --references, or ask for another --genre",
            )
        # All of them, though some are not asked for: to gather those that are would take longer.
        cosine = np.where(allowed, self.embedding_NM @ query_M, -np.inf).astype(np.float32)
        best = np.argpartition(-cosine, count - 1)[:count]
        best = best[np.lexsort((best, -cosine[best]))]
        return best, cosine[best]

    def enough(self, genre: int, count: int) -> bool:
        """Whether a style has so many windows beside those of any one of its recordings."""
        recordings = self.recording_N[self.genre_N == genre]
        largest = int(np.bincount(recordings).max()) if len(recordings) else 0
        return len(recordings) - largest >= count

    def check_tokenizer(self, digest: str) -> None:
        """Raise UnsuitableInput where the bank was made beside another tokenizer."""
        if self.tokenizer != digest:
            raise UnsuitableInput(
                "the bank was built beside another tokenizer", "build the bank again"
            )


def blended(motion_kTD: Array, how: Blend, beats: Sequence[NDArray[np.float64]] = ()) -> Array:
    """One reference (T, D) of those found, best first.

    Args:
        motion_kTD: features, in one scale.
        how: "weighted": (k, k-1, ..., 1) / sum, as published, best first; "first": the best alone;
            "aligned": weighted, after each was moved in time so that its beats lie on the best's.
        beats: for "aligned": frames at which each one's beats fall.
    """
    if how == "first":
        best: Array = motion_kTD[0]
        return best
    moved = motion_kTD
    if how == "aligned":
        moved = np.stack([
            np.roll(motion, _shift(mine, beats[0]), axis=0)
            for motion, mine in zip(motion_kTD, beats, strict=True)
        ])  # fmt: skip
    weights = rank_weights(len(moved))
    mixed: Array = np.einsum("k,ktd->td", weights, moved).astype(np.float32)
    return mixed


def rank_weights(count: int) -> NDArray[np.float64]:
    """(k,) falling in equal steps from the best to the last, 1 in all."""
    falling = np.arange(count, 0, -1, dtype=np.float64)
    return np.asarray(falling / falling.sum())


def _shift(mine: NDArray[np.float64], best: NDArray[np.float64]) -> int:
    """Frames to move one's beats by so that they fall on the best's; the smallest that do."""
    if len(mine) < 2 or not len(best):
        return 0
    period = float(np.median(np.diff(mine)))
    # The mean phase between the two, on the circle of one beat.
    phase = np.exp(2j * np.pi * (best[:, None] - mine) / period).mean()
    return round(float(np.angle(phase)) / (2 * np.pi) * period)


def turned_alike(motion_TD: Array) -> Array:
    """Features with the yaw that they have summed up taken out, which an average would smear."""
    alike = motion_TD.copy()
    alike[..., columns.yaw] = 0
    return alike
