"""Cadence-MoE: music, style and reference become what the language model hears.

docs/reference/infinitedance.md#cadence-moe.

Shapes: B batch, T = 320 music states, C columns of the reference, M width, E = bands + 1 experts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.motion_expert.infinitedance.clock import MUSIC_HZ
from pipelines.motion_expert.sequence.mamba import Mamba
from pipelines.support.conventions import MOTION_FPS

Fusion = Literal["gated", "concat"]


@dataclass(frozen=True)
class CadenceConfig:
    """Sizes of a Cadence-MoE.

    Attributes:
        music: columns of the music. styles: how many there are. style_width: of their embedding.
        reference: columns of the reference; 0: none is heard.
        width: of the states that come out. heads: of each expert's attention.
        edges: Hz, where one band ends and the next begins; none: a single band.
        fusion: "gated": weights that add up to 1, as in the paper; "concat": as in its code.
        experts: False leaves the experts out: the projection of music, style and reference is all.
        music_hz: rows of the music features in a second.
    """

    music: int
    styles: int
    style_width: int = 64
    reference: int = 264
    width: int = 2048
    heads: int = 8
    edges: tuple[float, ...] = (6.25,)
    fusion: Fusion = "gated"
    experts: bool = True
    music_hz: float = MOTION_FPS

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self)


def in_time(x_BTC: Tensor, states: int) -> Tensor:
    """A sequence over the same seconds in so many states, by linear interpolation in between."""
    return F.interpolate(
        x_BTC.transpose(1, 2), states, mode="linear", align_corners=False
    ).transpose(1, 2)  # fmt: skip


def split_bands(x_BTC: Tensor, edges: tuple[float, ...], rate: float = MUSIC_HZ) -> list[Tensor]:
    """A signal as parts (B, T, C) of neighbouring frequencies that add up to it.

    A frequency at an edge, in Hz, belongs to the band above it.
    """
    spectrum = torch.fft.rfft(x_BTC, dim=1)
    frequency = torch.fft.rfftfreq(x_BTC.shape[1], 1 / rate, device=x_BTC.device)
    ends = [0.0, *edges, float("inf")]
    bands = []
    for low, high in pairwise(ends):
        inside = ((frequency >= low) & (frequency < high))[:, None]
        bands.append(torch.fft.irfft(spectrum * inside, x_BTC.shape[1], dim=1))
    return bands


class CadenceExpert(nn.Module):
    """Attention over all states in both directions, then Mamba beside the way past it."""

    def __init__(self, columns: int, width: int, heads: int) -> None:
        super().__init__()
        self.project = nn.Linear(columns, width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.mamba = Mamba(width)

    def forward(self, x_BTC: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, M)."""
        x = self.project(x_BTC)
        mixed, _ = self.attention(x, x, x, need_weights=False)
        out: Tensor = mixed + self.mamba(self.norm(mixed))
        return out


class CadenceMoE(nn.Module):
    """One expert for all that is heard, one for each band of the reference."""

    def __init__(self, config: CadenceConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        # The last style is "none".
        self.style = nn.Embedding(config.styles + 1, config.style_width)
        heard = config.music + config.style_width + config.reference
        self.project = nn.Linear(heard, width)
        self.universal: nn.Module | None = None
        self.bands = nn.ModuleList()
        if not config.experts:
            return
        self.universal = CadenceExpert(width, width, config.heads)
        if config.reference:
            self.bands.extend(
                CadenceExpert(config.reference, width, config.heads)
                for _ in range(len(config.edges) + 1)
            )
        count = 1 + len(self.bands)
        gate_in, gate_out = (width, count) if config.fusion == "gated" else (count * width, width)
        self.fusion = nn.Linear(gate_in, gate_out)

    def forward(self, music_BTF: Tensor, style_B: Tensor, reference_BSC: Tensor | None) -> Tensor:
        """What the language model hears, (B, T, M).

        Args:
            music_BTF: features, scaled. style_B: index, -1 for none.
            reference_BSC: over the same seconds at any rate, scaled; None where none is heard.
        """
        states = music_BTF.shape[1]
        style_BS = self.style(style_B.where(style_B >= 0, torch.full_like(style_B, -1)
                                            + self.style.num_embeddings))  # fmt: skip
        parts = [music_BTF, style_BS[:, None].expand(-1, states, -1)]
        reference = None
        if self.config.reference:
            assert reference_BSC is not None
            reference = in_time(reference_BSC, states)
            parts.append(reference)
        heard: Tensor = self.project(torch.cat(parts, -1))
        if self.universal is None:
            return heard
        said = [self.universal(heard)]
        if reference is not None:
            pieces = split_bands(reference, self.config.edges)
            said += [expert(piece) for expert, piece in zip(self.bands, pieces, strict=True)]
        if self.config.fusion == "concat":
            fused: Tensor = self.fusion(torch.cat(said, -1))
            return fused
        return (torch.stack(said, -1) * self.gates(heard)[:, :, None]).sum(-1)

    def gates(self, heard_BTM: Tensor) -> Tensor:
        """How much each expert counts at each state (B, T, E); the universal one is the first."""
        weights: Tensor = self.fusion(heard_BTM).softmax(-1)
        return weights
