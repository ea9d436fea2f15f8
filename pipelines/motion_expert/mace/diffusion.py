"""The diffusion of the Motion Expert: cosine schedule, x0-prediction, DDIM with eta = 1.

The formulas: docs/reference/motion-expert.md#diffusion-and-sampling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion_expert.mace.options import NOISE_STEPS

STEPS = NOISE_STEPS
_COSINE_SHIFT = 0.008
_MAX_BETA = 0.999

Denoiser = Callable[[Tensor, int], Tensor]


def alphas_cumulative() -> NDArray[np.float64]:
    """Cumulative products of 1 - beta for the 1000 steps of the cosine schedule."""
    time = np.arange(STEPS + 1) / STEPS
    level = np.cos((time + _COSINE_SHIFT) / (1 + _COSINE_SHIFT) * np.pi / 2) ** 2
    betas = np.minimum(1 - level[1:] / level[:-1], _MAX_BETA)
    return np.cumprod(1 - betas)


def add_noise(clean: Tensor, noise: Tensor, step_B: Tensor, alphas: Tensor) -> Tensor:
    """z_t = sqrt(alpha_t) x0 + sqrt(1 - alpha_t) noise, per sample of the batch."""
    alpha = alphas[step_B].reshape(-1, *([1] * (clean.ndim - 1)))
    return alpha.sqrt() * clean + (1 - alpha).sqrt() * noise


def ddim_grid(steps: int) -> list[int]:
    """The visited steps, noisiest first, ending in -1: for 50, 999, 979, ..., 19, -1."""
    return [int(t) for t in np.linspace(-1, STEPS - 1, steps + 1)[::-1].astype(int)]


@dataclass(frozen=True)
class Known:
    """What of a sample is given: values (1, T, D) in [-1, 1], and a share (1, T, D) of each.

    A share of 1 holds a value, 0 leaves it free (docs/reference/motion-expert.md#editing).
    """

    values: Tensor
    share: Tensor

    def held(self, x: Tensor, alpha: float, noise: Tensor) -> Tensor:
        """The sample (B, T, D) at this noise level with the given values in it, as noisy."""
        given: Tensor = alpha**0.5 * self.values + (1 - alpha) ** 0.5 * noise
        return x + self.share * (given - x)


@dataclass(frozen=True)
class DdimSampler:
    """DDIM sampling.

    Attributes:
        steps: network evaluations, 1 ... 1000.
        eta: 1 draws fresh noise at every step (as published), 0 is deterministic.
    """

    steps: int = 50
    eta: float = 1.0

    def sample(
        self,
        denoise: Denoiser,
        shape: tuple[int, ...],
        generator: torch.Generator,
        device: torch.device,
        on_step: Callable[[], None] = lambda: None,
        known: Known | None = None,
    ) -> Tensor:
        """Draw a sample of the given shape.

        Args:
            denoise: (noisy sample, step) -> predicted clean sample.
            shape: of the sample, batch first.
            generator: a CPU generator, so that a seed means the same on every device.
            device: where the sample lives.
            on_step: called after every evaluation.
            known: what of the sample is given; it is held at every step, as noisy as the rest.
        """
        alphas = alphas_cumulative()
        grid = ddim_grid(self.steps)
        x = torch.randn(shape, generator=generator).to(device)
        if known is not None:
            x = known.held(x, float(alphas[grid[0]]), x)
        for now, following in pairwise(grid):
            clean = denoise(x, now).clamp(-1.0, 1.0)
            on_step()
            if following < 0:
                return clean if known is None else known.held(clean, 1.0, clean)
            a, b = float(alphas[now]), float(alphas[following])
            noise = (x - a**0.5 * clean) / (1 - a) ** 0.5
            sigma = self.eta * ((1 - a / b) * (1 - b) / (1 - a)) ** 0.5
            fresh = torch.randn(shape, generator=generator).to(device)
            x = b**0.5 * clean + max(0.0, 1 - b - sigma**2) ** 0.5 * noise + sigma * fresh
            if known is not None:
                x = known.held(x, b, torch.randn(shape, generator=generator).to(device))
        return x
