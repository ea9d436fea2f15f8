"""The optimizers that a training may ask for, over parameters by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pipelines.training.adan import Adan

MakeOptimizer = Callable[[dict[str, Tensor]], torch.optim.Optimizer]
"""Parameters that learn, by name -> their optimizer."""


def adan(lr: float, weight_decay: float) -> MakeOptimizer:
    """Adan as published with EDGE and MACE."""
    return lambda named: Adan(named.values(), lr=lr, weight_decay=weight_decay)


def adamw(lr: float, weight_decay: float) -> MakeOptimizer:
    """AdamW with torch's betas, which decays all parameters."""
    return lambda named: torch.optim.AdamW(named.values(), lr=lr, weight_decay=weight_decay)


def adamw_of_matrices(lr: float, weight_decay: float, fused: bool = False) -> MakeOptimizer:
    """AdamW that decays matrices only: no norms, biases, or rates of a scan.

    `fused` updates all weights in one kernel of the GPU.
    """

    def make(named: dict[str, Tensor]) -> torch.optim.Optimizer:
        plain = [p for n, p in named.items() if p.ndim < 2 or n.endswith("A_log")]
        matrices = [p for n, p in named.items() if p.ndim >= 2 and not n.endswith("A_log")]
        groups = [
            {"params": matrices, "weight_decay": weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99), fused=fused or None)

    return make
