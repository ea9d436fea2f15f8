"""The tokenizer: four frames of motion to one latent, a latent to three codes, and back.

docs/reference/infinitedance.md#tokenizer.

Shapes: B batch, T frames, L = T / 4 latents, D = 264 columns, C width of a code, Q = 3 layers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.clock import FRAMES_PER_LATENT, TOKENS_PER_LATENT
from pipelines.motion_expert.sequence.rvq import Quantised, ResidualQuantiser, RvqConfig

_HALVINGS = 2


@dataclass(frozen=True)
class TokenizerConfig:
    """Sizes of a tokenizer.

    Attributes:
        width: channels. depth: residual blocks at each rate. growth: of their dilation.
        quantiser: of the latents; as many layers as a latent has tokens.
    """

    width: int = 1024
    depth: int = 3
    growth: int = 4
    quantiser: RvqConfig = field(default_factory=lambda: RvqConfig(width=1024))

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> TokenizerConfig:
        """What `to_json` gave; raises TypeError or KeyError for anything else."""
        return TokenizerConfig(**(values | {"quantiser": RvqConfig(**values["quantiser"])}))


PRESETS = {
    "paper": TokenizerConfig(),
    "small": TokenizerConfig(
        width=192, depth=2, growth=3, quantiser=RvqConfig(width=64, least=0.05)
    ),
    "tiny": TokenizerConfig(
        width=24, depth=1, growth=3, quantiser=RvqConfig(codes=32, width=8)
    ),
}  # fmt: skip


class Tokenizer(nn.Module):
    """Motion as z-scored features (B, T, 264), T a multiple of 4, to tokens and back."""

    mean_D: Tensor
    std_D: Tensor

    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        assert config.quantiser.layers == TOKENS_PER_LATENT
        self.config = config
        width, code = config.width, config.quantiser.width
        down: list[nn.Module] = [nn.Conv1d(columns.WIDTH, width, 3, padding=1), nn.ReLU()]
        up: list[nn.Module] = [nn.Conv1d(code, width, 3, padding=1), nn.ReLU()]
        dilations = [config.growth**n for n in range(config.depth)]
        for _ in range(_HALVINGS):
            down.append(nn.Conv1d(width, width, 4, 2, 1))
            down += [_Residual(width, d) for d in reversed(dilations)]
            up += [_Residual(width, d) for d in reversed(dilations)]
            up += [nn.Upsample(scale_factor=2), nn.Conv1d(width, width, 3, padding=1)]
        self.encoder = nn.Sequential(*down, nn.Conv1d(width, code, 3, padding=1))
        self.quantiser = ResidualQuantiser(config.quantiser)
        self.decoder = nn.Sequential(
            *up, nn.Conv1d(width, width, 3, padding=1), nn.ReLU(),
            nn.Conv1d(width, columns.WIDTH, 3, padding=1),
        )  # fmt: skip
        self.register_buffer("mean_D", torch.zeros(columns.WIDTH))
        self.register_buffer("std_D", torch.ones(columns.WIDTH))

    def scaled(self, features_BTD: Tensor) -> Tensor:
        """Features in deviations from their mean."""
        return (features_BTD - self.mean_D) / self.std_D

    def unscaled(self, x_BTD: Tensor) -> Tensor:
        """The inverse."""
        return x_BTD * self.std_D + self.mean_D

    def forward(self, x_BTD: Tensor) -> tuple[Tensor, Quantised]:
        """What comes back of scaled features (B, T, 264), and what the quantiser made of them."""
        latents_BCL = self.encoder(x_BTD.transpose(1, 2))
        found = self.quantiser(latents_BCL.transpose(1, 2).flatten(0, 1))
        back_BCL = found.sum_NC.unflatten(0, (len(x_BTD), -1)).transpose(1, 2)
        return self.decoder(back_BCL).transpose(1, 2), found

    def tokens(self, features_BTD: Tensor) -> Tensor:
        """Codes (B, L, Q) of features that are not scaled, each of its own layer.

        Raises ValueError where the frames are no multiple of 4. In evaluation mode only: in
        training codes are sampled and codebooks move.
        """
        if features_BTD.shape[1] % FRAMES_PER_LATENT:
            raise ValueError(f"{features_BTD.shape[1]} frames are no multiple of 4")
        latents_BCL = self.encoder(self.scaled(features_BTD).transpose(1, 2))
        found = self.quantiser(latents_BCL.transpose(1, 2).flatten(0, 1))
        tokens_BLQ: Tensor = found.index_NQ.unflatten(0, (len(features_BTD), -1))
        return tokens_BLQ

    def codes(self, tokens_BLQ: Tensor) -> Tensor:
        """The code of each token (B, L, Q, C): of that layer alone, not the sum up to it."""
        flat = self.quantiser.codes(tokens_BLQ.flatten(0, 1))
        codes_BLQC: Tensor = flat.unflatten(0, tokens_BLQ.shape[:2])
        return codes_BLQC

    def motion(self, tokens_BLQ: Tensor) -> Tensor:
        """Features (B, 4 L, 264), not scaled; a token of -1 adds nothing."""
        latents_BCL = self.codes(tokens_BLQ).sum(2).transpose(1, 2)
        return self.unscaled(self.decoder(latents_BCL).transpose(1, 2))


class _Residual(nn.Module):
    """A dilated convolution and one that mixes channels, beside the way past them."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x_BCT: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        out: Tensor = x_BCT + self.mix(F.relu(self.wide(F.relu(x_BCT))))
        return out
