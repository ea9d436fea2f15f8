"""Layers of the generator: experts of Mamba and attention over three streams.

The streams are upper body, lower body and music, position by position. Everything here works on
whole sequences, and one position at a time with a memory of what came before; both give the same.

Shapes: B batch, S = 3 streams, L positions, M width, H heads, E = M / H.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.motion_expert.megadance.presets import GeneratorConfig
from pipelines.motion_expert.sequence.mamba import Mamba
from pipelines.motion_expert.sequence.mamba_step import MambaMemory, mamba_step

STREAMS = 3


def sliding_mask(length: int, reach: int, device: torch.device) -> Tensor:
    """(3 L, 3 L) bool: position i of each stream sees i - reach + 1 ... i of every stream."""
    place = torch.arange(length, device=device)
    behind = place[:, None] - place[None, :]
    return ((behind >= 0) & (behind < reach)).repeat(STREAMS, STREAMS)


@dataclass
class Memory:
    """What one expert keeps of the positions before: the state of each stream's Mamba, and the
    keys and values (B, H, S, reach, E) of the last positions, written round and round."""

    mambas: list[MambaMemory] = field(default_factory=list)
    keys: Tensor | None = None
    values: Tensor | None = None
    heard: int = 0

    def seen(self) -> int:
        """Positions that are attended to."""
        return 0 if self.keys is None else min(self.heard, self.keys.shape[3])


class GenreLinear(nn.Linear):
    """A linear layer with a low-rank change for each genre; genre -1 has none.

    Weights: weight, bias as of nn.Linear; low (G, rank, in), high (G, out, rank).
    """

    def __init__(self, inputs: int, outputs: int, genres: int = 0, rank: int = 0) -> None:
        super().__init__(inputs, outputs)
        self.adapted = bool(genres and rank)
        if self.adapted:
            self.low = nn.Parameter(torch.randn(genres, rank, inputs) * inputs**-0.5)
            self.high = nn.Parameter(torch.zeros(genres, outputs, rank))

    def of(self, x_BLM: Tensor, genre_B: Tensor) -> Tensor:
        """(B, L, in), (B,) -> (B, L, out)."""
        out: Tensor = super().forward(x_BLM)
        if not self.adapted:
            return out
        known = genre_B.clamp(min=0)
        change = x_BLM @ self.low[known].transpose(1, 2) @ self.high[known].transpose(1, 2)
        return out + change * (genre_B >= 0).to(change.dtype)[:, None, None]


class StreamNorm(nn.Module):
    """LayerNorm with gain and shift of each stream's own: weight, bias (S, M)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(STREAMS, width))
        self.bias = nn.Parameter(torch.zeros(STREAMS, width))

    def forward(self, x_BSLM: Tensor) -> Tensor:
        """Normalise over the width."""
        plain = F.layer_norm(x_BSLM, x_BSLM.shape[-1:])
        return plain * self.weight[:, None] + self.bias[:, None]


