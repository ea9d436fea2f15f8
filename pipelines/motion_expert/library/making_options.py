"""What `train-motion` can be asked of a library beside what all trainings have."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.motion_expert.interface import own_panel
from pipelines.support.conventions import LIVELY
from pipelines.support.options import check, option


@dataclass(frozen=True)
class LibraryMakingOptions:
    """The own options of `train-motion --expert library`; `option` says what each field is."""

    lively: float = option(
        LIVELY, "Leave out takes whose joints are slower on average, m/s.", low=0,
        metavar="SPEED", panel=own_panel("library"),
    )  # fmt: skip

    def validate(self) -> LibraryMakingOptions:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        return self
