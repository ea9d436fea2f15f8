"""What can be asked of the small Wan-Animate: as of Wan-Animate, with defaults of its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pipelines.appearance_expert.tiny.architecture import FPS, HEIGHT, SEGMENT_FRAMES, WIDTH
from pipelines.appearance_expert.wan import options
from pipelines.appearance_expert.wan.config import WanConfig

STEPS = 10


@dataclass(frozen=True)
class TinyOptions:
    """Own options of the back end "tiny", which has learned from faces shown as black."""

    profile: str = options.profile()
    gguf: Path | None = options.gguf()
    adapter: Path | None = options.adapter()
    lora: tuple[str, ...] = options.lora()
    face: str = options.face("none")
    prompt: str = options.prompt()
    wan_sampling_steps: int = options.sampling_steps(STEPS)
    forecast: bool = options.forecast()
    projector: Literal["exact", "rendered"] = options.projector()

    def as_wan(self) -> WanConfig:
        """How Wan-Animate is called, at the size, rate and segments that the small one knows."""
        return WanConfig(
            **asdict(self), fps=FPS, segment_frames=SEGMENT_FRAMES, overlap=5,
            max_pixels=WIDTH * HEIGHT,
        )  # fmt: skip

    def validate(self) -> TinyOptions:
        """Return self, or raise as `WanConfig.validate` does."""
        self.as_wan().validate()
        return self
