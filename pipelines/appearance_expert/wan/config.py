"""How Wan-Animate is called: what can be asked of it, and what is its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.appearance_expert.wan import options
from pipelines.appearance_expert.wan.forecast import LEAST_STEPS, computed_steps
from pipelines.appearance_expert.wan.options import DANCING, FACE_POLICIES
from pipelines.appearance_expert.wan.overlays import Overlay, parse_lora
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.options import check

SLOWEST = 15.0
"""Frames a second; slower dances are made at the full rate, for their steps would look like
leaps to the model."""


@dataclass(frozen=True)
class WanConfig:
    """How to call the model; the defaults are its own (docs/reference/wan-animate.md#sampler).

    Attributes:
        prompt: in the language the model was trained with.
        wan_sampling_steps: of the sampler, per segment.
        forecast: every other step of the middle is forecast, not computed (forecast.py).
        face: what the face branch sees: one of FACE_POLICIES, or the path of a clip.
        adapter, lora: fine-tuned parts (overlays.py); stock Wan-Animate without.
        profile: how the model lies in memory (profiles.py); the video does not depend on it, but
            for the rounding of 8-bit weights.
        gguf: a quantised transformer instead of the folder's.
        projector: "exact": the skeletons are the dance's own; "rendered": found in a drawn body.
        fps: rate at which the model is driven at most; the dance is resampled in time, there and
            back.
        segment_frames: 4k + 1.
        overlap: frames of the previous segment that condition the next: 1 or 5.
        max_pixels: larger canvases are made at this size and enlarged.
    """

    profile: str = options.profile()
    gguf: Path | None = options.gguf()
    adapter: Path | None = options.adapter()
    lora: tuple[str, ...] = options.lora()
    face: str = options.face()
    prompt: str = options.prompt()
    wan_sampling_steps: int = options.sampling_steps()
    forecast: bool = options.forecast()
    projector: Literal["exact", "rendered"] = options.projector()
    fps: float = 30.0
    segment_frames: int = 77
    overlap: int = 5
    max_pixels: int = 1280 * 720

    @property
    def overlay(self) -> Overlay:
        """The fine-tuned parts."""
        return Overlay(self.adapter, tuple(map(parse_lora, self.lora)))

    def validate(self) -> WanConfig:
        """Return self, or raise BadUsage, or MissingAsset for files that are not there."""
        check(self)
        if self.face not in FACE_POLICIES and not Path(self.face).is_file():
            choices = ", ".join(FACE_POLICIES)
            raise BadUsage(f"--face {self.face}: choose {choices}, or a video that is there")
        if not self.prompt.strip():
            raise BadUsage("--prompt is empty", f"the default is {DANCING}")
        if self.overlap not in (1, 5):
            raise BadUsage(f"an overlap of {self.overlap} frames: Wan-Animate knows 1 and 5")
        if self.segment_frames % 4 != 1 or self.segment_frames <= 2 * self.overlap:
            raise BadUsage(
                f"segments of {self.segment_frames} frames: take 4k + 1, over twice the overlap"
            )
        if not 1 <= self.fps <= 120:
            raise BadUsage(f"Wan-Animate at {self.fps:g} fps is out of range")
        if self.forecast and self.wan_sampling_steps < LEAST_STEPS:
            raise BadUsage(
                f"--forecast with --wan-sampling-steps {self.wan_sampling_steps}: leaves nothing "
                "to forecast",
                f"it needs {LEAST_STEPS} steps; leave it out",
            )
        if self.gguf is not None and not self.gguf.is_file():
            raise MissingAsset(f"{self.gguf} is not there", "give --gguf the path of a .gguf file")
        if self.gguf is not None and self.overlay.loras:
            raise BadUsage(
                "--lora is merged into the weights, which those of a --gguf file do not allow",
                "leave one of them out; --profile 16gb needs no GGUF",
            )
        self.overlay.validate()
        return self

    def computed(self) -> list[bool]:
        """For each sampling step, whether the transformer is asked."""
        return computed_steps(self.wan_sampling_steps, self.forecast)

    def rate(self, fps: float) -> float:
        """Frames per second at which a dance of `fps` is made.

        Its own rate where the model knows it, so that 16 frames a second cost half of 30.
        """
        return fps if SLOWEST <= fps <= self.fps else self.fps
