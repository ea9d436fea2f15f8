"""Making a segment from latents alone, to look at while training goes on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.appearance_expert.training.encoders import load_parts
from pipelines.appearance_expert.training.flow_matching import sampler_levels
from pipelines.appearance_expert.training.network import Batch, predict
from pipelines.appearance_expert.wan.weights import WanWeights

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
