"""What can be asked of MEGADance alone."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.motion_expert.interface import (
    BEAT_WEIGHT,
    TEMPERATURE,
    TEMPO_CHANGE,
    TOP_K,
    own_panel,
)
from pipelines.support.options import check, option, same


@dataclass(frozen=True)
class MegaDanceOptions:
    """Own options of the expert "megadance"; `option` says what each field is."""

    temperature: float = same(TEMPERATURE)
    top_k: int = same(TOP_K)
    beat_weight: float | None = same(BEAT_WEIGHT)
    genre_weight: float | None = option(
        None, "How much the style that is asked for counts; above 1 takes longer.", low=1, high=10,
        shown="the network's own", metavar="W", panel=own_panel("megadance"), named="if given",
    )  # fmt: skip
    tempo_change: float = same(TEMPO_CHANGE)

    def validate(self) -> MegaDanceOptions:
        """Return self, or raise BadUsage naming the flag."""
        check(self)
        return self
