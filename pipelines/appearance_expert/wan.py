"""Wan-Animate: the Appearance Expert that needs 47 GB of weights and a large GPU (spec A to C).

The dance is drawn as skeletons in Wan's own style straight from the projected joints and turned
into video in overlapping segments, each conditioned on the end of the one before. diffusers'
pipeline makes one segment per call here, not the whole song, so that frames stream, colours are
held to the first segment, and every finished segment is on disk.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.colour_match import (
    LabStatistics,
    delta_e,
    lab_statistics,
    matched,
)
from pipelines.appearance_expert.face import FACE_POLICIES, FacePolicy, face_picture
from pipelines.appearance_expert.overlays import Overlay
from pipelines.appearance_expert.segments import Segment, plan_segments
from pipelines.appearance_expert.wan_frames import Controls, load_frames, save_frames
from pipelines.errors import BadUsage, OutOfResources
from pipelines.files import sha256_json
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.progress import SILENT, Progress

if TYPE_CHECKING:
    import torch

    from pipelines.appearance_expert.wan_loading import LoadedWan
    from pipelines.appearance_expert.wan_weights import WanWeights

Frames = NDArray[np.uint8]

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


class Wan:
    """The appearance back end "wan"."""

    name = "wan"

    def __init__(
        self,
        weights: WanWeights,
        loaded: LoadedWan,
        config: WanConfig,
        progress: Progress = SILENT,
        folder: Path | None = None,
    ) -> None:
        self._weights = weights
        self._loaded = loaded
        self._config = config.validate()
        self._progress = progress
        self._folder = folder
        self._settings = {**asdict(config), "overlay": config.overlay.manifest()}
        self._report: dict[str, Any] = {}

    @classmethod
    def load(
        cls,
        weights: WanWeights,
        device: str,
        config: WanConfig,
        progress: Progress = SILENT,
        folder: Path | None = None,
        prompt_cache: Path | None = None,
    ) -> Wan:
        """Load the model.

        Args:
            weights: found by wan_weights.find_wan.
            device: "auto", "cpu" or "cuda".
            config: how to call it.
            progress: told of every sampling step.
            folder: where finished segments are kept and found again; None keeps none.
            prompt_cache: where embedded prompts are kept, so that the text encoder loads once.

        Raises MissingAsset, OutOfResources, UnsuitableInput.
        """
        from pipelines.appearance_expert.wan_loading import load_wan

        config.validate()
        loaded = load_wan(weights, device, config.prompt, config.overlay, prompt_cache, progress)
        return cls(weights, loaded, config, progress, folder)

    def report(self) -> dict[str, Any]:
        """Model, settings, and per segment the time and the colour difference from the first."""
        return self._report

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frames]:
        """Yield exactly T frames (height, width, 3) uint8 RGB at the dance's rate."""
        config = self._config
        controls = Controls.of(person, dance, config.fps, config.max_pixels)
        face, policy = face_picture(person, config.face, self._face_size())
        if policy != config.face:
            self._progress.warn("the picture shows no usable face; its expression is left open")
        key = self._key(controls, face, seed)
        plan = plan_segments(controls.frames, config.segment_frames, config.overlap)
        self._report = self._opening_report(controls, policy, seed)
        anchor: LabStatistics | None = None
        tail: Frames | None = None
        shown = 0
        for segment in plan:
            start = time.monotonic()
            path = self._folder / f"{key}-{segment.index:04d}.zip" if self._folder else None
            kept, entry = self._stored(path)
            if kept is None:
                label = f"Wan-Animate {segment.index + 1}/{len(plan)}"
                made = self._generate(controls, face, segment, tail, seed, label)
                kept, entry = self._hold_colour(made, segment, anchor, tail)
                if path:
                    save_frames(path, kept, entry)
            anchor = anchor or lab_statistics(kept)
            tail = kept[-config.overlap :]
            self._report["segments"].append(
                {"index": segment.index, **entry, "seconds": round(time.monotonic() - start, 3)}
            )
            while shown < dance.xy.shape[0] and controls.source_of(shown) < segment.last:
                yield controls.to_canvas(kept[controls.source_of(shown) - segment.first])
                shown += 1

    def _stored(self, path: Path | None) -> tuple[Frames | None, dict[str, Any]]:
        if path is None or not path.is_file():
            return None, {}
        frames, entry = load_frames(path)
        return frames, {**entry, "resumed": True}

    def _hold_colour(
        self, made: Frames, segment: Segment, anchor: LabStatistics | None, tail: Frames | None
    ) -> tuple[Frames, dict[str, Any]]:
        """The frames that the segment newly gives, matched to the first, and their differences."""
        new = slice(segment.skipped, segment.skipped + segment.last - segment.first)
        if anchor is None or tail is None:
            return made[new], {"delta_e": 0.0, "delta_e_unmatched": 0.0}
        held = matched(made, anchor, tail)[new]
        return held, {
            "delta_e": round(delta_e(anchor, lab_statistics(held)), 3),
            "delta_e_unmatched": round(delta_e(anchor, lab_statistics(made[new])), 3),
        }

    def _generate(
        self,
        controls: Controls,
        face: Frames,
        segment: Segment,
        tail: Frames | None,
        seed: int,
        label: str,
    ) -> Frames:
        """All frames of a segment (L, H, W, 3) as decoded, the repeated ones included."""
        import torch
        from PIL import Image

        config, pipeline = self._config, self._loaded.pipeline
        poses = [Image.fromarray(controls.pose(frame)) for frame in segment.controls]
        try:
            with (
                self._progress.stage(label, config.steps, "steps") as advance,
                _conditioned_on(pipeline, tail),
            ):
                video = pipeline(
                    image=Image.fromarray(controls.reference),
                    pose_video=poses,
                    face_video=[Image.fromarray(face)] * len(poses),
                    prompt_embeds=self._loaded.prompt_embeds,
                    height=controls.height,
                    width=controls.width,
                    segment_frame_length=config.segment_frames,
                    num_inference_steps=config.steps,
                    prev_segment_conditioning_frames=config.overlap,
                    generator=self._generator(controls, segment, seed),
                    output_type="pt",
                    callback_on_step_end=lambda *_: advance(1) or {},
                ).frames[0]
        except torch.OutOfMemoryError as error:
            raise OutOfResources(
                f"the GPU's memory does not hold {controls.width}x{controls.height} frames",
                "take a smaller --size",
            ) from error
        scaled = (video * 255).round().clamp(0, 255).to(torch.uint8)
        frames: Frames = scaled.permute(0, 2, 3, 1).cpu().numpy()
        return frames

    def _generator(self, controls: Controls, segment: Segment, seed: int) -> torch.Generator:
        """The noise that one long run of the pipeline would draw for this segment."""
        import torch

        pipeline = self._loaded.pipeline
        space, since = pipeline.vae_scale_factor_spatial, pipeline.vae_scale_factor_temporal
        shape = (
            1,
            pipeline.vae.config.z_dim,
            (self._config.segment_frames - 1) // since + 2,
            controls.height // space,
            controls.width // space,
        )
        generator = torch.Generator("cpu").manual_seed(seed)
        for _ in range(segment.index):
            torch.randn(shape, generator=generator)
        return generator

    def _face_size(self) -> int:
        return int(self._loaded.pipeline.transformer.config.motion_encoder_size)

    def _key(self, controls: Controls, face: Frames, seed: int) -> str:
        """Names everything that a segment's pixels depend on."""
        arrays = (controls.xy, controls.visibility, controls.reference, face)
        digests = [hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest() for a in arrays]
        size = (controls.width, controls.height)
        settings = (self._settings, self._loaded.dtype, size, seed)
        return sha256_json([self._weights.fingerprint(), settings, digests])[:16]

    def _opening_report(self, controls: Controls, face: str, seed: int) -> dict[str, Any]:
        return {
            "backend": self.name,
            "model": str(self._weights.folder),
            "fingerprint": self._weights.fingerprint(),
            "placement": self._loaded.placement,
            "dtype": self._loaded.dtype,
            "seed": seed,
            **self._settings,
            "face": face,
            "size": [controls.width, controls.height],
            "segments": [],
        }


@contextmanager
def _conditioned_on(pipeline: Any, tail: Frames | None) -> Iterator[None]:
    """Let the pipeline's next call continue `tail` (R, H, W, 3) instead of starting afresh.

    The pipeline knows how to continue a segment, but only within one call. For the time of the
    block the one method that prepares the continuation is told that the call is not the first.
    """
    if tail is None:
        yield
        return
    import torch

    stacked = torch.from_numpy(tail.astype(np.float32) / 127.5 - 1)
    pixels_BCTHW = stacked.permute(3, 0, 1, 2)[None]
    original = pipeline.prepare_prev_segment_cond_latents

    def continued(_: None, **arguments: Any) -> Any:
        pixels = pixels_BCTHW.to(arguments["device"])
        return original(pixels, **{**arguments, "start_frame": 1})

    pipeline.prepare_prev_segment_cond_latents = continued
    try:
        yield
    finally:
        del pipeline.prepare_prev_segment_cond_latents
