"""Making a segment from latents alone, to look at while training goes on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.appearance_expert.training.encoded import EncodedClips
from pipelines.appearance_expert.training.encoders import load_parts
from pipelines.appearance_expert.training.flow_matching import sampler_levels
from pipelines.appearance_expert.training.network import Batch, number_format, placed, predict
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.appearance_expert.wan.weights import WanWeights
from pipelines.media.shape import frame_rate
from pipelines.media.video_writer import VideoWriter
from pipelines.training.launch import Launch
from pipelines.training.training_log import TrainingLog

Frames = NDArray[np.uint8]


@torch.no_grad()
def sample_latents(transformer: nn.Module, batch: Batch, steps: int, seed: int) -> Tensor:
    """(B, 16, 1 + L, H, W) latents by Euler steps (docs/reference/wan-animate.md#sampler).

    Args:
        transformer: its motion encoder put aside.
        batch: on the transformer's device; "clean" gives the shape alone.
        steps: of the sampler.
        seed: of the noise, which is drawn on the CPU.
    """
    levels = [*sampler_levels(steps).tolist(), 0.0]
    shape, device = batch["clean"].shape, batch["clean"].device
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    latents = noise.to(device)
    for level, following in pairwise(levels):
        time = torch.full((shape[0],), 1000 * level, device=device)
        latents = latents + (following - level) * predict(transformer, latents, time, batch).float()
    return latents


def show_sample(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    data: EncodedClips,
    folder: Path,
    launch: Launch,
    transformer: nn.Module,
    step: int,
    log: TrainingLog | None,
) -> None:
    """samples/step-N.mp4: a clip, its skeletons and what the network makes of them.

    Every process has to call this; the leading one writes.
    """
    batch = placed(data.fixed(0), launch.device, number_format(transformer))
    made = sample_latents(transformer, batch, config.wan_sampling_steps, config.seed)[0, :, 1:]
    if not launch.processes.leads:
        return
    decoder = Decoder(weights, launch.device)
    parts = (batch["clean"][0, :, 1:], batch["pose"][0], made)
    video = np.concatenate([decoder.frames(part) for part in parts], axis=2)
    target = sample_file(folder, step)
    target.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(target, video.shape[2], video.shape[1], frame_rate(config.fps)) as writer:
        for frame in video:
            writer.write(frame)
    if log is not None:
        log.show(step, "sample/clip, pose, made", video, config.fps)


def sample_file(folder: Path, step: int) -> Path:
    """Where the sample video of a step lies in a run's folder."""
    return folder / "samples" / f"step-{step:08d}.mp4"


class Decoder:
    """The VAE alone, which turns latents into pictures."""

    def __init__(self, weights: WanWeights, device: torch.device) -> None:
        parts = dict.fromkeys(
            ("transformer", "text_encoder", "tokenizer", "image_encoder", "image_processor")
        )
        self._vae: Any = load_parts(weights, device, **parts).vae
        self._device = device

    @torch.no_grad()
    def frames(self, latents_CLHW: Tensor) -> Frames:
        """(T, H, W, 3) pictures of the latents of a video, without a reference's slot."""
        mean, std = (
            torch.tensor(values, device=self._device).view(-1, 1, 1, 1)
            for values in (self._vae.config.latents_mean, self._vae.config.latents_std)
        )
        latents = latents_CLHW.to(self._device, torch.float32) * std + mean
        video = self._vae.decode(latents[None], return_dict=False)[0][0]
        scaled = ((video.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        frames: Frames = scaled.permute(1, 2, 3, 0).cpu().numpy()
        return frames
