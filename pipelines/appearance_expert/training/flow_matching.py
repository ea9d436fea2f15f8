"""Flow matching as Wan was trained (docs/reference/wan-training.md#flow-matching).

A clean latent x0 and noise e are mixed to x_t = (1 - s) x0 + s e; the network predicts e - x0. The
noise level s is one of 1000, pushed towards 1 by the shift of 5 that the sampler uses too.
"""

from __future__ import annotations

import torch
from torch import Tensor

LEVELS = 1000
SHIFT = 5.0


def noise_levels() -> Tensor:
    """(LEVELS,) float64 levels of training from 1 down to just above 0."""
    return _shifted(torch.linspace(1, 0, LEVELS + 1, dtype=torch.float64)[:-1])


def sampler_levels(steps: int) -> Tensor:
    """(steps,) float64 levels of the sampler (docs/reference/wan-animate.md#sampler)."""
    return _shifted(torch.linspace(1, 1 / LEVELS, steps + 1, dtype=torch.float64)[:-1])


def _shifted(level: Tensor) -> Tensor:
    return SHIFT * level / (1 + (SHIFT - 1) * level)


def level_weights() -> Tensor:
    """(LEVELS,) float64 weight of the loss at each level.

    A bell around the middle of the time axis, lowered to begin at 0 and scaled to a mean of 1, as
    DiffSynth-Studio trains Wan.
    """
    time = 1000 * noise_levels()
    bell = torch.exp(-2 * ((time - 500) / 1000) ** 2)
    lowered: Tensor = bell - bell.min()
    return lowered / lowered.mean()


def draw_levels(size: int, generator: torch.Generator) -> Tensor:
    """(size,) indices of noise levels, each equally likely."""
    return torch.randint(LEVELS, (size,), generator=generator)


def mixed(clean_BCLHW: Tensor, noise_BCLHW: Tensor, level_B: Tensor) -> Tensor:
    """x_t of each item at its own noise level."""
    s = level_B.view(-1, 1, 1, 1, 1).to(clean_BCLHW.dtype)
    return (1 - s) * clean_BCLHW + s * noise_BCLHW


def flow_loss(
    predicted_BCLHW: Tensor,
    clean_BCLHW: Tensor,
    noise_BCLHW: Tensor,
    weight_B: Tensor,
    reference_weight: float,
) -> Tensor:
    """Weighted mean square error of the predicted flow.

    Args:
        predicted_BCLHW: the network's output; latent frame 0 is the reference's slot.
        weight_B: of each item's noise level.
        reference_weight: of the reference's slot against a frame of the video; the sampler
            denoises the slot and throws it away.
    """
    error = (predicted_BCLHW.float() - (noise_BCLHW - clean_BCLHW).float()) ** 2
    per_frame_BL = error.mean(dim=(1, 3, 4))
    share_L = torch.ones(per_frame_BL.shape[1], device=error.device)
    share_L[0] = reference_weight
    per_item_B = (per_frame_BL * share_L).sum(1) / share_L.sum()
    return (per_item_B * weight_B.to(per_item_B)).mean()
