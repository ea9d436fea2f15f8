"""What can be asked of Wan-Animate-2."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.appearance_expert.wan import options
from pipelines.appearance_expert.wan.profiles import AUTO
from pipelines.support.errors import BadUsage
from pipelines.support.options import check

_PROFILES = (AUTO, "80gb", "cpu")
"""It lies on the card as a whole, or not at all."""


@dataclass(frozen=True)
class Wan2Options:
    """Own options of the back end "wan2".

    Attributes:
        wan_sampling_steps: None: as many as the kind of weights asks for.
    """

    profile: str = options.profile()
    prompt: str = options.prompt()
    wan_sampling_steps: int | None = options.sampling_steps(None)

    def validate(self) -> Wan2Options:
        """Return self, or raise BadUsage naming the flag."""
        check(self)
        if self.profile not in _PROFILES:
            raise BadUsage(
                f"--profile {self.profile} means nothing to --appearance wan2",
                "leave one of them out",
            )
        if not self.prompt.strip():
            raise BadUsage("--prompt is empty", f"the default is {options.DANCING}")
        return self
