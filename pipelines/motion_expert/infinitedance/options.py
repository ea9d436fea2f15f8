"""What can be asked of InfiniteDance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.motion_expert.interface import TEMPERATURE, TEMPO_CHANGE, TOP_K, own_panel
from pipelines.support.options import check, option, same

_PANEL = own_panel("infinitedance")


@dataclass(frozen=True)
class InfiniteDanceOptions:
    """Own options of the expert "infinitedance"; `option` says what each field is."""

    top_p: float = option(
        1.0, "Draw tokens from the likeliest that make up this share.", above=0, high=1,
        metavar="SHARE", panel=_PANEL,
    )  # fmt: skip
    repetition_penalty: float = option(
        1.0, "Above 1, tokens said lately are less likely.", low=1, high=5, metavar="P",
        panel=_PANEL,
    )  # fmt: skip
    reference: Literal["weighted", "first", "aligned"] = option(
        "weighted",
        "What the dances found become: their average, the best alone, or an average on the beat.",
        panel=_PANEL,
    )

    temperature: float = same(TEMPERATURE)
    top_k: int = same(TOP_K)
    tempo_change: float = same(TEMPO_CHANGE)

    def validate(self) -> InfiniteDanceOptions:
        """Return self, or raise BadUsage naming the flag."""
        check(self)
        return self
