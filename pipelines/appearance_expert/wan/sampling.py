"""One segment from the pipeline, continuing the one before.

diffusers' pipeline makes a whole song in one call and keeps all of it in memory. Called for one
segment at a time, with the same noise and the same conditioning, it makes the same frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.face_clip import Faces
from pipelines.appearance_expert.wan.forecast import forecasting
from pipelines.appearance_expert.wan.frames import Controls
from pipelines.appearance_expert.wan.profiles import after
from pipelines.appearance_expert.wan.segments import Segment
from pipelines.support.errors import OutOfResources, is_out_of_memory
from pipelines.support.progress import Advance

if TYPE_CHECKING:
    import torch

    from pipelines.appearance_expert.wan.loading import LoadedWan

Frames = NDArray[np.uint8]


def sample_segment(
    loaded: LoadedWan,
    config: WanConfig,
    controls: Controls,
    faces: Faces,
    segment: Segment,
    tail: Frames | None,
    seed: int,
    advance: Advance,
) -> Frames:
    """All frames of a segment (L, H, W, 3) as decoded, the repeated ones included.

    Args:
        loaded, config: the model and how to call it.
        controls: the whole dance.
        faces: shown to the face branch, by the time of the dance.
        segment: which part of the dance.
        tail: (R, H, W, 3) last frames of the segment before; None for the first.
        seed: of the whole video.
        advance: told of every sampling step.

    Raises OutOfResources where the GPU's memory does not suffice.
    """
    import torch
    from PIL import Image

    def step_done(*_: Any) -> dict[str, Any]:
        advance(1)
        return {}

    pipeline = loaded.pipeline
    poses = [Image.fromarray(controls.pose(frame)) for frame in segment.controls]
    shown = [Image.fromarray(faces.at(controls.seconds(frame))) for frame in segment.controls]
    try:
        with (
            _conditioned_on(pipeline, tail),
            forecasting(pipeline.transformer, config.computed()),
        ):
            video = pipeline(
                image=Image.fromarray(controls.reference),
                pose_video=poses,
                face_video=shown,
                # The pipeline puts everything on its device but what it is given embedded.
                prompt_embeds=loaded.prompt_embeds.to(pipeline._execution_device),
                height=controls.height,
                width=controls.width,
                segment_frame_length=config.segment_frames,
                num_inference_steps=config.wan_sampling_steps,
                prev_segment_conditioning_frames=config.overlap,
                generator=_generator(pipeline, config, controls, segment, seed),
                output_type="pt",
                callback_on_step_end=step_done,
            ).frames[0]
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        size = f"{controls.width}x{controls.height}"
        raise OutOfResources(
            f"the memory does not hold {size} frames with --profile {loaded.placement}",
            after(loaded.placement),
        ) from error
    scaled = (video * 255).round().clamp(0, 255).to(torch.uint8)
    frames: Frames = scaled.permute(0, 2, 3, 1).cpu().numpy()
    return frames


def _generator(
    pipeline: Any, config: WanConfig, controls: Controls, segment: Segment, seed: int
) -> torch.Generator:
    """The noise that one long run of the pipeline would draw for this segment."""
    import torch

    space, since = pipeline.vae_scale_factor_spatial, pipeline.vae_scale_factor_temporal
    shape = (
        1,
        pipeline.vae.config.z_dim,
        (config.segment_frames - 1) // since + 2,
        controls.height // space,
        controls.width // space,
    )
    generator = torch.Generator("cpu").manual_seed(seed)
    for _ in range(segment.index):
        torch.randn(shape, generator=generator)
    return generator


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
