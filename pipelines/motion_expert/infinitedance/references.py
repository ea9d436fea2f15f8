"""From a piece of music to the one reference that the generator hears.

docs/reference/infinitedance.md#retrieval. Shapes: T frames, F music columns, D = 264.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion_expert.infinitedance.bank import (
    Bank,
    Blend,
    Whole,
    blended,
    turned_alike,
)
from pipelines.motion_expert.infinitedance.clock import FRAMES_PER_LATENT, WINDOW, Span
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.storage import load_part, save_part
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer
from pipelines.motion_expert.infinitedance.windows import DanceBatch, DanceWindows
from pipelines.music import layout

Array = NDArray[np.float32]
_AT_ONCE = 32
_REMEMBERED = 2048
"""Windows of the bank that are kept as motion once they were decoded; 200 MB of 6.4 s each."""


@dataclass(frozen=True)
class References:
    """A bank with what searches it.

    Attributes:
        retrieval: in evaluation mode, on the CPU. bank: built with it.
        tokenizer: in evaluation mode, on the CPU: what the bank's tokens are of.
        count: how many are found. blend: how they become one.
    """

    retrieval: Retrieval
    bank: Bank
    tokenizer: Tokenizer
    count: int = 10
    blend: Blend = "weighted"
    _seen: dict[int, NDArray[np.float16]] = field(default_factory=dict, compare=False, repr=False)

    def style_for(self, music_TF: Array, never: Collection[int] = ()) -> int:
        """The style of that dance of the bank that fits a window's raw music best.

        Args:
            music_TF: raw, as retrieval hears it.
            never: styles that are passed over; -1 where no other is there.
        """
        rows, _ = self.bank.found(self._query(music_TF), len(self.bank))
        found = (int(style) for style in self.bank.genre_N[rows])
        return next((style for style in found if style not in never), -1)

    def searched(self, genre: int) -> int | None:
        """The style to search in for one that is asked for: None, all, where it has too few."""
        there = int((self.bank.genre_N == genre).sum()) if genre >= 0 else 0
        return genre if there >= self.count else None

    def rows_for(
        self, music_TF: Array, genre: int | None = None, without: Sequence[str] = ()
    ) -> Whole:
        """The bank's windows that become the reference of `for_music`, best first."""
        return self.bank.found(self._query(music_TF), self.count, genre, without)[0]

    def for_music(
        self, music_TF: Array, genre: int | None = None, without: Sequence[str] = ()
    ) -> Array:
        """The reference (T, 264), not scaled, of a window's raw music, as retrieval hears it.

        Raises UnsuitableInput where the bank has too few; see `Bank.found`.
        """
        rows = self.rows_for(music_TF, genre, without)
        found = turned_alike(self.motions(rows))
        beats = [np.flatnonzero(self.bank.beat_NT[row]).astype(np.float64) for row in rows]
        return blended(found, self.blend, beats)

    def _query(self, music_TF: Array) -> Array:
        with torch.no_grad():
            heard = torch.from_numpy(np.ascontiguousarray(music_TF))[None]
            query: Array = self.retrieval.embed_music(heard)[0].numpy()
        return query

    def motions(self, rows_N: Whole) -> Array:
        """Windows of the bank as features (N, T, 264), not scaled."""
        if len(self._seen) > _REMEMBERED:
            self._seen.clear()
        new = [int(row) for row in rows_N if int(row) not in self._seen]
        if new:
            tokens = torch.from_numpy(self.bank.tokens_NLQ[new].astype(np.int64))
            with torch.no_grad():
                decoded = self.tokenizer.motion(tokens).numpy().astype(np.float16)
            self._seen.update(zip(new, decoded, strict=True))
        return np.stack([self._seen[int(row)] for row in rows_N]).astype(np.float32)

    def for_batch(self, batch: DanceBatch, takes: Sequence[str]) -> Array:
        """References (B, T, 264) of windows to learn from, none of them of its own recording.

        A style with too few other recordings is searched for in all styles.
        """
        known = {int(g) for g in batch.genre if g >= 0 and self.bank.enough(int(g), self.count)}
        return np.stack([
            self.for_music(music, int(genre) if genre in known else None, [takes[recording]])
            for music, genre, recording in zip(
                batch.heard, batch.genre, batch.recording, strict=True
            )
        ])  # fmt: skip


