"""How well the averaged network does on dances that it never saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from pipelines.motion_expert.dataset import Batch, Windows
from pipelines.training.feed import Tensors

if TYPE_CHECKING:
    from pipelines.motion_expert.engine import Loss

_WINDOWS = 128
_SEED = 1234


@torch.no_grad()
def held_out_loss(
    model: nn.Module,
    loss: Loss,
    prepare: Callable[[Batch], Tensors],
    windows: Windows,
    device: torch.device,
    batch_size: int,
) -> dict[str, float]:
    """Mean loss and its parts over up to 128 windows, spread evenly over the held-out data.

    Windows, noise levels and noise are the same every time, so that values of different steps, and
    of runs with the same objective and batch size, can be compared.
    """
    model.eval()
    generator = torch.Generator().manual_seed(_SEED)
    rows = windows.spread(_WINDOWS)
    totals: dict[str, float] = {}
    for part in np.array_split(rows, max(1, -(-len(rows) // batch_size))):
        batch = {k: v.to(device) for k, v in prepare(windows.gather(part)).items()}
        value, parts = loss(model, batch, generator)
        for name, number in {"loss": float(value), **parts}.items():
            totals[name] = totals.get(name, 0.0) + number * len(part) / len(rows)
    return totals
