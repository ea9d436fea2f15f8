"""The Motion Expert's network: BiMamba and attention, steered by diffusion time, beta and genre.

Follows MACE-Dance 3.2 and docs/reference/motion-expert.md#network. Shapes: B batch, T frames,
F music features, K motion features, M width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipelines.motion_expert.mace.mean_bar import MeanBar
from pipelines.motion_expert.mace.precondition import Precondition
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.motion_expert.sequence.attention import MusicAttention
from pipelines.motion_expert.sequence.beat_gate import BeatGate
from pipelines.motion_expert.sequence.mamba import BiMamba
from pipelines.rhythm.beat_clock import SIZE as CLOCK_SIZE

BETA_SCALE = 1000.0
"""Beta in [0, 1] is stretched to the range of the diffusion step before its embedding."""


@dataclass(frozen=True)
class Heard:
    """What a dance is made to.

    Attributes:
        music_BTM: music tokens, or the null token.
        bar_BTK: the mean motion at this count, for a network that has it.
        clock_BTH: hands of the beat clock, zero without condition, for a network that they gate.
    """

    music_BTM: Tensor
    bar_BTK: Tensor | None = None
    clock_BTH: Tensor | None = None

    def expand(self, count: int) -> Heard:
        """One song's, for so many dances to it."""
        parts = (self.music_BTM, self.bar_BTK, self.clock_BTH)
        return Heard(*(p if p is None else p.expand(count, -1, -1) for p in parts))  # type: ignore[arg-type]


