"""What a system brings to be trained; the engine does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipelines.training.feed import Tensors
from pipelines.training.optimizers import MakeOptimizer
from pipelines.training.training_log import TrainingLog

CPU = torch.device("cpu")

Key = tuple[int, ...]
"""Seed, step and slice: all that a batch may follow from."""
Loss = Callable[[Any, Tensors, torch.Generator], tuple[Tensor, dict[str, float]]]
"""Network, batch on its device, generator -> loss and its parts, for the log."""


@dataclass(frozen=True)
class Words:
    """How messages speak of what a task trains on.

    Attributes:
        item, items: what a batch is made of.
        smaller: what to do where not even one fits into memory.
        shape: the flags that have to be those of a run that is taken up.
    """

    item: str
    items: str
    smaller: str
    shape: str


class StateFormat(Protocol):
    """How the state of a `Learner` is called in a file."""

    def packed(self, state: Tensors, order: Sequence[str]) -> tuple[Tensors, dict[str, Any]]:
        """Tensors by their names in the file, and facts for the JSON beside it.

        Args:
            state: of the learner.
            order: names of what learns, as the optimizer counts them.
        """
        ...

    def unpacked(self, tensors: Tensors, facts: Mapping[str, Any], order: Sequence[str]) -> Tensors:
        """What `packed` was given."""
        ...


class ByName:
    """The learner's own names."""

    def packed(self, state: Tensors, order: Sequence[str]) -> tuple[Tensors, dict[str, Any]]:
        """All of it as it is."""
        return state, {}

    def unpacked(self, tensors: Tensors, facts: Mapping[str, Any], order: Sequence[str]) -> Tensors:
        """All of it as it is."""
        return tensors


@dataclass
class Task:
    """What to train, on what, and what to keep of it.

    Whoever trains several networks one after the other brings a task for each; those that are
    needed at the same time lie together in an `nn.ModuleDict`, frozen where they do not learn.

    Attributes:
        network: on its device; what requires no gradient is frozen.
        draw: a batch of so many items that follows from a key; called in threads.
        loss: of a batch; all that is random in it comes from its generator, or is dropout.
        optimizer: makes the optimizer of what learns.
        save: writes into a checkpoint's folder, in the leading process, what was learned (of each
            parameter that learns the average if one is kept, float32, on the CPU) and facts.
        words: for messages.
        held_out: judges the network (its average in place, in evaluation mode, no gradients) at a
            step; the figure "loss" decides which checkpoint is best. Every process calls it, the
            leading one with its log. None: nothing is held out.
        sample: makes something to look at, as often as the options say; called like `held_out`.
        sampled: whether that is there for a step; a run that was stopped before makes up for it.
        settings: kept in every checkpoint beside the engine's options.
        facts: kept in every checkpoint.
        noise_device: where the generator of the loss draws.
        state: names in the file of the state.
    """

    network: nn.Module
    draw: Callable[[int, Key], Tensors]
    loss: Loss
    optimizer: MakeOptimizer
    save: Callable[[Path, Tensors, dict[str, Any]], None]
    words: Words
    held_out: Callable[[Any, int, TrainingLog | None], dict[str, float]] | None = None
    sample: Callable[[nn.Module, int, TrainingLog | None], None] | None = None
    sampled: Callable[[int], bool] = lambda step: True
    settings: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    noise_device: torch.device = CPU
    state: StateFormat = field(default_factory=ByName)
