"""What of a dance follows from style and count alone: each genre's mean pose and mean bar.

A network that learns from minutes of dance finds the beat last of all: it explains a few hundredths
of the motion. But that much is known in closed form, as a regression on the beat clock's hands. The
linear guess of `precondition` starts from it, and the network learns what a dance adds.

Shapes: N windows, B batch, T frames, K motion features, H hands of the clock, and a constant.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

DOUBT = 10.0
"""Windows' worth of evidence against any difference between a genre and all dance: rare genres
are drawn towards the mean of all, and their bars towards none."""


class MeanBar(nn.Module):
    """For each genre, and last for none, how the mean of the motion depends on the count."""

    weight_GHK: Tensor

    def __init__(self, genres: int, hands: int, size: int) -> None:
        super().__init__()
        self.register_buffer("weight_GHK", torch.zeros(genres + 1, hands + 1, size))

    def fit(self, motion_NTK: Tensor, clock_NTH: Tensor, genre_N: Tensor) -> None:
        """Ridge regression of centred motion on the clock, for each genre and for all together."""
        rows = _with_constant(clock_NTH)
        for genre in range(len(self.weight_GHK)):
            last = genre == len(self.weight_GHK) - 1
            chosen = torch.ones_like(genre_N, dtype=torch.bool) if last else genre_N == genre
            x, y = rows[chosen].flatten(0, 1), motion_NTK[chosen].flatten(0, 1)
            doubt = DOUBT * rows.shape[1] * torch.eye(x.shape[1], device=x.device)
            self.weight_GHK[genre] = torch.linalg.solve(x.T @ x + doubt, x.T @ y)

    def forward(self, clock_BTH: Tensor, genre_B: Tensor, keep_B: Tensor) -> Tensor:
        """The mean motion (B, T, K) above the mean of all; zero where the condition is dropped."""
        none = len(self.weight_GHK) - 1
        weight_BHK = self.weight_GHK[torch.where(genre_B < 0, none, genre_B)]
        mean: Tensor = _with_constant(clock_BTH) @ weight_BHK
        return mean * keep_B[:, None, None].to(mean.dtype)


def _with_constant(clock: Tensor) -> Tensor:
    return torch.cat([clock, torch.ones_like(clock[..., :1])], dim=-1)
