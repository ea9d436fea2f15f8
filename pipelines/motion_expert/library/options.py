"""What can be asked of the library's dances beyond song, style and seed."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.motion_expert.interface import own_panel
from pipelines.support.options import check, option


@dataclass(frozen=True)
class LibraryOptions:
    """The own options of --expert library; `option` says what each field is."""

    energy: float | None = option(
        None, "0 dances calmly, 1 wildly.", low=0, high=1, shown="as the song", metavar="E",
        panel=own_panel("library"),
    )  # fmt: skip
    floor_work: bool = option(
        False,
        "Also floor work and deep bends, which the puppet cannot draw.",
        panel=own_panel("library"),
    )
    variation: float = option(
        0.0,
        "Share of bars whose trunk and arms are of another dance than the legs: newer, less true.",
        low=0, high=1, metavar="V", panel=own_panel("library"),
    )  # fmt: skip

    def validate(self) -> LibraryOptions:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        return self
