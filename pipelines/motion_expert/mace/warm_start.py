"""Begins a training run with what another one has learned."""

from __future__ import annotations

import torch
from torch import nn

from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.support.errors import BadUsage

_FITTED = ("precondition.", "mean_bar.")
_GATE = ".gate."


@torch.no_grad()
def start_from(model: nn.Module, checkpoint: Checkpoint) -> None:
    """Give a new network the weights of a trained one, in place.

    What is fitted in closed form (`MotionExpert.fit_means`) is left to be fitted to the new data.
    Where the new network has more columns or rows (it also hears the beat clock, or knows more
    genres), these begin at zero, so that at first it answers as the trained one does; so does a
    beat gate that the trained one lacks.

    Raises:
        BadUsage: the trained network is of another shape.
    """
    known = checkpoint.weights
    for name, value in model.state_dict().items():
        if name.startswith(_FITTED):
            continue
        old = known.get(name)
        if old is None and _GATE in name:
            continue
        if (
            old is None
            or old.ndim != value.ndim
            or any(a > b for a, b in zip(old.shape, value.shape, strict=True))
        ):
            raise BadUsage(
                f"--init: that network is of another shape ({name})",
                "use the --preset, --backbone and --guidance that it was trained with",
            )
        value.zero_()
        value[tuple(slice(size) for size in old.shape)] = old.to(value)
