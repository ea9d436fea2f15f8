"""The generator's network: what comes after the tokens so far, and the music of the next one.

State dict (docs/reference/megadance.md#published-names):

    embed.up.weight, embed.down.weight   (27, M): rows of the five levels one after the other;
                                         (4375, M) for flat tokens
    music.0, music.1                     35 -> M / 4 -> M
    layers.N.universal.*                 an expert (`layers.Expert`)
    layers.N.special.of.G.*              the experts of the genres
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
from pipelines.motion_expert.sequence.fsq import FSQ
from pipelines.music import layout as music_layout
from pipelines.support.errors import UnsuitableInput

HALVES = 2


@dataclass
class Stream:
    """Memories of all experts, layer by layer: universal, special."""

    layers: list[tuple[Memory, Memory]] = field(default_factory=list)


class _Layer(nn.Module):
    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.parallel = config.layout == "parallel"
        self.universal = Expert(config, config.mamba) if config.universal else None
        special = config.special and bool(config.genres)
        self.special = GenreExperts(config) if special else None

    def forward(self, x_BSLM: Tensor, genre_B: Tensor, mask: Tensor) -> Tensor:
        whole = x_BSLM
        if self.universal is not None:
            whole = self.universal(x_BSLM, genre_B, mask)
        if self.special is None:
            return whole
        given = x_BSLM if self.parallel else whole
        return self._joined(given, whole, self.special(given, genre_B, mask))

    def step(self, x_BSLM: Tensor, genre_B: Tensor, memory: tuple[Memory, Memory]) -> Tensor:
        whole = x_BSLM
        if self.universal is not None:
            whole = self.universal.step(x_BSLM, genre_B, memory[0])
        if self.special is None:
            return whole
        given = x_BSLM if self.parallel else whole
        return self._joined(given, whole, self.special.step(given, genre_B, memory[1]))

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
            music_BLF: (B, L, 35) of the next token (of this one for `late_music`), standardised.
            genre_B: indices, -1 for none.

        Raises UnsuitableInput where tokens and music are not equally long.
        """
        if tokens.shape[:2] != music_BLF.shape[:2] or tokens.shape[2:] != (HALVES, len(LEVELS)):
            raise UnsuitableInput(
                f"tokens {tuple(tokens.shape)} and music {tuple(music_BLF.shape)} do not fit; "
                f"expected (B, L, {HALVES}, {len(LEVELS)}) and (B, L, {music_layout.WIDTH})"
            )
        x = self._embedded(tokens, music_BLF)
        mask = sliding_mask(tokens.shape[1], self.config.reach, tokens.device)
        for layer in self.layers:
            x = layer(x, genre_B, mask)
        logits: Tensor = self.head(x[:, :HALVES]).transpose(1, 2)
        return logits

    def step(self, tokens: Tensor, music_BF: Tensor, genre_B: Tensor, stream: Stream) -> Tensor:
        """Logits (B, 2, V) after one more token (B, 2, 5), with its music as in `forward`.

        All samples are of one genre, the same for the whole stream.
        """
        if not stream.layers:
            stream.layers = [(Memory(), Memory()) for _ in self.layers]
        x = self._embedded(tokens[:, None], music_BF[:, None])
        for layer, memory in zip(self.layers, stream.layers, strict=True):
            assert isinstance(layer, _Layer)
            x = layer.step(x, genre_B, memory)
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

    def _embedded(self, tokens: Tensor, music_BLF: Tensor) -> Tensor:
        """(B, 3, L, M)."""
        rows = self.fsq.ids(tokens)[..., None] if self.flat else tokens + self.first
        up, down = (
            self.embed[name](rows[:, :, half]).sum(-2) for half, name in enumerate(("up", "down"))
        )
        return torch.stack([up, down, self.music(music_BLF)], dim=1)
