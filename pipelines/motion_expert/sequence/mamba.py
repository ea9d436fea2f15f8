"""Mamba and BiMamba blocks, with the parameter names of `mamba_ssm.Mamba`.

A state dict of mamba_ssm loads here and the other way round
(docs/reference/motion-expert.md#network).
Shapes: B batch, L time, M model width, D = expand * M channels, N state, R rank of the step size.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pipelines.motion_expert.sequence.fused import conv_silu, gated, halves, softplus
from pipelines.motion_expert.sequence.selective_scan import selective_scan

_STEP_MIN, _STEP_MAX, _STEP_FLOOR = 1e-3, 1e-1, 1e-4


class Mamba(nn.Module):
    """A selective state space layer: (B, L, M) -> (B, L, M), causal in time."""

    def __init__(self, width: int, state: int = 16, conv: int = 4, expand: int = 2) -> None:
        super().__init__()
        channels, self.rank, self.state = expand * width, -(-width // 16), state
        self.in_proj = nn.Linear(width, 2 * channels, bias=False)
        self.conv1d = nn.Conv1d(channels, channels, conv, groups=channels, padding=conv - 1)
        self.x_proj = nn.Linear(channels, self.rank + 2 * state, bias=False)
        self.dt_proj = nn.Linear(self.rank, channels)
        self.A_log = nn.Parameter(torch.log(torch.arange(1, state + 1.0)).repeat(channels, 1))
        self.D = nn.Parameter(torch.ones(channels))
        self.out_proj = nn.Linear(channels, width, bias=False)
        self._start_step_sizes()

    def _start_step_sizes(self) -> None:
        bound = self.rank**-0.5
        nn.init.uniform_(self.dt_proj.weight, -bound, bound)
        low, high = math.log(_STEP_MIN), math.log(_STEP_MAX)
        steps = torch.exp(torch.rand_like(self.dt_proj.bias) * (high - low) + low)
        steps = steps.clamp(min=_STEP_FLOOR)
        with torch.no_grad():
            self.dt_proj.bias.copy_(steps + torch.log(-torch.expm1(-steps)))

    def forward(self, x_BLM: Tensor) -> Tensor:
        """Run the layer over the whole sequence."""
        assert self.conv1d.bias is not None
        x, z = halves(self.in_proj(x_BLM))
        u_BLD = conv_silu(x, self.conv1d.weight, self.conv1d.bias)
        step_BLR, b_BLN, c_BLN = self.x_proj(u_BLD).split([self.rank, self.state, self.state], -1)
        dt_BLD = softplus(self.dt_proj(step_BLR))
        y_BLD = selective_scan(u_BLD, dt_BLD, -torch.exp(self.A_log), b_BLN, c_BLN)
        out: Tensor = self.out_proj(gated(y_BLD, u_BLD, z, self.D))
        return out


class BiMamba(nn.Module):
    """LayerNorm, then two independent Mamba layers, one of them reversed in time, summed.

    `directions=1` drops the backward layer, the uni-Mamba ablation.
    """

    def __init__(self, width: int, state: int, conv: int, expand: int, directions: int = 2) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.forward_mamba = Mamba(width, state, conv, expand)
        self.backward_mamba = Mamba(width, state, conv, expand) if directions == 2 else None

    def forward(self, x_BLM: Tensor) -> Tensor:
        """(B, L, M) -> (B, L, M), no residual inside."""
        x_BLM = self.norm(x_BLM)
        out: Tensor = self.forward_mamba(x_BLM)
        if self.backward_mamba is not None:
            out = out + self.backward_mamba(x_BLM.flip(1)).flip(1)
        return out
