"""The generator's network: what comes after the tokens so far, and the music of the next one.

State dict (docs/reference/megadance.md#published-names):

    embed.up.weight, embed.down.weight   (27, M): rows of the five levels one after the other;
                                         (4375, M) for flat tokens
    music.0, music.1                     35 -> M / 4 -> M
    layers.N.universal.*                 an expert (`layers.Expert`)
    layers.N.special.of.G.*              the experts of the genres
    layers.N.gate.*                      of the beat clock, if it gates
    head.0, head.1                       M -> 3 M / 2 -> 27 or 4375, of both halves

Shapes: B batch, L positions, 2 halves, C = 5 levels, M width, V = 27 or 4375.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.motion_expert.megadance.generator.layers import (
    Expert,
    GenreExperts,
    Memory,
    sliding_mask,
)
from pipelines.motion_expert.megadance.presets import LEVELS, GeneratorConfig
from pipelines.motion_expert.sequence.beat_gate import BeatGate
from pipelines.motion_expert.sequence.fsq import FSQ
from pipelines.music import layout as music_layout
from pipelines.rhythm.beat_clock import SIZE as CLOCK_SIZE
from pipelines.support.errors import UnsuitableInput

HALVES = 2


@dataclass
class Stream:
    """Memories of all experts, layer by layer: universal, special."""

    layers: list[tuple[Memory, Memory]] = field(default_factory=list)


class _Layer(nn.Module):
    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.gate = BeatGate(config.width) if config.beat_gate else None
        self.parallel = config.layout == "parallel"
        self.universal = Expert(config, config.mamba) if config.universal else None
        special = config.special and bool(config.genres)
        self.special = GenreExperts(config) if special else None

    def forward(self, x_BSLM: Tensor, clock_BLH: Tensor, genre_B: Tensor, mask: Tensor) -> Tensor:
        whole = x_BSLM = self._gated(x_BSLM, clock_BLH)
        if self.universal is not None:
            whole = self.universal(x_BSLM, genre_B, mask)
        if self.special is None:
            return whole
        given = x_BSLM if self.parallel else whole
        return self._joined(given, whole, self.special(given, genre_B, mask))

    def step(
        self, x_BSLM: Tensor, clock_BLH: Tensor, genre_B: Tensor, memory: tuple[Memory, Memory]
    ) -> Tensor:
        whole = x_BSLM = self._gated(x_BSLM, clock_BLH)
        if self.universal is not None:
            whole = self.universal.step(x_BSLM, genre_B, memory[0])
        if self.special is None:
            return whole
        given = x_BSLM if self.parallel else whole
        return self._joined(given, whole, self.special.step(given, genre_B, memory[1]))

    def _gated(self, x_BSLM: Tensor, clock_BLH: Tensor) -> Tensor:
        gated: Tensor = x_BSLM if self.gate is None else self.gate(x_BSLM, clock_BLH[:, None])
        return gated

    def _joined(self, given: Tensor, whole: Tensor, special: Tensor) -> Tensor:
        # In parallel what each expert changes is summed; in sequence the genre's replaces.
        return whole + (special - given) if self.parallel else special


class Generator(nn.Module):
    """Predicts each next token of both halves."""

    first: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.fsq = FSQ(LEVELS)
        width = config.width
        self.flat = config.tokens == "flat"
        self.heard = music_layout.WIDTH + (CLOCK_SIZE if config.beat_gate else 0)
        values = self.fsq.codes if self.flat else sum(LEVELS)
        self.embed = nn.ModuleDict({name: nn.Embedding(values, width) for name in ("up", "down")})
        self.music = nn.Sequential(
            nn.Linear(music_layout.WIDTH, width // 4), nn.Linear(width // 4, width)
        )
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.head = nn.Sequential(
            nn.Linear(width, 3 * width // 2), nn.Linear(3 * width // 2, values)
        )
        first = torch.tensor([0, *LEVELS[:-1]]).cumsum(0)
        self.register_buffer("first", first, persistent=False)
        for table in self.embed.values():
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, tokens: Tensor, music_BLF: Tensor, genre_B: Tensor) -> Tensor:
        """What comes after each position, seen from it: logits (B, L, 2, V).

        Args:
            tokens: (B, L, 2, 5) levels.
            music_BLF: (B, L, 35) of the next token (of this one for `late_music`), standardised;
                (B, L, 41) with the beat clock where it gates.
            genre_B: indices, -1 for none.

        Raises UnsuitableInput where tokens and music are not equally long.
        """
        heard = self.heard
        if (
            tokens.shape != (*music_BLF.shape[:2], HALVES, len(LEVELS))
            or music_BLF.shape[2] != heard
        ):
            raise UnsuitableInput(
                f"tokens {tuple(tokens.shape)} and music {tuple(music_BLF.shape)} do not fit; "
                f"expected (B, L, {HALVES}, {len(LEVELS)}) and (B, L, {heard})"
            )
        x, clock = self._embedded(tokens, music_BLF)
        mask = sliding_mask(tokens.shape[1], self.config.reach, tokens.device)
        for layer in self.layers:
            x = layer(x, clock, genre_B, mask)
        logits: Tensor = self.head(x[:, :HALVES]).transpose(1, 2)
        return logits

    def step(self, tokens: Tensor, music_BF: Tensor, genre_B: Tensor, stream: Stream) -> Tensor:
        """Logits (B, 2, V) after one more token (B, 2, 5), with its music as in `forward`.

        All samples are of one genre, the same for the whole stream.
        """
        if not stream.layers:
            stream.layers = [(Memory(), Memory()) for _ in self.layers]
        x, clock = self._embedded(tokens[:, None], music_BF[:, None])
        for layer, memory in zip(self.layers, stream.layers, strict=True):
            assert isinstance(layer, _Layer)
            x = layer.step(x, clock, genre_B, memory)
        logits: Tensor = self.head(x[:, :HALVES, 0])
        return logits

    def loss(self, logits: Tensor, tokens: Tensor) -> Tensor:
        """Mean over positions of the cross-entropies of both halves and all levels, summed.

        Args:
            logits: (B, L, 2, V). tokens: (B, L, 2, 5) that were to be predicted.
        """
        if self.flat:
            targets = [(logits, self.fsq.ids(tokens))]
        else:
            targets = list(zip(logits.split(LEVELS, -1), tokens.unbind(-1), strict=True))
        losses = [
            HALVES * F.cross_entropy(part.flatten(0, 2), level.flatten()) for part, level in targets
        ]
        return torch.stack(losses).sum()

    def _embedded(self, tokens: Tensor, music_BLF: Tensor) -> tuple[Tensor, Tensor]:
        """Streams (B, 3, L, M), and the hands of the beat clock (B, L, 6), if they are heard."""
        rows = self.fsq.ids(tokens)[..., None] if self.flat else tokens + self.first
        up, down = (
            self.embed[name](rows[:, :, half]).sum(-2) for half, name in enumerate(("up", "down"))
        )
        music, clock = music_BLF.split([music_layout.WIDTH, self.heard - music_layout.WIDTH], -1)
        return torch.stack([up, down, self.music(music)], dim=1), clock
