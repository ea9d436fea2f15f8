"""From a piece of music to the one reference that the generator hears.

docs/reference/infinitedance.md#retrieval. Shapes: T frames, F music columns, D = 264.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.motion_expert.infinitedance.bank import Bank, Blend, blended, turned_alike
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.storage import load_part, save_part
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer
from pipelines.motion_expert.infinitedance.windows import DanceBatch

Array = NDArray[np.float32]


@dataclass(frozen=True)
class References:
    """A bank with what searches it.

    Attributes:
        retrieval: in evaluation mode, on the CPU. bank: built with it.
        count: how many are found. blend: how they become one.
    """

    retrieval: Retrieval
    bank: Bank
    count: int = 10
    blend: Blend = "weighted"

    def for_music(
        self, music_TF: Array, genre: int | None = None, without: Sequence[str] = ()
    ) -> Array:
        """The reference (T, 264), not scaled, of a window's raw music at 30 Hz.

        Raises UnsuitableInput where the bank has too few; see `Bank.found`.
        """
        with torch.no_grad():
            query = self.retrieval.embed_music(torch.from_numpy(music_TF)[None])[0].numpy()
        rows, _ = self.bank.found(query, self.count, genre, without)
        found = turned_alike(self.bank.motion_NTD[rows])
        beats = [np.flatnonzero(self.bank.beat_NT[row]).astype(np.float64) for row in rows]
        return blended(found, self.blend, beats)

    def for_batch(self, batch: DanceBatch, takes: Sequence[str]) -> Array:
        """References (B, T, 264) of windows to learn from, none of them of its own recording.

        A style with too few other recordings is searched for in all styles.
        """
        known = {int(g) for g in batch.genre if g >= 0 and self.bank.enough(int(g), self.count)}
        return np.stack([
            self.for_music(music, int(genre) if genre in known else None, [takes[recording]])
            for music, genre, recording in zip(
                batch.music, batch.genre, batch.recording, strict=True
            )
        ])  # fmt: skip


def save_bank(folder: Path, bank: Bank) -> None:
    """Write a bank as a part of its own; motion in half precision, which is finer than a sensor."""
    save_part(
        folder, "bank", {"recordings": list(bank.recordings), "tokenizer": bank.tokenizer},
        {
            "embedding": torch.from_numpy(bank.embedding_NM),
            "motion": torch.from_numpy(bank.motion_NTD).half(),
            "genre": torch.from_numpy(bank.genre_N),
            "recording": torch.from_numpy(bank.recording_N),
            "beats": torch.from_numpy(bank.beat_NT),
        }, {},
    )  # fmt: skip


def load_bank(folder: Path) -> Bank:
    """Read a bank; raises as `load_part`."""
    stored = load_part(folder, "bank")
    w = {name: value.numpy() for name, value in stored.weights.items()}
    return Bank(
        w["embedding"], w["motion"].astype(np.float32), w["genre"], w["recording"],
        tuple(stored.config["recordings"]), stored.config["tokenizer"], w["beats"],
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
