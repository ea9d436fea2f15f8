"""Shapes of MEGADance's two networks, and the named presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.motion_expert.interface import find_genre

LEVELS = (7, 5, 5, 5, 5)
"""Of the quantiser: 4375 codes for each half of the body (paper 3.2)."""
FRAMES = 8
"""Frames of a token, at 30 per second."""


@dataclass(frozen=True)
class TokenizerConfig:
    """Shape of the tokenizer (docs/reference/megadance.md#tokenizer).

    Attributes:
        width: of every convolution. blocks: residual blocks after each halving of the time.
        quantizer: "fsq", or the ablation "vq" with as many learnt codes.
    """

    width: int = 512
    blocks: int = 2
    quantizer: Literal["fsq", "vq"] = "fsq"

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict of what the constructor takes."""
        return asdict(self)


@dataclass(frozen=True)
class GeneratorConfig:
    """Shape of the generator (docs/reference/megadance.md#generator).

    Attributes:
        width, layers, heads: of the network; the MLPs are four times as wide.
        dropout: in training.
        reach: tokens that a position sees, itself included.
        state, conv, expand: of each Mamba layer.
        genres: label list.
        tokens: "levels" (five small tables and softmaxes per half) or "flat" (4375 ids, the paper).
        layout: "parallel" (the experts of a layer are summed, the paper) or "sequential" (the
            genre's after the universal one and without Mamba, the published code).
        rank: of the genre experts as low-rank changes of one shared expert; 0: whole experts.
        late_music: hear the music a token late, as the published code does.
        universal, special, mamba: switches of the paper's table 4(a).
        beat_gate: the beat clock of the token that is predicted gates every stream before every
            layer (docs/reference/megadance.md#hearing-the-beat).
        beat_weight: what of the prediction depends on where the beats lie counts so many times,
            unless something else is asked for; 1: as often as all else.
        genre_weight: the same of what depends on the genre
            (docs/reference/megadance.md#hearing-the-genre).
    """

    width: int = 512
    layers: int = 6
    heads: int = 8
    dropout: float = 0.25
    reach: int = 22
    state: int = 16
    conv: int = 4
    expand: int = 2
    genres: tuple[str, ...] = ()
    tokens: Literal["levels", "flat"] = "levels"
    layout: Literal["parallel", "sequential"] = "parallel"
    rank: int = 0
    late_music: bool = False
    universal: bool = True
    special: bool = True
    mamba: bool = True
    beat_gate: bool = False
    beat_weight: float = 1.0
    genre_weight: float = 1.0

    def genre_index(self, label: str | None) -> int:
        """Position of a genre by name, whatever its case; -1 for None. Raises BadUsage."""
        return -1 if label is None else self.genres.index(find_genre(label, self.genres))

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict that `from_json` turns back into an equal config."""
        return {**asdict(self), "genres": list(self.genres)}

    @staticmethod
    def from_json(values: dict[str, Any]) -> GeneratorConfig:
        """The inverse of `to_json`; unknown keys raise TypeError."""
        return GeneratorConfig(**{**values, "genres": tuple(values["genres"])})


TOKENIZERS: dict[str, TokenizerConfig] = {
    "paper": TokenizerConfig(),
    "small": TokenizerConfig(width=96),
    "tiny": TokenizerConfig(width=16, blocks=1),
}
GENERATORS: dict[str, GeneratorConfig] = {
    "paper": GeneratorConfig(),
    "small": GeneratorConfig(width=128, layers=2, heads=4, dropout=0.1, state=8, rank=8),
    "tiny": GeneratorConfig(width=16, layers=1, heads=2, dropout=0.0, state=2, rank=2),
}
"""paper: the published sizes. small: for an hour of dance and a processor. tiny: for trying out."""