def save_bank(folder: Path, bank: Bank) -> None:
    """Write a bank as a part of its own; embeddings in half precision."""
    save_part(
        folder, "bank", {"recordings": list(bank.recordings), "tokenizer": bank.tokenizer},
        {
            "embedding": torch.from_numpy(bank.embedding_NM).half(),
            "tokens": torch.from_numpy(bank.tokens_NLQ),
            "genre": torch.from_numpy(bank.genre_N.astype(np.int16)),
            "recording": torch.from_numpy(bank.recording_N.astype(np.int32)),
            "beats": torch.from_numpy(np.packbits(bank.beat_NT, axis=1)),
        }, {},
    )  # fmt: skip


def load_bank(folder: Path, tokenizer: Tokenizer) -> Bank:
    """Read a bank; raises as `load_part`.

    Args:
        folder: with the part.
        tokenizer: what its tokens are of; turns the motion of an older bank into such.
    """
    stored = load_part(folder, "bank")
    w = {name: value.numpy() for name, value in stored.weights.items()}
    if "motion" in w:
        tokens, beats = _tokens(tokenizer, w["motion"].astype(np.float32)), w["beats"]
    else:
        tokens = w["tokens"]
        frames = FRAMES_PER_LATENT * tokens.shape[1]
        beats = np.unpackbits(w["beats"], axis=1, count=frames).astype(bool)
    return Bank(
        w["embedding"].astype(np.float32), tokens, w["genre"].astype(np.int64),
        w["recording"].astype(np.int64), tuple(stored.config["recordings"]),
        stored.config["tokenizer"], beats,
    )  # fmt: skip


def build_bank(
    retrieval: Retrieval,
    tokenizer: Tokenizer,
    sequences: Sequence[PairedSequence],
    genres: Sequence[str],
    stride: Span = WINDOW,
    digest: str = "",
) -> Bank:
    """All windows of some dances, mirrored ones too, with what they are found by.

    A recording that was paired with several songs is there once, as it is with the first.

    Args:
        retrieval, tokenizer: in evaluation mode, on the CPU.
        sequences, genres: the dances, and the names of styles in the generator's order.
        stride: from one window to the next.
        digest: of the tokenizer.

    Raises UnsuitableInput where no dance is as long as a window.
    """
    window = Span.of_frames(retrieval.config.frames)
    once = {s.take: s for s in reversed(sequences) if s.motion.frames >= window.frames}
    windows = DanceWindows(list(once.values())[::-1], genres, window, stride, mirror=True)
    embedding, tokens, beats = [], [], []
    for rows in np.array_split(np.arange(len(windows)), -(-len(windows) // _AT_ONCE)):
        batch = windows.gather(rows)
        with torch.no_grad():
            embedding.append(retrieval.embed_motion(torch.from_numpy(batch.motion)).numpy())
        tokens.append(_tokens(tokenizer, batch.motion))
        beats.append(batch.music[..., layout.beats.start] > 0.5)
    return Bank(
        np.concatenate(embedding), np.concatenate(tokens), windows.genre, windows.recording,
        tuple(windows.takes), digest, np.concatenate(beats),
    )  # fmt: skip


def load_retrieval(folder: Path) -> Retrieval:
    """A trained pair of encoders in evaluation mode; raises as `load_part`."""
    stored = load_part(folder, "retrieval")
    network = Retrieval(RetrievalConfig(**stored.config))
    stored.into(network, "retrieval")
    return network.eval()


def tokens_of(tokenizer: Tokenizer, motion_BTD: Array) -> torch.Tensor:
    """Tokens (B, N) of windows in the order that the generator writes: a, b, c of each latent."""
    with torch.no_grad():
        return tokenizer.tokens(torch.from_numpy(motion_BTD)).flatten(1)


def _tokens(tokenizer: Tokenizer, motion_BTD: Array) -> NDArray[np.int16]:
    parts = [
        tokenizer.tokens(torch.from_numpy(part)).numpy()
        for part in np.array_split(motion_BTD, -(-len(motion_BTD) // _AT_ONCE))
    ]
    tokens: NDArray[np.int16] = np.concatenate(parts).astype(np.int16)
    return tokens
