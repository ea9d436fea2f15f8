"""Wan-Animate-2: driven by a video of a dancing body, not by skeletons.

The model: docs/reference/wan-animate.md#wan-animate-2.

The default body is drawn dancing the dance; diffusers' modular pipeline carries its motion over to
the person of the picture, segment by segment. Seen running on a tiny model only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.frames import Controls
from pipelines.appearance_expert.wan.relay import relayed
from pipelines.appearance_expert.wan.segments import Segment, plan_segments
from pipelines.appearance_expert.wan2.options import Wan2Options
from pipelines.appearance_expert.wan2.pipeline import continued, load_pipeline, model_files
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.rendered import DrawnBody
from pipelines.keypoints.staged import StagedDance
from pipelines.support.errors import OutOfResources, is_out_of_memory
from pipelines.support.files import sha256_json
from pipelines.support.loaded_once import load_once
from pipelines.support.progress import SILENT, Advance, Progress

Frames = NDArray[np.uint8]

FPS = 24.0
OVERLAP = 1
SEGMENT_FRAMES = 81
STEPS = {"WanAnimate2ModularPipeline": 40, "WanAnimate2DistilledModularPipeline": 10}
"""Sampling steps of the two kinds of weights, unless others are asked for."""


class Wan2:
    """The appearance back end "wan2"."""

    name = "wan2"

    def __init__(
        self,
        folder: Path,
        pipeline: Any,
        prompt: str,
        steps: int,
        progress: Progress = SILENT,
        kept: Path | None = None,
        segment_frames: int = SEGMENT_FRAMES,
    ) -> None:
        self._model, self._pipeline = folder, pipeline
        self._prompt, self._steps, self._segment_frames = prompt, steps, segment_frames
        self._progress, self._kept = progress, kept
        self._report: dict[str, Any] = {}

    @classmethod
    def load(
        cls,
        model: str | None,
        device: str,
        options: Wan2Options,
        progress: Progress = SILENT,
        kept: Path | None = None,
    ) -> Wan2:
        """Load the model.

        Args:
            model: folder or hub id; None looks for the published one in the model cache.
            device: "auto", "cpu" or "cuda".
            options: as the user gave them.
            progress: told of every sampling step.
            kept: where finished segments are kept and found again; None keeps none.

        Raises MissingAsset, UnsuitableInput, OutOfResources.
        """
        folder, kind = model_files(model)
        progress.say(f"loading Wan-Animate-2 from {folder}")
        pipeline = load_once(
            "Wan-Animate-2", (folder, kind, device), lambda: load_pipeline(folder, kind, device)
        )
        steps = options.wan_sampling_steps or STEPS[kind]
        return cls(folder, pipeline, options.prompt, steps, progress, kept)

    def report(self) -> dict[str, Any]:
        """Model, settings, and per segment the time and the colour difference from the first."""
        return self._report

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frames]:
        """Yield exactly T frames (height, width, 3) uint8 RGB at the dance's rate."""
        controls = Controls.of(person, dance, FPS, WanConfig.max_pixels)
        body = DrawnBody(dance, controls.width, controls.height)
        plan = plan_segments(controls.frames, self._segment_frames, OVERLAP)
        entries: list[dict[str, Any]] = []
        self._report = {
            "backend": self.name, "model": str(self._model), "prompt": self._prompt,
            "steps": self._steps, "fps": FPS, "seed": seed,
            "size": [controls.width, controls.height], "segments": entries,
        }  # fmt: skip

        def make(segment: Segment, tail: Frames | None) -> Frames:
            label = f"Wan-Animate-2 {segment.index + 1}/{len(plan)}"
            with self._progress.stage(label, self._steps, "steps") as advance:
                return self._sample(controls, dance, body, segment, tail, seed, advance)

        key, shown = self._key(controls, dance, seed), 0
        for segment, kept in relayed(plan, OVERLAP, make, self._kept, key, entries):
            while shown < len(dance.xy) and controls.source_of(shown) < segment.last:
                yield controls.to_canvas(kept[controls.source_of(shown) - segment.first])
                shown += 1

    def _sample(
        self,
        controls: Controls,
        dance: StagedDance,
        body: DrawnBody,
        segment: Segment,
        tail: Frames | None,
        seed: int,
        advance: Advance,
    ) -> Frames:
        import torch
        from PIL import Image

        last = len(dance.xy) - 1
        moments = [min(round(frame / controls.rate), last) for frame in segment.controls]
        driving = [Image.fromarray(picture) for picture in body.pictures(moments)]
        try:
            with continued(self._pipeline, tail, driving, advance) as whole:
                made = self._pipeline(
                    prompt=self._prompt,
                    image=Image.fromarray(controls.reference),
                    driving_video=whole,
                    height=controls.height,
                    width=controls.width,
                    segment_frame_length=self._segment_frames,
                    prev_segment_conditioning_frames=OVERLAP,
                    num_inference_steps=self._steps,
                    generator=torch.Generator("cpu").manual_seed(seed + segment.index),
                    output_type="np",
                ).get("videos")[0]
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            size = f"{controls.width}x{controls.height}"
            raise OutOfResources(
                f"the memory does not hold {size} frames of Wan-Animate-2", "take a smaller --size"
            ) from error
        frames = np.rint(np.asarray(made) * 255).astype(np.uint8)
        return frames if tail is None else np.concatenate([tail[-OVERLAP:], frames])

    def _key(self, controls: Controls, dance: StagedDance, seed: int) -> str:
        """Names everything that a segment's pixels depend on."""
        arrays = (dance.points, dance.rotations, dance.xy, controls.reference)
        digests = [hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest() for a in arrays]
        files = [[path.name, path.stat().st_size] for path in sorted(self._model.rglob("*.*"))]
        size = (controls.width, controls.height, self._segment_frames)
        return sha256_json([files, self._prompt, self._steps, size, seed, digests])[:16]
