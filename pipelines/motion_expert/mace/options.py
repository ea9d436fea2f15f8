"""What can be asked of MACE-Dance's Motion Expert alone, and how it samples."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.motion_expert.interface import (
    BEAT_WEIGHT,
    MOST_CANDIDATES,
    TEMPO_CHANGE,
    own_panel,
)
from pipelines.support.options import check, option, same

NOISE_STEPS = 1000
"""Of the diffusion; as many at most are sampled."""

_BETA = option(
    0.75, "Up to 1; lower follows the music harder and varies less.", above=0, high=1,
    metavar="B", panel=own_panel("mace"),
)  # fmt: skip
_SAMPLING_STEPS = option(
    50, "Denoising steps.", low=1, high=NOISE_STEPS, panel=own_panel("mace"), former=("steps",),
    former_variable=False,
)  # fmt: skip


@dataclass(frozen=True)
class MaceOptions:
    """Own options of the expert "mace"; `option` says what each field is."""

    beta: float = same(_BETA)
    beat_weight: float | None = same(BEAT_WEIGHT)
    sampling_steps: int = same(_SAMPLING_STEPS)
    tempo_change: float = same(TEMPO_CHANGE)

    def validate(self) -> MaceOptions:
        """Return self, or raise BadUsage naming the flag."""
        check(self)
        return self


@dataclass(frozen=True)
class SamplingConfig:
    """How to sample.

    Attributes:
        beta: GFT's temperature in (0, 1]: lower follows the music harder and varies less; it
            corresponds to a guidance weight of 1 / beta (docs/reference/motion-expert.md#losses).
        beat_weight: what the network would not dance to the same song half a beat later counts so
            many times; 1 asks it once. None: as its `beat_weight` says.
        sampling_steps: of DDIM.
        candidates: dances drawn at once.
        eta: 1 as published; 0 is deterministic given the first noise.
        genre: a label that the checkpoint knows, or None.
        seed: the only source of randomness.
    """

    beta: float = same(_BETA)
    beat_weight: float | None = same(BEAT_WEIGHT)
    sampling_steps: int = same(_SAMPLING_STEPS)
    candidates: int = option(1, "Dances.", low=1, high=MOST_CANDIDATES)
    eta: float = 1.0
    genre: str | None = None
    seed: int = 0

    def validate(self) -> SamplingConfig:
        """Return self, or raise BadUsage naming the flag."""
        check(self)
        return self
