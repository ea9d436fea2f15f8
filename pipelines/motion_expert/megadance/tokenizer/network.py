"""The tokenizer's network: convolutions that make one latent of eight frames, quantised.

State dict, with H either half, up or down (docs/reference/megadance.md#published-names):

    H.encoder.downs.N.{narrow, blocks.M.{wide, point}}   N = 0, 1, 2: halvings of the time
    H.encoder.out          H.project_in    H.project_out
    H.decoder.enter        H.decoder.ups.N.{blocks.M.{wide, point}, widen}
    H.decoder.out          H.codebook (of "vq" alone)
    scaling.{up_mean, up_std, down_mean, down_std}

Shapes: B batch, T frames, a multiple of 8; t = T / 8 tokens; C = 5 levels; K columns of a half.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipelines.motion_expert.megadance.halves import DOWN, UP, HalfScaling, join, split
from pipelines.motion_expert.megadance.presets import FRAMES, LEVELS, TokenizerConfig
from pipelines.motion_expert.sequence.fsq import FSQ

_HALVINGS = 3
_SCALES = ("up_mean", "up_std", "down_mean", "down_std")


class Rebuilt(NamedTuple):
    """Both halves, normalised, what they cost, and their tokens (B, t, 2, 5)."""

    up: Tensor
    down: Tensor
    commitment: Tensor
    tokens: Tensor


class _Residual(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.point = nn.Conv1d(width, width, 1)

    def forward(self, x_BMT: Tensor) -> Tensor:
        changed: Tensor = self.point(torch.relu(self.wide(torch.relu(x_BMT))))
        return x_BMT + changed


class _Down(nn.Module):
    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        self.narrow = nn.Conv1d(columns, config.width, 4, stride=2, padding=1)
        dilations = [2**n for n in range(config.blocks)]
        self.blocks = nn.Sequential(*(_Residual(config.width, d) for d in dilations))

    def forward(self, x_BKT: Tensor) -> Tensor:
        out: Tensor = self.blocks(self.narrow(x_BKT))
        return out


class _Up(nn.Module):
    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        width = config.width
        dilations = [2**n for n in reversed(range(config.blocks))]
        self.blocks = nn.Sequential(*(_Residual(width, d) for d in dilations))
        self.widen = nn.ConvTranspose1d(width, width, 4, stride=2, padding=1)

    def forward(self, x_BMT: Tensor) -> Tensor:
        out: Tensor = self.widen(self.blocks(x_BMT))
        return out


class _Encoder(nn.Module):
    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        first = [columns] + [config.width] * (_HALVINGS - 1)
        self.downs = nn.Sequential(*(_Down(size, config) for size in first))
        self.out = nn.Conv1d(config.width, config.width, 3, padding=1)

    def forward(self, x_BTK: Tensor) -> Tensor:
        latent: Tensor = self.out(self.downs(x_BTK.transpose(1, 2)))
        return latent.transpose(1, 2)


class _Decoder(nn.Module):
    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        self.enter = nn.Conv1d(config.width, config.width, 3, padding=1)
        self.ups = nn.Sequential(*(_Up(config) for _ in range(_HALVINGS)))
        self.out = nn.Conv1d(config.width, columns, 3, padding=1)

    def forward(self, latent_BtM: Tensor) -> Tensor:
        x_BKT: Tensor = self.out(self.ups(self.enter(latent_BtM.transpose(1, 2))))
        return x_BKT.transpose(1, 2)


class Half(nn.Module):
    """Encoder, quantiser and decoder of one half of the body."""

    def __init__(self, columns: int, config: TokenizerConfig) -> None:
        super().__init__()
        self.fsq = FSQ(LEVELS)
        self.encoder = _Encoder(columns, config)
        self.decoder = _Decoder(columns, config)
        self.project_in = nn.Linear(config.width, len(LEVELS))
        self.project_out = nn.Linear(len(LEVELS), config.width)
        self.codebook = None
        if config.quantizer == "vq":
            self.codebook = nn.Parameter(torch.randn(self.fsq.codes, len(LEVELS)))

    def quantise(self, x_BTK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Values (B, t, 5) for the decoder, levels (B, t, 5), and the cost of committing to them.

        The cost is 0 for the finite quantiser. With learnt codes it is the distance to them, a
        quarter of it for the encoder (van den Oord et al. 2017).
        """
        z = self.project_in(self.encoder(x_BTK))
        if self.codebook is None:
            values, levels = self.fsq(z)
            return values, levels, z.new_zeros(())
        ids = torch.cdist(z.flatten(0, 1), self.codebook).argmin(-1).view(z.shape[:-1])
        chosen = self.codebook[ids]
        cost = (chosen - z.detach()).square().mean() + 0.25 * (chosen.detach() - z).square().mean()
        return z + (chosen - z).detach(), self.fsq.levels_of(ids), cost

    def decode(self, levels_BtC: Tensor) -> Tensor:
        """Levels (B, t, 5) as the half, normalised (B, 8 t, K)."""
        values = (
            self.fsq.values(levels_BtC)
            if self.codebook is None
            else self.codebook[self.fsq.ids(levels_BtC)]
        )
        return self.rebuild(values)

    def rebuild(self, values_BtC: Tensor) -> Tensor:
        """Values of the quantiser as the half, normalised (B, 8 t, K)."""
        x_BTK: Tensor = self.decoder(self.project_out(values_BtC))
        return x_BTK


