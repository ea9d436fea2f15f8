"""Finite scalar quantisation (Mentzer et al. 2023): every channel is rounded to a few levels.

No codebook is learnt, so none can collapse. Levels are odd; values and order of the ids are those
of vector-quantize-pytorch (docs/reference/megadance.md#quantiser).

Shapes: ... any, C channels, one per entry of the levels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_BEYOND = 1.001
"""The bound lies so much beyond the outer levels, so that those are reached at finite values."""


class FSQ(nn.Module):
    """Rounds channels to levels, with the gradient of the bound passed straight through.

    Args:
        levels: how many levels each channel has; odd numbers of at least 3.
    """

    middle: Tensor
    basis: Tensor

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        if any(level < 3 or level % 2 == 0 for level in levels):
            raise ValueError(f"levels {tuple(levels)}: odd numbers of at least 3 are known")
        self.levels = tuple(levels)
        steps = torch.tensor([1, *levels[:-1]]).cumprod(0)
        self.register_buffer("middle", torch.tensor(levels) // 2, persistent=False)
        self.register_buffer("basis", steps, persistent=False)

    @property
    def codes(self) -> int:
        """How many combinations there are."""
        return math.prod(self.levels)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Values in [-1, 1] (..., C), and the level of each channel (..., C), int64 from 0."""
        bound = torch.tanh(z.float()) * (self.middle * _BEYOND)
        rounded = bound + (bound.round() - bound).detach()
        return rounded / self.middle, rounded.detach().round().long() + self.middle

    def values(self, levels: Tensor) -> Tensor:
        """Levels (..., C) as values in [-1, 1]."""
        return (levels - self.middle) / self.middle

    def ids(self, levels: Tensor) -> Tensor:
        """Levels (..., C) as one number (...), the first channel counting fastest."""
        return (levels * self.basis).sum(-1)

    def levels_of(self, ids: Tensor) -> Tensor:
        """The inverse of `ids`."""
        counts = 2 * self.middle + 1
        return ids[..., None] // self.basis % counts
