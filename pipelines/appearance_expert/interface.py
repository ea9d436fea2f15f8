"""What an Appearance Expert is: it draws the person of a picture dancing a staged dance.

A new one is a folder and a row in `experts`: docs/how-to/appearance-back-end.md. Nothing heavy is
imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipelines.keypoints.person import ReferencePerson
    from pipelines.keypoints.staged import StagedDance
    from pipelines.support.progress import Progress

    Frame = NDArray[np.uint8]

WAN = "Wan-Animate (docs/wan-animate.md)"
"""Heading under which its options stand in the help of `generate`."""


class AppearanceBackend(Protocol):
    """Turns a reference person and a staged dance into pictures."""

    name: str

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frame]:
        """Yield exactly T frames (height, width, 3) uint8 RGB, one after another."""
        ...

    def report(self) -> dict[str, Any]:
        """What the last call decided and measured (gates, fallbacks, shares), JSON-able."""
        ...


@dataclass(frozen=True)
class Order:
    """What a back end is wanted for.

    Attributes:
        model: folder or hub id of its weights; None: where it looks by itself. Nothing is ever
            downloaded.
        device: "auto", "cpu" or "cuda".
        canvas: tells width and height of the video when it is asked; None: as large as it makes
            them.
        folder: where finished segments are kept, to be found by the next run; None keeps none.
        prompts: where embedded prompts are kept.
    """

    model: str | None = None
    device: str = "auto"
    canvas: Callable[[], tuple[int, int]] | None = None
    folder: Path | None = None
    prompts: Path | None = None

    def size(self, largest: tuple[int, int]) -> tuple[int, int]:
        """Width and height of the video, `largest` where they are not known."""
        return largest if self.canvas is None else self.canvas()


def nothing_to_find(order: Order, options: Any) -> None:
    """Of an expert that needs no weights."""


def free_of_cost(order: Order, options: Any, seconds: float, fps: float) -> dict[str, str]:
    """Of an expert whose cost is not worth telling."""
    return {}


def no_files(options: Any) -> dict[str, Path]:
    """Of an expert whose options name no files."""
    return {}


@dataclass(frozen=True)
class Expert:
    """A row of the table of Appearance Experts. The functions import what they need when called.

    Attributes:
        help: what it is, in a few words.
        options: config class of its own options of `generate`, its fields declared with `option`;
            `validate` raises BadUsage, or MissingAsset for files that are not there.
        load: from order, options, progress and why it was chosen to the back end. Raises
            MissingAsset with the files that are missing, UnsuitableInput, OutOfResources.
        identity: from order and options to what makes another video, JSON-able: options, and a
            digest of the content of weights and other files.
        find: raises as `load` does where weights are missing or of another family; loads nothing.
        unusable: why it cannot run here, "" where it can; for the choice that "auto" makes.
        cost: from order, options, seconds and frames per second of the video to estimates in words.
        unseen: as cost, of weights that are not there: by the architecture alone. None: nothing is
            known of it.
        seconds: from the same as cost to how long drawing is likely to take. None: not known.
        inputs: the files that its options name, by option.
        draft: whether its videos are no more than drafts.
        check: for doctor: its weights, in words; raises MissingAsset where they are not whole, and
            does so with the standard library alone. None: there is nothing to look for.
    """

    help: str
    options: type[Any]
    load: Callable[[Order, Any, Progress, str], AppearanceBackend]
    identity: Callable[[Order, Any], dict[str, Any]]
    find: Callable[[Order, Any], None] = nothing_to_find
    unusable: Callable[[Order, Any], str] = lambda order, options: ""
    cost: Callable[[Order, Any, float, float], dict[str, str]] = free_of_cost
    unseen: Callable[[Order, Any, float, float], dict[str, str]] | None = None
    seconds: Callable[[Order, Any, float, float], float] | None = None
    inputs: Callable[[Any], dict[str, Path]] = no_files
    draft: bool = False
    check: Callable[[], str] | None = None
