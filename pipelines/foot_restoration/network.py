"""The network that restores feet: a transformer over frames, steered by the diffusion step.

The paper follows EDGE's architecture (3.1); there is nothing to attend to but the motion itself, so
EDGE's attention to music is left out. Shapes: B batch, T frames, K = 265 features, W width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.foot_restoration import columns

_NEAR = 7
"""Frames that a convolution sees: trembling is told from dancing by the nearest frames."""


@dataclass(frozen=True)
class FootDenoiserConfig:
    """Sizes. `window` is the number of frames that training saw at once."""

    width: int = 96
    layers: int = 4
    heads: int = 4
    window: int = 90


class FootDenoiser(nn.Module):
    """From a noisy correction of root and legs, and the motion as it is, to the correction.

    docs/reference/foot-restoration.md#what-the-network-sees. The paper's network sees noisy legs
    under the upper body; this one also sees the legs that are to be corrected.
    """

    def __init__(self, config: FootDenoiserConfig) -> None:
        super().__init__()
        self.config = config
        legs, feet = len(columns.MERGED), len(columns.FEET)
        self.enter = nn.Conv1d(columns.WIDTH + legs, config.width, _NEAR, padding=_NEAR // 2)
        self.step = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.leave = nn.Linear(config.width, legs + feet)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(
        self, noisy_BTM: Tensor, given_BTK: Tensor, noise_B: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The correction (B, T, 79), and logits (B, T, 4) of each foot point standing.

        Args:
            noisy_BTM: noisy correction of the columns `MERGED`, of deviation 1.
            given_BTK: the motion that is to be restored, standardised.
            noise_B: diffusion time in (0, 1], as a share of the last step.
        """
        width, kept = self.config.width, signal_share(noise_B)[:, None, None]
        seen_BCT = torch.cat([given_BTK, noisy_BTM], dim=-1).transpose(1, 2)
        places_TW = _waves(torch.arange(noisy_BTM.shape[1], device=noisy_BTM.device).float(), width)
        h_BTW = self.enter(seen_BCT).transpose(1, 2) + places_TW.to(noisy_BTM.dtype)
        step_BW = self.step(_waves(1000 * noise_B, width).to(noisy_BTM.dtype))
        for block in self.blocks:
            h_BTW = block(h_BTW, step_BW)
        out_BTN = self.leave(self.norm(h_BTW))
        hidden_BTM, stands_BT4 = out_BTN.split([noisy_BTM.shape[-1], len(columns.FEET)], dim=-1)
        # What noise hides is what there is to learn.
        return kept.sqrt() * noisy_BTM + (1 - kept).sqrt() * hidden_BTM, stands_BT4


class _Block(nn.Module):
    def __init__(self, config: FootDenoiserConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.near = nn.Conv1d(width, width, _NEAR, padding=_NEAR // 2, groups=width)
        self.mix, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.film = nn.Linear(width, 2 * width)

    def forward(self, h_BTW: Tensor, step_BW: Tensor) -> Tensor:
        scale, shift = self.film(step_BW).unsqueeze(1).chunk(2, dim=-1)
        near = self.near(h_BTW.transpose(1, 2)).transpose(1, 2)
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.mix(self.norm_1(h_BTW + near) * (1 + scale) + shift).chunk(3, dim=-1)
        )
        seen = F.scaled_dot_product_attention(query, key, value)
        h_BTW = h_BTW + near + self.joined(seen.transpose(1, 2).flatten(2))
        done: Tensor = h_BTW + self.narrow(F.gelu(self.wide(self.norm_2(h_BTW))))
        return done


def signal_share(noise: Tensor) -> Tensor:
    """The cosine schedule's product of alphas at times in [0, 1] (Nichol and Dhariwal, 2021)."""
    offset = 0.008
    at = torch.cos((noise + offset) / (1 + offset) * math.pi / 2) ** 2
    return (at / math.cos(offset / (1 + offset) * math.pi / 2) ** 2).clamp(0, 1)


def _waves(values: Tensor, width: int) -> Tensor:
    """Sines and cosines (..., width) of numbers, of periods from 2 pi to 20000 pi."""
    rates = torch.exp(
        -math.log(10_000) * torch.arange(width // 2, device=values.device) / (width // 2)
    )
    angles = values.unsqueeze(-1) * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
