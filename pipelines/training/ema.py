"""A running average of the weights, which is what sampling uses.

The published code does not: docs/reference/motion-expert.md#averaged-weights.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn


class Ema:
    """Exponential moving average of a module, kept as a second module.

    The decay warms up as (1 + n) / (10 + n) after n updates, up to `decay`: with a fixed 0.9999 a
    run of a few thousand steps would still be made of its random start.

    Attributes:
        model: the averaged module, in evaluation mode.
        updates: how often it has been updated.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.model = deepcopy(model).eval().requires_grad_(False)

    def decay_now(self) -> float:
        """The decay of the next update."""
        return min(self.decay, (1 + self.updates) / (10 + self.updates))

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the weights of `model`; integer buffers are copied."""
        weight = 1 - self.decay_now()
        averages: list[Tensor] = []
        values: list[Tensor] = []
        current = model.state_dict()
        for name, average in self.model.state_dict().items():
            if average.is_floating_point():
                averages.append(average)
                values.append(current[name])
            else:
                average.copy_(current[name])
        torch._foreach_lerp_(averages, values, weight)
        self.updates += 1
