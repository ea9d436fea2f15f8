"""The dance as MEGADance's tokenizer sees it: upper half, and lower half with the way of the root.

Shapes: ... batch, T frames; up 90 = 15 joints x 6; down 57 = velocity 3, then 9 joints x 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion import layout

UPPER = (3, 6, 9, *range(12, 24))
"""Spine, neck, head and arms."""
LOWER = (0, 1, 2, 4, 5, 7, 8, 10, 11)
"""Pelvis and legs."""
UP, DOWN = 90, 57
VELOCITY = slice(0, 3)
"""Of the lower half: from this frame's root to the next one's, metres; of the last frame 0."""


def split(x_TK: Tensor) -> tuple[Tensor, Tensor]:
    """Encoded motion (..., T, 151) as its halves (..., T, 90) and (..., T, 57)."""
    sixes = x_TK[..., layout.sixes].unflatten(-1, (24, 6))
    root = x_TK[..., layout.root]
    velocity = torch.zeros_like(root)
    velocity[..., :-1, :] = root.diff(dim=-2)
    up, down = (sixes[..., list(part), :].flatten(-2) for part in (UPPER, LOWER))
    return up, torch.cat([velocity, down], dim=-1)


def join(up: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """Halves as velocity (..., T, 3) and the 6D rotations of all joints (..., T, 144)."""
    sixes = up.new_zeros(*up.shape[:-1], 24, 6)
    sixes[..., list(UPPER), :] = up.unflatten(-1, (len(UPPER), 6))
    sixes[..., list(LOWER), :] = down[..., VELOCITY.stop :].unflatten(-1, (len(LOWER), 6))
    return down[..., VELOCITY], sixes.flatten(-2)


def root_way(velocity: Tensor) -> Tensor:
    """Where velocities (..., T, 3) lead from the origin: (..., T, 3), the first frame at 0."""
    way = velocity.cumsum(dim=-2)
    return torch.cat([torch.zeros_like(way[..., :1, :]), way[..., :-1, :]], dim=-2)


@dataclass(frozen=True)
class HalfScaling:
    """Mean and deviation of both halves.

    One deviation for all rotations and one for all velocities, as published: relative sizes of the
    columns, which the loss on joints knows better, stay as they are. The means, published one
    number each as well, are each column's own (docs/reference/megadance.md#tokenizer).

    Attributes:
        up_mean, up_std: (90,). down_mean, down_std: (57,).
    """

    up_mean: NDArray[np.float32]
    up_std: NDArray[np.float32]
    down_mean: NDArray[np.float32]
    down_std: NDArray[np.float32]

    @staticmethod
    def fit(x_NTK: NDArray[np.float32]) -> HalfScaling:
        """Fit on windows of encoded motion (N, T, 151)."""
        sixes = x_NTK[..., layout.sixes].astype(np.float64)
        steps = np.diff(x_NTK[..., layout.root], axis=1).astype(np.float64)
        up, down = split(torch.from_numpy(x_NTK))
        means = [half.double().mean((0, 1)).numpy() for half in (up, down)]
        means[1][VELOCITY] = steps.mean((0, 1))
        stds = [np.full(UP, sixes.std()), np.full(DOWN, sixes.std())]
        stds[1][VELOCITY] = steps.std()
        up_mean, down_mean, up_std, down_std = (x.astype(np.float32) for x in (*means, *stds))
        return HalfScaling(up_mean, np.maximum(up_std, 1e-6), down_mean, np.maximum(down_std, 1e-6))
