"""Tokens of training windows, made when a window is first seen and kept from then on.

Shapes: B windows of a batch, T frames, t = T / 8 tokens, 2 halves, C = 5 levels, K = 151.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer


class WindowTokens:
    """Remembers what a tokenizer, which does not learn, made of each of so many windows."""

    def __init__(self, tokenizer: Tokenizer, windows: int) -> None:
        self._tokenizer = tokenizer
        self._known: list[Tensor | None] = [None] * windows

    def of(self, window_B: Tensor, x_BTK: Tensor) -> Tensor:
        """Levels (B, t, 2, 5) of the windows with these numbers, whose motion is `x_BTK`.

        Each window goes through the tokenizer alone, so that its tokens hang on no other's: a run
        that is taken up sees the same.
        """
        return torch.stack(
            [self._one(int(number), x) for number, x in zip(window_B, x_BTK, strict=True)]
        ).long()

    def _one(self, number: int, x_TK: Tensor) -> Tensor:
        known = self._known[number]
        if known is None:
            known = self._known[number] = self._tokenizer.encode(x_TK[None])[0].to(torch.int8)
        return known