class Tokenizer(nn.Module):
    """Both halves, with their scaling.

    Args:
        config: sizes. scaling: of the halves; None for weights that bring theirs.
    """

    def __init__(self, config: TokenizerConfig, scaling: HalfScaling | None = None) -> None:
        super().__init__()
        self.config = config
        self.up, self.down = Half(UP, config), Half(DOWN, config)
        self.scaling = nn.Module()
        for name, size in zip(_SCALES, (UP, UP, DOWN, DOWN), strict=True):
            known = torch.ones(size) if scaling is None else torch.tensor(getattr(scaling, name))
            self.scaling.register_buffer(name, known)

    def normalised(self, x_BTK: Tensor) -> tuple[Tensor, Tensor]:
        """Encoded motion (B, T, 151) as its halves, normalised."""
        up, down = split(x_BTK)
        up_mean, up_std, down_mean, down_std = self._scales()
        return (up - up_mean) / up_std, (down - down_mean) / down_std

    def metric(self, up: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised halves as velocity (B, T, 3) in metres a frame, and rotations (B, T, 144)."""
        up_mean, up_std, down_mean, down_std = self._scales()
        return join(up * up_std + up_mean, down * down_std + down_mean)

    def forward(self, x_BTK: Tensor) -> Rebuilt:
        """Encoded motion (B, T, 151) through the tokens and back."""
        halves = [
            (half, half.quantise(x))
            for half, x in zip((self.up, self.down), self.normalised(x_BTK), strict=True)
        ]
        up, down = (half.rebuild(values) for half, (values, _, _) in halves)
        tokens = torch.stack([levels for _, (_, levels, _) in halves], dim=-2)
        return Rebuilt(up, down, halves[0][1][2] + halves[1][1][2], tokens)

    @torch.no_grad()
    def encode(self, x_BTK: Tensor) -> Tensor:
        """Levels (B, ceil(T / 8), 2, 5) of a motion of any length; the last frame is held on."""
        short = -x_BTK.shape[1] % FRAMES
        if short:
            x_BTK = torch.cat([x_BTK, x_BTK[:, -1:].expand(-1, short, -1)], dim=1)
        up, down = self.normalised(x_BTK)
        return torch.stack([self.up.quantise(up)[1], self.down.quantise(down)[1]], dim=-2)

    @torch.no_grad()
    def decode(self, tokens: Tensor, frames: int | None = None) -> tuple[Tensor, Tensor]:
        """Levels (B, t, 2, 5) as `metric` gives it, of the first `frames` frames or all 8 t."""
        up, down = self.up.decode(tokens[..., 0, :]), self.down.decode(tokens[..., 1, :])
        velocity, sixes = self.metric(up, down)
        return velocity[:, :frames], sixes[:, :frames]

    def _scales(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        up_mean, up_std, down_mean, down_std = (getattr(self.scaling, name) for name in _SCALES)
        return up_mean, up_std, down_mean, down_std
