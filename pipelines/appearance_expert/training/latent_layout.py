"""How reference, video and given frames lie in the latents that Wan-Animate works on.

docs/reference/wan-animate.md#latents-of-a-segment has it in words.

For a segment of T = 4k + 1 frames there are 1 + L latent frames, L = k + 1: first the reference's
slot, then the video. Beside the C = 16 noisy channels lie 20 conditioning channels: 4 of mask,
which tell the given pixel frames, and C of latent.
"""

from __future__ import annotations

import torch
from torch import Tensor

MASK_CHANNELS = 4
TEMPORAL = 4
"""Pixel frames per latent frame; the first latent frame stands for a single one."""


def latent_frames(frames: int) -> int:
    """Latent frames of a video of `frames` = 4k + 1 pixel frames."""
    return (frames - 1) // TEMPORAL + 1


def given_mask(frames: int, given: int, height: int, width: int) -> Tensor:
    """(4, L, height, width) mask of a segment whose first `given` pixel frames are known.

    The first pixel frame fills all four channels of latent frame 0.
    """
    known_T = (torch.arange(frames) < given).float()
    packed = torch.cat([known_T[:1].repeat(TEMPORAL), known_T[1:]])
    packed_4L = packed.view(latent_frames(frames), TEMPORAL).T
    return packed_4L[:, :, None, None].expand(-1, -1, height, width).clone()


def clean_latents(reference_C1HW: Tensor, video_CLHW: Tensor) -> Tensor:
    """(16, 1 + L, H, W) what the network learns to make: the reference, then the very frames.

    The published code encodes one frame more and lets the first double as the reference, which
    sets the video four frames behind its pose; here each latent frame has its own pose
    (docs/reference/wan-training.md#alignment-of-pose-and-picture).
    """
    return torch.cat([reference_C1HW, video_CLHW], dim=1)


def conditioning(reference_C1HW: Tensor, given_CLHW: Tensor, frames: int, given: int) -> Tensor:
    """(20, 1 + L, H, W) mask and latent of the reference and of the frames given beforehand.

    Args:
        reference_C1HW: latent of the reference picture.
        given_CLHW: latent of the segment's first `given` frames followed by grey ones.
        frames: pixel frames of the segment.
        given: 0 for the first segment of a video, else 1 or 5.
    """
    height, width = reference_C1HW.shape[-2:]
    mask = torch.cat(
        [torch.ones(MASK_CHANNELS, 1, height, width), given_mask(frames, given, height, width)],
        dim=1,
    ).to(reference_C1HW.dtype)
    return torch.cat([mask, torch.cat([reference_C1HW, given_CLHW], dim=1)], dim=0)
