"""Wan-Animate: the Appearance Expert that needs 47 GB of weights and a large GPU.

docs/reference/wan-animate.md describes the model.

The dance is drawn as skeletons in Wan's own style straight from the projected joints and turned
into video in overlapping segments, each conditioned on the end of the one before. Frames stream,
colours are held to the first segment, and every finished segment is on disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.estimate import LARGEST, estimated, working_memory
from pipelines.appearance_expert.wan.face import face_picture
from pipelines.appearance_expert.wan.face_clip import Faces, faces_of_clip
from pipelines.appearance_expert.wan.frames import Controls
from pipelines.appearance_expert.wan.options import FACE_POLICIES
from pipelines.appearance_expert.wan.profiles import PROFILES
from pipelines.appearance_expert.wan.relay import relayed
from pipelines.appearance_expert.wan.sampling import sample_segment
from pipelines.appearance_expert.wan.segments import Segment, plan_segments
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.support.files import sha256_json
from pipelines.support.loaded_once import load_once
from pipelines.support.progress import SILENT, Progress

if TYPE_CHECKING:
    from pipelines.appearance_expert.wan.loading import LoadedWan
    from pipelines.appearance_expert.wan.weights import WanWeights

Frames = NDArray[np.uint8]


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
        self._settings = {
            "prompt": config.prompt, "fps": config.fps, "steps": config.wan_sampling_steps,
            "forecast": config.forecast, "segment_frames": config.segment_frames,
            "overlap": config.overlap, "max_pixels": config.max_pixels,
            "overlay": config.overlay.manifest(),
        }  # fmt: skip
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
        canvas: tuple[int, int] = LARGEST,
    ) -> Wan:
        """Load the model.

        Args:
            weights: found by wan_weights.find_wan.
            device: "auto", "cpu" or "cuda".
            config: how to call it.
            progress: told of every sampling step.
            folder: where finished segments are kept and found again; None keeps none.
            prompt_cache: where embedded prompts are kept, so that the text encoder loads once.
            canvas: width and height of the video, to choose a profile by.

        Raises MissingAsset, OutOfResources, UnsuitableInput.
        """
        from pipelines.appearance_expert.wan.loading import load_wan

        config.validate()
        working = working_memory(weights, config, canvas)
        gguf = weights.gguf and weights.gguf.stat().st_mtime_ns
        key = (weights.origin, weights.content(), gguf, device, config.prompt,
               config.overlay.manifest(), config.profile, working)  # fmt: skip
        loaded = load_once("Wan-Animate", key, lambda: load_wan(
            weights, device, config.prompt, config.overlay, prompt_cache, progress,
            config.profile, working,
        ))  # fmt: skip
        return cls(weights, loaded, config, progress, folder)

    def report(self) -> dict[str, Any]:
        """Model, settings, and per segment the time and the colour difference from the first."""
        return self._report

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frames]:
        """Yield exactly T frames (height, width, 3) uint8 RGB at the dance's rate."""
        config = self._config
        rate = config.rate(dance.fps)
        controls = Controls.of(person, dance, rate, config.max_pixels)
        faces, policy = self._faces(person)
        key = self._key(controls, faces, seed)
        plan = plan_segments(controls.frames, config.segment_frames, config.overlap)
        self._report = self._opening_report(controls, policy, seed)
        self._progress.say(f"Wan-Animate, {self._estimate(controls)}")

        def make(segment: Segment, tail: Frames | None) -> Frames:
            return self._sample(controls, faces, segment, len(plan), tail, seed)

        shown = 0
        entries = self._report["segments"]
        for segment, kept in relayed(plan, config.overlap, make, self._folder, key, entries):
            while shown < dance.xy.shape[0] and controls.source_of(shown) < segment.last:
                yield controls.to_canvas(kept[controls.source_of(shown) - segment.first])
                shown += 1

    def _sample(
        self,
        controls: Controls,
        faces: Faces,
        segment: Segment,
        segments: int,
        tail: Frames | None,
        seed: int,
    ) -> Frames:
        config = self._config
        label = f"Wan-Animate {segment.index + 1}/{segments}"
        with self._progress.stage(label, config.wan_sampling_steps, "steps") as advance:
            return sample_segment(
                self._loaded, config, controls, faces, segment, tail, seed, advance
            )

    def _faces(self, person: ReferencePerson) -> tuple[Faces, str]:
        """What the face branch sees, and the policy or clip that it follows."""
        size = int(self._loaded.pipeline.transformer.config.motion_encoder_size)
        asked = self._config.face
        if asked not in FACE_POLICIES:
            with self._progress.stage("finding the face in the clip"):
                return faces_of_clip(Path(asked), size), asked
        picture, policy = face_picture(person, asked, size)
        if policy != asked:
            self._progress.warn("the picture shows no usable face; its expression is left open")
        return Faces.still(picture), policy

    def _estimate(self, controls: Controls) -> str:
        profile = PROFILES.get(self._loaded.placement, PROFILES["cpu"])
        size = (controls.width, controls.height)
        estimate = estimated(self._weights, self._config, size, controls.frames, profile)
        return ", ".join(estimate.words().values())

    def _key(self, controls: Controls, faces: Faces, seed: int) -> str:
        """Names everything that a segment's pixels depend on."""
        arrays = (controls.xy, controls.visibility, controls.reference)
        digests = [hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest() for a in arrays]
        size = (controls.width, controls.height)
        kept = (self._loaded.dtype, self._loaded.placement)
        settings = (self._settings, kept, size, controls.fps, seed, faces.digest())
        return sha256_json([self._weights.fingerprint(), settings, digests])[:16]

    def _opening_report(self, controls: Controls, face: str, seed: int) -> dict[str, Any]:
        return {
            "backend": self.name,
            "model": self._weights.origin,
            "fingerprint": self._weights.fingerprint(),
            "placement": self._loaded.placement,
            "dtype": self._loaded.dtype,
            "seed": seed,
            **self._settings,
            "fps": controls.fps,
            "face": face,
            "size": [controls.width, controls.height],
            "segments": [],
        }
