"""The beat clock as a gate: when in a beat a foot is fast multiplies a path, it is not added to it.

MACE has it, and MEGADance (docs/reference/megadance.md#hearing-the-beat).

Shapes: ... batch (and streams), T positions, M width, H = 6 hands (`rhythm.beat_clock`).
"""

from __future__ import annotations

from torch import Tensor, nn

from pipelines.rhythm.beat_clock import SIZE as CLOCK_SIZE


class BeatGate(nn.Module):
    """Scale and shift of every position from the hands of the beat clock; at first neither."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.affine = nn.Sequential(
            nn.Linear(CLOCK_SIZE, width), nn.Mish(), nn.Linear(width, 2 * width)
        )
        nn.init.zeros_(self.affine[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.affine[-1].bias)  # type: ignore[arg-type]

    def forward(self, x_TM: Tensor, clock_TH: Tensor) -> Tensor:
        """x + scale norm(x) + shift: (..., T, M), (..., T, H) -> (..., T, M)."""
        scale, shift = self.affine(clock_TH).chunk(2, dim=-1)
        out: Tensor = x_TM + scale * self.norm(x_TM) + shift
        return out
