"""MEGADance's genre classifier: a Transformer over a window that is halved after every layer.

docs/reference/megadance.md#genre-classifier. Shapes: B windows, W frames, C = 147 columns of a
frame, M width, O outputs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.metrics.genre.columns import WIDTH


@dataclass(frozen=True)
class ClassifierShape:
    """Sizes of the network.

    Attributes:
        genres: how many outputs mean something. outputs: how many there are.
        width, heads, layers, feedforward, dropout: of the Transformer.
        narrow: width of the last hidden layer.
    """

    genres: int
    outputs: int
    width: int = 512
    heads: int = 8
    layers: int = 8
    feedforward: int = 2048
    dropout: float = 0.25
    narrow: int = 128

    def to_json(self) -> dict[str, Any]:
        """For the folder."""
        return asdict(self)


class GenreClassifier(nn.Module):
    """(B, W, 147) scaled frames -> (B, O) logits; any number of frames from one on.

    No positions, no activation between the linear layers at either end, normalisation after each
    part of a layer: as published.
    """

    def __init__(self, shape: ClassifierShape) -> None:
        super().__init__()
        self.shape = shape
        self.into = nn.Sequential(
            nn.Linear(WIDTH, shape.width), nn.Linear(shape.width, shape.width)
        )
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                shape.width, shape.heads, shape.feedforward, shape.dropout, batch_first=True
            )
            for _ in range(shape.layers)
        )
        self.out = nn.Sequential(
            nn.Linear(shape.width, shape.narrow), nn.Linear(shape.narrow, shape.outputs)
        )

    def forward(self, frames_BWC: Tensor) -> Tensor:
        """Logits, one row per window."""
        x_BWM = self.into(frames_BWC)
        for layer in self.layers:
            x_BWM = halved(layer(x_BWM))
        logits: Tensor = self.out(x_BWM.mean(1))
        return logits


def halved(x_BWM: Tensor) -> Tensor:
    """Means over three neighbours, every second one; beyond the ends lie zeros that count."""
    return F.avg_pool1d(x_BWM.transpose(1, 2), 3, stride=2, padding=1).transpose(1, 2)
