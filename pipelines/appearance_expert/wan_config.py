"""How Wan-Animate is called."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.appearance_expert.face import FACE_POLICIES, FacePolicy
from pipelines.appearance_expert.overlays import Overlay
from pipelines.errors import BadUsage

DANCING = "视频中的人在跳舞"
"""The prompt that MACE-Dance uses: the person in the video is dancing."""


@dataclass(frozen=True)
class WanConfig:
    """How to call the model; the defaults are Wan-Animate's own (spec A.5).

    Attributes:
        prompt: in the language the model was trained with.
        fps: rate at which the model is driven; the dance is resampled in time, there and back.
        steps: of the sampler, per segment.
        segment_frames: 4k + 1.
        overlap: frames of the previous segment that condition the next: 1 or 5.
        max_pixels: larger canvases are made at this size and enlarged.
        face: what the face branch sees (face.py).
        overlay: fine-tuned parts; stock Wan-Animate without.
    """

    prompt: str = DANCING
    fps: float = 30.0
    steps: int = 20
    segment_frames: int = 77
    overlap: int = 5
    max_pixels: int = 1280 * 720
    face: FacePolicy = "neutral"
    overlay: Overlay = field(default_factory=Overlay)

    def validate(self) -> WanConfig:
        """Return self, or raise BadUsage."""
        if self.face not in FACE_POLICIES:
            raise BadUsage(f"--face {self.face}: choose from {', '.join(FACE_POLICIES)}")
        if self.overlap not in (1, 5):
            raise BadUsage(f"an overlap of {self.overlap} frames: Wan-Animate knows 1 and 5")
        if self.segment_frames % 4 != 1 or self.segment_frames <= 2 * self.overlap:
            raise BadUsage(
                f"segments of {self.segment_frames} frames: take 4k + 1, over twice the overlap"
            )
        if self.steps < 1 or not 1 <= self.fps <= 120:
            raise BadUsage(f"{self.steps} steps at {self.fps} fps is out of range")
        self.overlay.validate()
        return self
