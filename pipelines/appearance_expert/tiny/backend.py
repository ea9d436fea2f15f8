"""The small Wan-Animate: the photographic path on any machine, as an experiment.

A small network that was trained on rendered dancers makes 80 x 144 pixels at 16 frames a second,
which are enlarged. It shows what the path does, segments, overlap and colour matching included; its
pictures are coarse, and pictures of real people are beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.interface import Frame
from pipelines.appearance_expert.tiny.architecture import FPS, HEIGHT, SEGMENT_FRAMES, WIDTH
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.weights import (
    WanWeights,
    inspect_folder,
    require_complete,
)
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.support.errors import MissingAsset
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.appearance_expert.wan.backend import Wan

SHIPPED = Path(__file__).with_name("weights")
STEPS = 10

_WARNING = (
    "the video is an experiment: a small Wan-Animate trained on rendered dancers drew it at "
    f"{WIDTH}x{HEIGHT}, and it was enlarged"
)


def find_tiny(model: str | None) -> WanWeights:
    """The weights that ship, or those of a folder that examples/tiny_appearance has made.

    Raises MissingAsset where they are not complete, UnsuitableInput for another family of models.
    """
    folder = SHIPPED if model is None else Path(model).expanduser()
    if not (folder / "model_index.json").is_file():
        raise MissingAsset(
            f"no weights of the small Wan-Animate in {folder}",
            "docs/tiny-appearance.md tells how to train them; give their folder with --model",
        )
    weights = inspect_folder(folder)
    require_complete(weights)
    return weights


def tiny_config(wan: WanConfig | None) -> WanConfig:
    """The settings of the user, at the size, rate and segment length that the small one knows.

    It has learned from faces of a few pixels, shown as black.
    """
    asked, own = wan or WanConfig(), WanConfig()
    return replace(
        asked, fps=FPS, segment_frames=SEGMENT_FRAMES, overlap=5, max_pixels=WIDTH * HEIGHT,
        steps=STEPS if asked.steps == own.steps else asked.steps,
        face="none" if asked.face == own.face else asked.face,
    )  # fmt: skip


class Tiny:
    """The appearance back end "tiny"."""

    name = "tiny"

    def __init__(self, wan: Wan) -> None:
        self._wan = wan

    @classmethod
    def load(
        cls,
        model: str | None,
        device: str,
        wan: WanConfig | None,
        progress: Progress,
        folder: Path | None = None,
        prompt_cache: Path | None = None,
    ) -> Tiny:
        """Load the model.

        Args:
            model: folder of its weights; None takes those that ship.
            device: "auto", "cpu" or "cuda".
            wan: settings of Wan-Animate; sizes and rates are the small model's own.
            progress: told of every sampling step.
            folder: where finished segments are kept and found again.
            prompt_cache: where the embedded prompt is kept.
        """
        from pipelines.appearance_expert.wan.backend import Wan

        config, size = tiny_config(wan), (WIDTH, HEIGHT)
        weights = find_tiny(model)
        loaded = Wan.load(weights, device, config, progress, folder, prompt_cache, size)
        progress.warn(_WARNING)
        return cls(loaded)

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frame]:
        """Yield exactly T frames (height, width, 3) uint8 RGB."""
        return self._wan.frames(person, dance, seed)

    def report(self) -> dict[str, Any]:
        """As Wan-Animate's, marked as a draft."""
        return {**self._wan.report(), "backend": self.name, "draft": True}
