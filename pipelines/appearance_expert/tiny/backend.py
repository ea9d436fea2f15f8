"""The small Wan-Animate: the photographic path on any machine, as an experiment.

A small network that was trained on rendered dancers makes 80 x 144 pixels at 16 frames a second,
which are enlarged. It shows what the path does, segments, overlap and colour matching included; its
pictures are coarse, and pictures of real people are beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.tiny.architecture import HEIGHT, WIDTH
from pipelines.appearance_expert.tiny.options import TinyOptions
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.appearance_expert.interface import Frame
    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.weights import WanWeights

_WARNING = (
    "the video is an experiment: a small Wan-Animate trained on rendered dancers drew it at "
    f"{WIDTH}x{HEIGHT}, and it was enlarged"
)


class Tiny:
    """The appearance back end "tiny"."""

    name = "tiny"

    def __init__(self, wan: Wan) -> None:
        self._wan = wan

    @classmethod
    def load(
        cls,
        weights: WanWeights,
        device: str,
        options: TinyOptions,
        progress: Progress,
        folder: Path | None = None,
        prompt_cache: Path | None = None,
    ) -> Tiny:
        """Load the model.

        Args:
            weights: found by `row.find_tiny`.
            device: "auto", "cpu" or "cuda".
            options: as the user gave them; sizes and rates are the small model's own.
            progress: told of every sampling step.
            folder: where finished segments are kept and found again.
            prompt_cache: where the embedded prompt is kept.
        """
        from pipelines.appearance_expert.wan.backend import Wan

        config, size = options.as_wan(), (WIDTH, HEIGHT)
        loaded = Wan.load(weights, device, config, progress, folder, prompt_cache, size)
        progress.warn(_WARNING)
        return cls(loaded)

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frame]:
        """Yield exactly T frames (height, width, 3) uint8 RGB."""
        return self._wan.frames(person, dance, seed)

    def report(self) -> dict[str, Any]:
        """As Wan-Animate's, marked as a draft."""
        return {**self._wan.report(), "backend": self.name, "draft": True}
