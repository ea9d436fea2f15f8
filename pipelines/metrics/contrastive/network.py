"""MATHDance's contrastive evaluator: music and dance become points of one space.

docs/reference/infinitedance.md#contrastive-evaluator. Shapes: B windows, W frames at 30 fps,
F = 35 columns of music, C = 147 of dance, M width.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.metrics.contrastive.loss import info_nce
from pipelines.metrics.genre.columns import WIDTH as DANCE_WIDTH

SCALE = 100.0
"""What cosines are multiplied by."""


@dataclass(frozen=True)
class ContrastShape:
    """Sizes of both encoders, which are alike but for their input.

    Attributes:
        music: columns of its features.
        width, heads, layers, feedforward, dropout: of an encoder; a window is halved after every
            layer, 9 of them make one point of 360 frames.
    """

    music: int = 35
    width: int = 512
    heads: int = 8
    layers: int = 9
    feedforward: int = 2048
    dropout: float = 0.25

    def to_json(self) -> dict[str, Any]:
        """For the folder."""
        return asdict(self)


class _Encoder(nn.Module):
    """(B, W, columns) as (B, M)."""

    def __init__(self, shape: ContrastShape, columns: int) -> None:
        super().__init__()
        self.into = nn.Linear(columns, shape.width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                shape.width, shape.heads, shape.feedforward, shape.dropout, batch_first=True
            )
            for _ in range(shape.layers)
        )
        self.out = nn.Linear(shape.width, shape.width)

    def forward(self, x_BWF: Tensor) -> Tensor:
        x_BWM = self.into(x_BWF)
        for layer in self.layers:
            x_BWM = layer(x_BWM)
            x_BWM = F.avg_pool1d(x_BWM.transpose(1, 2), 2, ceil_mode=True).transpose(1, 2)
        out: Tensor = self.out(x_BWM.mean(1))
        return out


class Contrast(nn.Module):
    """Both encoders, and what their inputs are scaled by."""

    def __init__(self, shape: ContrastShape) -> None:
        super().__init__()
        self.shape = shape
        self.music = _Encoder(shape, shape.music)
        self.dance = _Encoder(shape, DANCE_WIDTH)
        for name, count in (("music", shape.music), ("dance", DANCE_WIDTH)):
            self.register_buffer(f"{name}_mean", torch.zeros(count))
            self.register_buffer(f"{name}_std", torch.ones(count))

    def of_music(self, music_BWF: Tensor) -> Tensor:
        """Raw features as points (B, M), of any length."""
        return self._point("music", music_BWF)

    def of_dance(self, dance_BWC: Tensor) -> Tensor:
        """Windows that face the front (`genre.columns`), not scaled, as points (B, M)."""
        return self._point("dance", dance_BWC)

    def _point(self, kind: str, x_BWF: Tensor) -> Tensor:
        mean, std = self.get_buffer(f"{kind}_mean"), self.get_buffer(f"{kind}_std")
        out: Tensor = self.get_submodule(kind)((x_BWF - mean) / std)
        return out

    def forward(self, music_BWF: Tensor, dance_BWC: Tensor, recording_B: Tensor) -> Tensor:
        """The contrastive loss of a batch of pairs."""
        music_BM, dance_BM = self.of_music(music_BWF), self.of_dance(dance_BWC)
        return contrastive_loss(music_BM, dance_BM, recording_B)


def contrastive_loss(music_BM: Tensor, dance_BM: Tensor, recording_B: Tensor) -> Tensor:
    """`info_nce` of points of any length."""
    music_BM, dance_BM = F.normalize(music_BM, dim=-1), F.normalize(dance_BM, dim=-1)
    return info_nce(music_BM, dance_BM, recording_B, torch.tensor(SCALE))
