"""A Mamba layer one position at a time: the same numbers as over the whole sequence.

Shapes: B batch, M model width, D = expand * M channels, N state, C taps of the convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.motion_expert.sequence.mamba import Mamba


@dataclass
class MambaMemory:
    """What a layer keeps of the positions before: inputs (B, C - 1, D), and state (B, D, N)."""

    inputs: Tensor
    state: Tensor

    @staticmethod
    def empty(layer: Mamba, like_BM: Tensor) -> MambaMemory:
        """Before the first position of samples as `like_BM`."""
        channels, taps = layer.D.shape[0], layer.conv1d.kernel_size[0]
        batch = len(like_BM)
        return MambaMemory(
            like_BM.new_zeros(batch, taps - 1, channels),
            like_BM.new_zeros(batch, channels, layer.state),
        )


def mamba_step(layer: Mamba, x_BM: Tensor, memory: MambaMemory) -> Tensor:
    """The layer's answer (B, M) to the next position; the memory goes on by one, in place."""
    assert layer.conv1d.bias is not None
    x_BD, z_BD = layer.in_proj(x_BM).chunk(2, dim=-1)
    heard_BCD = torch.cat([memory.inputs, x_BD[:, None]], dim=1)
    memory.inputs = heard_BCD[:, 1:]
    taps_CD = layer.conv1d.weight[:, 0].T
    u_BD = F.silu((heard_BCD * taps_CD).sum(1) + layer.conv1d.bias)
    step_BR, b_BN, c_BN = layer.x_proj(u_BD).split([layer.rank, layer.state, layer.state], -1)
    dt_BD = F.softplus(layer.dt_proj(step_BR))
    decay_BDN = torch.exp(dt_BD[..., None] * -torch.exp(layer.A_log))
    memory.state = decay_BDN * memory.state + (dt_BD * u_BD)[..., None] * b_BN[:, None]
    y_BD = (memory.state * c_BN[:, None]).sum(-1) + layer.D * u_BD
    out: Tensor = layer.out_proj(y_BD * F.silu(z_BD))
    return out
