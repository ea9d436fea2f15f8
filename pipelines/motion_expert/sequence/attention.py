"""Cross-attention of dance tokens to music tokens, over the whole song or a band around the frame.

Shapes: B batch, L dance frames, S music frames, M width, H heads.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MusicAttention(nn.Module):
    """Multi-head attention with separate query and key/value inputs.

    `reach` limits frame i to music frames i - reach ... i + reach (both sequences then need the
    same length); 0 lets it see everything.
    """

    def __init__(self, width: int, heads: int, reach: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.reach, self.dropout = heads, reach, dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x_BLM: Tensor, music_BSM: Tensor) -> Tensor:
        """(B, L, M), (B, S, M) -> (B, L, M)."""
        query = self._split(self.query(x_BLM))
        key, value = (self._split(part) for part in self.key_value(music_BSM).chunk(2, dim=-1))
        dropout = self.dropout if self.training else 0.0
        if self.reach and music_BSM.shape[1] > self.reach + 1:
            mixed = _banded(query, key, value, self.reach, dropout)
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out

    def _split(self, x_BLM: Tensor) -> Tensor:
        heads_BHLE: Tensor = x_BLM.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return heads_BHLE


def _banded(query: Tensor, key: Tensor, value: Tensor, reach: int, dropout: float) -> Tensor:
    # Queries go in blocks of `reach`; each block needs the keys of itself and of both neighbours,
    # so a song costs three keys per query instead of its whole length. Blocks lie along the batch:
    # torch has fused kernels for four dimensions only.
    batch, _, length, _ = query.shape
    blocks = -(-length // reach)
    after = blocks * reach - length
    mixed = F.scaled_dot_product_attention(
        _windows(query, reach, reach, (0, after)),
        _windows(key, 3 * reach, reach, (reach, after + reach)),
        _windows(value, 3 * reach, reach, (reach, after + reach)),
        attn_mask=_band_mask(length, blocks, reach, query.device)[:, None].repeat(batch, 1, 1, 1),
        dropout_p=dropout,
    )
    joined: Tensor = mixed.unflatten(0, (batch, blocks)).transpose(1, 2).flatten(2, 3)
    return joined[:, :, :length]


def _windows(x_BHLE: Tensor, span: int, stride: int, padding: tuple[int, int]) -> Tensor:
    """(B, H, L, E) -> (B blocks, H, span, E)."""
    windows: Tensor = F.pad(x_BHLE, (0, 0, *padding)).unfold(2, span, stride)
    return windows.permute(0, 2, 1, 4, 3).flatten(0, 1)


def _band_mask(length: int, blocks: int, reach: int, device: torch.device) -> Tensor:
    start = torch.arange(blocks, device=device)[:, None, None] * reach
    row = start + torch.arange(reach, device=device)[None, :, None]
    column = start + torch.arange(3 * reach, device=device)[None, None, :] - reach
    inside = (column >= 0) & (column < length) & ((row - column).abs() <= reach)
    # Padding rows must attend to something, or their softmax is 0/0.
    return inside | ((row >= length) & (column == length - 1))