class Expert(nn.Module):
    """Mamba for each stream, attention over all three, MLP, all with a way around.

    State dict: mambas.N.*, mamba_norm, attention_norm, qkv, out, mlp_norm, wide, narrow.

    Args:
        config: sizes. mamba: whether it has Mambas. genres: that it has low-rank changes for.
    """

    def __init__(self, config: GeneratorConfig, mamba: bool, genres: int = 0) -> None:
        super().__init__()
        width, rank = config.width, config.rank
        self.heads, self.reach = config.heads, config.reach
        self.dropout = nn.Dropout(config.dropout)
        count = STREAMS if mamba else 0
        self.mambas = nn.ModuleList(
            Mamba(width, config.state, config.conv, config.expand) for _ in range(count)
        )
        self.mamba_norm = StreamNorm(width)
        self.attention_norm, self.mlp_norm = StreamNorm(width), StreamNorm(width)
        self.qkv = GenreLinear(width, 3 * width, genres, rank)
        self.out = GenreLinear(width, width, genres, rank)
        self.wide = GenreLinear(width, 4 * width, genres, rank)
        self.narrow = GenreLinear(4 * width, width, genres, rank)

    def forward(self, x_BSLM: Tensor, genre_B: Tensor, mask: Tensor) -> Tensor:
        """Whole sequences; mask as `sliding_mask`."""
        if self.mambas:
            mixed = [mamba(x_BSLM[:, n]) for n, mamba in enumerate(self.mambas)]
            x_BSLM = self.mamba_norm(x_BSLM + self.dropout(torch.stack(mixed, 1)))
        query, key, value = self._heads(x_BSLM, genre_B)
        query, key, value = (part.flatten(2, 3) for part in (query, key, value))
        drop = self.dropout.p if self.training else 0.0
        seen = F.scaled_dot_product_attention(query, key, value, mask, drop)
        return self._finish(x_BSLM, seen, genre_B)

    def step(self, x_BSLM: Tensor, genre_B: Tensor, memory: Memory) -> Tensor:
        """The next position (L = 1), with and into the memory of those before."""
        if self.mambas:
            if not memory.mambas:
                memory.mambas = [MambaMemory.empty(m, x_BSLM[:, 0, 0]) for m in self._layers()]
            mixed = [
                mamba_step(mamba, x_BSLM[:, n, 0], memory.mambas[n])
                for n, mamba in enumerate(self._layers())
            ]
            x_BSLM = self.mamba_norm(x_BSLM + torch.stack(mixed, 1)[:, :, None])
        query, key, value = self._heads(x_BSLM, genre_B)
        if memory.keys is None or memory.values is None:
            empty = key.new_zeros(*key.shape[:3], self.reach, key.shape[-1])
            memory.keys, memory.values = empty, empty.clone()
        place = memory.heard % self.reach
        memory.keys[:, :, :, place], memory.values[:, :, :, place] = (
            key[..., 0, :],
            value[..., 0, :],
        )
        memory.heard += 1
        keys, values = (part[:, :, :, : memory.seen()].flatten(2, 3)
                        for part in (memory.keys, memory.values))  # fmt: skip
        seen = F.scaled_dot_product_attention(query.flatten(2, 3), keys, values)
        return self._finish(x_BSLM, seen, genre_B)

    def _layers(self) -> list[Mamba]:
        return [mamba for mamba in self.mambas if isinstance(mamba, Mamba)]

    def _heads(self, x_BSLM: Tensor, genre_B: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shape = x_BSLM.shape
        joined = self.qkv.of(self.attention_norm(x_BSLM).flatten(1, 2), genre_B)
        parts = joined.view(*shape[:3], 3, self.heads, -1).permute(3, 0, 4, 1, 2, 5)
        return parts[0], parts[1], parts[2]

    def _finish(self, x_BSLM: Tensor, seen_BHNE: Tensor, genre_B: Tensor) -> Tensor:
        shape = x_BSLM.shape
        x = x_BSLM.flatten(1, 2)
        x = x + self.dropout(self.out.of(seen_BHNE.transpose(1, 2).flatten(2), genre_B))
        normed = self.mlp_norm(x.view(shape)).flatten(1, 2)
        changed = self.narrow.of(F.gelu(self.wide.of(normed, genre_B)), genre_B)
        out: Tensor = (x + self.dropout(changed)).view(shape)
        return out


class GenreExperts(nn.Module):
    """An expert for each genre, chosen by the label alone: of.G.*; or of.0.* with `rank` changes.

    Whole experts do nothing to samples without a genre; of low-rank ones these see what is shared.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        mamba = config.mamba and config.layout == "parallel"
        genres = len(config.genres)
        self.shared = config.rank > 0
        count = 1 if self.shared else genres
        self.of = nn.ModuleList(
            Expert(config, mamba, genres if self.shared else 0) for _ in range(count)
        )

    def forward(self, x_BSLM: Tensor, genre_B: Tensor, mask: Tensor) -> Tensor:
        """What the experts make of whole sequences."""
        if self.shared:
            out: Tensor = self.of[0](x_BSLM, genre_B, mask)
            return out
        out = x_BSLM.clone()
        for genre in genre_B.unique().tolist():
            rows = (genre_B == genre).nonzero()[:, 0]
            if genre >= 0:
                out = out.index_copy(0, rows, self.of[genre](x_BSLM[rows], genre_B[rows], mask))
        return out

    def step(self, x_BSLM: Tensor, genre_B: Tensor, memory: Memory) -> Tensor:
        """The next position of samples that are all of one genre."""
        genre = 0 if self.shared else int(genre_B[0])
        if genre < 0:
            return x_BSLM
        expert = self.of[genre]
        assert isinstance(expert, Expert)
        return expert.step(x_BSLM, genre_B, memory)
