"""How well the averaged network does on dances that it never saw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipelines.datasets.windows import Batch, Windows
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.rhythm.bar_alignment import BAR
from pipelines.training.feed import Tensors
from pipelines.training.task import Loss

_WINDOWS = 128
_SEED = 1234


def validated(windows: Windows) -> NDArray[np.int64]:
    """The numbers of the windows that `held_out_loss` looks at."""
    return windows.spread(_WINDOWS)


@torch.no_grad()
def find_ones(
    model: MotionExpert,
    prepare: Callable[[Batch], Tensors],
    windows: Windows,
    rows: NDArray[np.int64],
) -> None:
    """Count these windows as the network does: each from the "one" that fits its mean bar best.

    Bars that are found in held-out windows alone (`bar_alignment`) would agree with each other, but
    begin on another beat than those that the network has learned.
    """
    if model.mean_bar is None or model.precondition is None:
        return
    device = model.precondition.mean_K.device
    errors = []
    for one in range(BAR):
        windows.ones[0, rows] = one
        batch = {name: value.to(device) for name, value in prepare(windows.gather(rows)).items()}
        everyone = torch.ones_like(batch["genre_B"], dtype=torch.bool)
        bar_BTK = model.mean_bar(
            batch["music_BTF"][..., model.config.music_size :], batch["genre_B"], everyone
        )
        rest_BTK = batch["x_BTK"] - model.precondition.mean_K - bar_BTK
        errors.append(rest_BTK.square().mean((1, 2)))
    windows.ones[0, rows] = torch.stack(errors).argmin(0).cpu().numpy()


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
    rows = validated(windows)
    totals: dict[str, float] = {}
    for part in np.array_split(rows, max(1, -(-len(rows) // batch_size))):
        batch = {k: v.to(device) for k, v in prepare(windows.gather(part)).items()}
        value, parts = loss(model, batch, generator)
        for name, number in {"loss": float(value), **parts}.items():
            totals[name] = totals.get(name, 0.0) + number * len(part) / len(rows)
    return totals
