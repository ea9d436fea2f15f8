"""The puppet's row in the table of Appearance Experts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.interface import Expert, Order

if TYPE_CHECKING:
    from pipelines.appearance_expert.puppet.puppet import Puppet
    from pipelines.support.progress import Progress


_FIRST_FRAME, _PER_PIXEL = 3.0, 1.0e-7
"""Seconds until the first frame, and per pixel of every frame, measured on one core."""
_LARGEST = (960, 960)


@dataclass(frozen=True)
class PuppetOptions:
    """The puppet has no options of its own."""

    def validate(self) -> PuppetOptions:
        """Return self."""
        return self


def _load(order: Order, options: PuppetOptions, progress: Progress, because: str) -> Puppet:
    from pipelines.appearance_expert.puppet.puppet import Puppet

    progress.warn(
        f"the video is a draft made by the puppet ({because}); a photographic one needs "
        "Wan-Animate's weights and a large GPU, see `macedance doctor`"
    )
    return Puppet(progress)


def _identity(order: Order, options: PuppetOptions) -> dict[str, Any]:
    return {"model": None}


def _seconds(order: Order, options: PuppetOptions, seconds: float, fps: float) -> float:
    width, height = order.size(_LARGEST)
    return _FIRST_FRAME + _PER_PIXEL * width * height * seconds * fps


PUPPET = Expert(
    help="the person's own pixels, moved; needs neither weights nor a GPU",
    options=PuppetOptions,
    load=_load,
    identity=_identity,
    seconds=_seconds,
    draft=True,
)