class MotionExpert(nn.Module):
    """Predicts clean motion from noisy motion, music, diffusion step, beta and genre."""

    def __init__(self, config: MotionExpertConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        inputs = config.motion_size * (2 if config.preconditioned else 1)
        self.motion_in = nn.Linear(inputs, width)
        self.music_in = nn.Linear(config.heard_size, width)
        self.motion_out = nn.Linear(width, config.motion_size)
        self.step_embedding = ScalarEmbedding(width)
        self.beta_embedding = ScalarEmbedding(width) if config.guidance == "gft" else None
        self.music_blocks = nn.ModuleList(MusicBlock(config) for _ in range(config.music_blocks))
        self.dance_blocks = nn.ModuleList(DanceBlock(config) for _ in range(config.dance_blocks))
        self.null_music = nn.Parameter(torch.zeros(1, 1, width))
        self.music_align = nn.Linear(width, width) if config.aligned_music else None
        self.precondition = Precondition(config.motion_size) if config.preconditioned else None
        self.mean_bar = _mean_bar(config)
        if config.preconditioned:
            nn.init.zeros_(self.motion_out.weight)
            nn.init.zeros_(self.motion_out.bias)

    def forward(
        self,
        x_BTK: Tensor,
        step_B: Tensor,
        music_BTF: Tensor,
        beta_B: Tensor,
        genre_B: Tensor,
        keep_B: Tensor,
    ) -> Tensor:
        """Predict the clean motion x0.

        Args:
            x_BTK: noisy motion, normalised to [-1, 1].
            step_B: diffusion steps, 0 ... 999.
            music_BTF: standardised music features, and the beat clock where the network hears it.
            beta_B: GFT's beta in [0, 1]; ignored by a "cfg" network.
            genre_B: label indices, -1 for none.
            keep_B: bool, False where the condition (music and genre) is dropped.

        Returns:
            (B, T, K).
        """
        return self.denoise(x_BTK, step_B, self.hear(music_BTF, genre_B, keep_B), beta_B)

    @torch.no_grad()
    def fit_means(self, x_NTK: Tensor, music_NTF: Tensor, genre_N: Tensor) -> None:
        """Fit mean, spectrum and mean bars to training windows, in a network that has them."""
        assert self.precondition is not None
        self.precondition.fit(x_NTK)
        if self.mean_bar is not None:
            clock_NTH = music_NTF[..., self.config.music_size :]
            self.mean_bar.fit(x_NTK - self.precondition.mean_K, clock_NTH, genre_N)
            everyone = torch.ones_like(genre_N, dtype=torch.bool)
            self.precondition.fit(x_NTK, self.mean_bar(clock_NTH, genre_N, everyone))

    def bar(self, music_BTF: Tensor, genre_B: Tensor, keep_B: Tensor) -> Tensor | None:
        """The mean motion (B, T, K) at this count and of this genre, for a network that has it."""
        if self.mean_bar is None:
            return None
        clock_BTH = music_BTF[..., self.config.music_size :]
        mean: Tensor = self.mean_bar(clock_BTH, genre_B, keep_B)
        return mean

    def hear(self, music_BTF: Tensor, genre_B: Tensor, keep_B: Tensor) -> Heard:
        """What of the condition steers a dance; it does not depend on the diffusion step."""
        if bool(keep_B.any()):
            tokens_BTM = self.encode_music(music_BTF, genre_B)
        else:
            tokens_BTM = self.null_music.new_zeros(*music_BTF.shape[:2], self.config.width)
        bar_BTK = self.bar(music_BTF, genre_B, keep_B)
        return Heard(self.condition(tokens_BTM, keep_B), bar_BTK, self._clock(music_BTF, keep_B))

    def _clock(self, music_BTF: Tensor, keep_B: Tensor) -> Tensor | None:
        if not self.config.beat_gate:
            return None
        clock_BTH = music_BTF[..., self.config.music_size :]
        return clock_BTH * keep_B[:, None, None].to(clock_BTH.dtype)

    def encode_music(self, music_BTF: Tensor, genre_B: Tensor) -> Tensor:
        """Music tokens (B, T, M): they do not depend on the diffusion step."""
        tokens = self.music_in(music_BTF)
        for block in self.music_blocks:
            tokens = block(tokens, genre_B)
        return tokens  # type: ignore[no-any-return]

    def condition(self, tokens_BTM: Tensor, keep_B: Tensor) -> Tensor:
        """Replace the dropped samples' tokens by the null token (or add it, as published)."""
        keep = keep_B[:, None, None].to(tokens_BTM.dtype)
        null = self.null_music if self.config.null == "add" else self.null_music * (1 - keep)
        return tokens_BTM * keep + null

    def denoise(
        self,
        x_BTK: Tensor,
        step_B: Tensor,
        heard: Heard,
        beta_B: Tensor,
    ) -> Tensor:
        """One evaluation for what was heard; see `forward`."""
        steer_BM = self.step_embedding(step_B.to(x_BTK.dtype))
        if self.beta_embedding is not None:
            steer_BM = steer_BM + self.beta_embedding(beta_B.to(x_BTK.dtype) * BETA_SCALE)
        if self.precondition is None:
            return self._predict(x_BTK, heard, steer_BM)
        guess = self.precondition.guess(x_BTK, step_B, heard.bar_BTK)
        return guess.completed(self._predict(guess.inputs, heard, steer_BM))

    def _predict(self, x_BTK: Tensor, heard: Heard, steer_BM: Tensor) -> Tensor:
        # The stream of residuals stays in float32 under autocast: a dance rounded to bf16 trembles.
        hidden = self.motion_in(x_BTK).to(x_BTK.dtype)
        if self.music_align is not None:
            hidden = hidden + self.music_align(heard.music_BTM)
        for block in self.dance_blocks:
            hidden = block(hidden, heard, steer_BM)
        with torch.autocast(x_BTK.device.type, enabled=False):
            out: Tensor = self.motion_out(hidden)
        return out


class ScalarEmbedding(nn.Module):
    """Sinusoids of a scalar, then Linear, Mish, Linear: (B,) -> (B, M)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.Mish(), nn.Linear(4 * width, width)
        )

    def forward(self, value_B: Tensor) -> Tensor:
        """Embed the values."""
        half = self.width // 2
        index = torch.arange(half, device=value_B.device, dtype=value_B.dtype)
        frequency = torch.exp(-index * (math.log(10000.0) / (half - 1)))
        angle = value_B.reshape(-1, 1) * frequency
        out: Tensor = self.mlp(torch.cat([angle.sin(), angle.cos()], dim=-1))
        return out


class FiLM(nn.Module):
    """Scale and shift from a steering vector, the same for every frame."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.affine = nn.Sequential(nn.Mish(), nn.Linear(width, 2 * width))

    def forward(self, x_BTM: Tensor, steer_BM: Tensor) -> Tensor:
        """(scale + 1) x + shift."""
        scale, shift = self.affine(steer_BM)[:, None].chunk(2, dim=-1)
        out: Tensor = x_BTM + scale * x_BTM + shift
        return out


class SelfAttention(nn.Module):
    """The transformer ablation's stand-in for BiMamba, with sinusoidal positions:
    docs/reference/motion-expert.md#ablations."""

    def __init__(self, config: MotionExpertConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.attention = MusicAttention(config.width, config.heads, dropout=config.dropout)

    def forward(self, x_BTM: Tensor) -> Tensor:
        """(B, T, M) -> (B, T, M), no residual inside."""
        x_BTM = self.norm(x_BTM) + _positions(x_BTM)
        out: Tensor = self.attention(x_BTM, x_BTM)
        return out


def _positions(x_BTM: Tensor) -> Tensor:
    length, width = x_BTM.shape[1:]
    time = torch.arange(length, device=x_BTM.device, dtype=x_BTM.dtype)[:, None]
    index = torch.arange(width // 2, device=x_BTM.device, dtype=x_BTM.dtype)
    angle = time * torch.exp(-index * (2 * math.log(10000.0) / width))
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


def _mean_bar(config: MotionExpertConfig) -> MeanBar | None:
    if not (config.preconditioned and config.beat_clock):
        return None
    return MeanBar(len(config.genres), CLOCK_SIZE, config.motion_size)


def _mixer(config: MotionExpertConfig) -> nn.Module:
    if config.backbone == "transformer":
        return SelfAttention(config)
    directions = 2 if config.backbone == "bimamba" else 1
    return BiMamba(config.width, config.state, config.conv, config.expand, directions)


class MusicBlock(nn.Module):
    """x + FiLM(BiMamba(x); genre). Without a genre the FiLM is steered by a zero vector."""

    def __init__(self, config: MotionExpertConfig) -> None:
        super().__init__()
        width = config.width
        self.mixer = _mixer(config)
        self.dropout = nn.Dropout(config.dropout)
        self.film = FiLM(width)
        self.genre = nn.Embedding(max(1, len(config.genres)), width)
        self.genre_mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.Mish(), nn.Linear(2 * width, width)
        )

    def forward(self, x_BTM: Tensor, genre_B: Tensor) -> Tensor:
        """Mix the music over time."""
        steer = self.genre_mlp(self.genre(genre_B.clamp(min=0)))
        steer = steer * (genre_B >= 0)[:, None].to(steer.dtype)
        out: Tensor = x_BTM + self.film(self.dropout(self.mixer(x_BTM)), steer)
        return out


class DanceBlock(nn.Module):
    """x + FiLM(BiMamba(x)); then x + FiLM(FFN(attention(x, music))), both steered.

    There is no residual between the attention and the feed-forward layer.
    """

    def __init__(self, config: MotionExpertConfig) -> None:
        super().__init__()
        width = config.width
        self.gate = BeatGate(width) if config.beat_gate else None
        self.mixer = _mixer(config)
        self.mixer_film = FiLM(width)
        self.norm_query = nn.LayerNorm(width)
        self.norm_music = nn.LayerNorm(width)
        self.attention = MusicAttention(width, config.heads, config.attention_reach, config.dropout)
        self.norm_feedforward = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, config.feedforward),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.feedforward, width),
        )
        self.attention_film = FiLM(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTM: Tensor, heard: Heard, steer_BM: Tensor) -> Tensor:
        """One dance block."""
        if self.gate is not None and heard.clock_BTH is not None:
            x_BTM = self.gate(x_BTM, heard.clock_BTH)
        x_BTM = x_BTM + self.mixer_film(self.dropout(self.mixer(x_BTM)), steer_BM)
        mixed = self.attention(self.norm_query(x_BTM), self.norm_music(heard.music_BTM))
        moved = self.feedforward(self.norm_feedforward(self.dropout(mixed)))
        out: Tensor = x_BTM + self.attention_film(self.dropout(moved), steer_BM)
        return out


def parameter_count(config: MotionExpertConfig) -> int:
    """Number of weights of a network of this shape, counted without allocating them."""
    with torch.device("meta"):
        return sum(weight.numel() for weight in MotionExpert(config).parameters())
