"""What can be asked of MEGADance alone."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.motion_expert.interface import BEAT_WEIGHT, TEMPO_CHANGE, own_panel
from pipelines.support.options import check, option, same


@dataclass(frozen=True)
class MegaDanceOptions:
    """Own options of the expert "megadance"; `option` says what each field is."""

    temperature: float = option(
        1.0, "How freely tokens are drawn; 0 takes the likeliest.", low=0, high=2, metavar="T",
        panel=own_panel("megadance"),
    )  # fmt: skip
    top_k: int = option(
        0, "Draw from the K likeliest only.", low=0, shown="all", metavar="K",
        panel=own_panel("megadance"),
    )  # fmt: skip
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
