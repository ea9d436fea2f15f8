"""The two encoders that put music and dance into one space, and how they learn it.

docs/reference/infinitedance.md#retrieval.

Shapes: B windows, T frames, F columns of either kind, M = 256 width, H heads.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.metrics.contrastive.loss import info_nce

_SCALE_LIMIT = math.log(100.0)


@dataclass(frozen=True)
class RetrievalConfig:
    """Sizes of both encoders, which are alike but for their input.

    Attributes:
        music, motion: columns of either.
        frames: of a window, in either; positions end there.
        width, layers, heads, dropout: of an encoder.
        schema: of the music features.
    """

    music: int
    motion: int
    frames: int = 384
    width: int = 256
    layers: int = 4
    heads: int = 4
    dropout: float = 0.2
    schema: str = ""

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self)


class EfficientAttention(nn.Module):
    """Attention whose cost grows with the length alone: keys gather values, queries read them.

    Queries are a softmax over a head's channels, keys one over time; there is no scaling and no
    projection of what comes out.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, x_BTM: Tensor) -> Tensor:
        """(B, T, M) -> (B, T, M), added to the input."""
        n_BTM = self.norm(x_BTM)
        query, key, value = (
            project(n_BTM).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        gathered = key.softmax(2).transpose(2, 3) @ value
        read: Tensor = query.softmax(3) @ gathered
        return x_BTM + read.transpose(1, 2).flatten(2)


class WindowEncoder(nn.Module):
    """A window (B, T, F) as a unit vector (B, M)."""

    def __init__(self, config: RetrievalConfig, columns: int) -> None:
        super().__init__()
        width = config.width
        self.project = nn.Linear(columns, width)
        self.places = nn.Parameter(torch.randn(config.frames, width))
        self.whole = nn.Parameter(torch.randn(width))
        self.layers = nn.ModuleList()
        for _ in range(config.layers):
            feed = nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(),
                nn.Dropout(config.dropout), nn.Linear(4 * width, width),
            )  # fmt: skip
            self.layers.append(nn.ModuleList([EfficientAttention(width, config.heads), feed]))
        self.out = nn.Linear(width, width)

    def forward(self, x_BTF: Tensor) -> Tensor:
        """The token of the whole, after all layers, of length one."""
        x = self.project(x_BTF) + self.places[: x_BTF.shape[1]]
        x = torch.cat([self.whole.expand(len(x), 1, -1), x], 1)
        for layer in self.layers:
            assert isinstance(layer, nn.ModuleList)
            attention, feed = layer
            x = attention(x)
            x = x + feed(x)
        return F.normalize(self.out(x[:, 0]), dim=-1)


class Retrieval(nn.Module):
    """Both encoders, what their inputs are scaled by, and the sharpness of their agreement."""

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__()
        self.config = config
        self.music = WindowEncoder(config, config.music)
        self.motion = WindowEncoder(config, config.motion)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        for name, count in (("music", config.music), ("motion", config.motion)):
            self.register_buffer(f"{name}_mean", torch.zeros(count))
            self.register_buffer(f"{name}_std", torch.ones(count))

    def embed_music(self, music_BTF: Tensor) -> Tensor:
        """Raw features of windows as unit vectors (B, M)."""
        return self._embedded("music", music_BTF)

    def embed_motion(self, motion_BTD: Tensor) -> Tensor:
        """Features of dances, not scaled, as unit vectors (B, M)."""
        return self._embedded("motion", motion_BTD)

    def _embedded(self, kind: str, x_BTF: Tensor) -> Tensor:
        mean, std = self.get_buffer(f"{kind}_mean"), self.get_buffer(f"{kind}_std")
        out: Tensor = self.get_submodule(kind)((x_BTF - mean) / std)
        return out

    def forward(self, music_BTF: Tensor, motion_BTD: Tensor, recording_B: Tensor) -> Tensor:
        """The contrastive loss of a batch of pairs."""
        music_BM, motion_BM = self.embed_music(music_BTF), self.embed_motion(motion_BTD)
        return info_nce(music_BM, motion_BM, recording_B, self.scale())

    def scale(self) -> Tensor:
        """What cosines are multiplied by: learned, at most 100."""
        return self.log_scale.clamp(max=_SCALE_LIMIT).exp()


def ranks(music_BM: Tensor, motion_BM: Tensor, others_BB: Tensor | None = None) -> Tensor:
    """Of each music window the place (B,) of its own dance, from 1; ties count against it.

    Args:
        music_BM, motion_BM: unit vectors.
        others_BB: which dances each music may be given besides its own (`rivals`); None: all.
    """
    return places(music_BM @ motion_BM.T, others_BB)


def places(likeness_BB: Tensor, others_BB: Tensor | None = None) -> Tensor:
    """As `ranks`, of how like each music (rows) is to each dance."""
    before = likeness_BB >= likeness_BB.diagonal()[:, None]
    if others_BB is not None:
        before &= others_BB
    return before.fill_diagonal_(False).sum(1) + 1


def rivals(recording_B: Tensor) -> Tensor:
    """Pairs (B, B) of different recordings: only those are right or wrong answers."""
    return recording_B[:, None] != recording_B


def retrieval_figures(
    rank_B: Tensor, pool_B: Tensor, at: tuple[int, ...] = (1, 5, 10)
) -> dict[str, float]:
    """R@k and the median rank, with what chance would give in pools of those sizes."""
    pool_B = pool_B.double()
    figures = {f"R@{k}": float((rank_B <= k).double().mean()) for k in at}
    figures |= {f"chance_R@{k}": float((k / pool_B).clamp(max=1).mean()) for k in at}
    return figures | {
        "median_rank": float(rank_B.double().median()),
        "chance_median_rank": float((pool_B + 1).median()) / 2, "pool": float(pool_B.mean()),
    }  # fmt: skip
