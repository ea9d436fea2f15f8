"""Weights as the networks take them: tensors by their published names."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

State = Mapping[str, Tensor]


def count_layers(state: State, prefix: str) -> int:
    """How many numbered blocks there are under a prefix."""
    numbers = {key[len(prefix) :].split(".")[0] for key in state if key.startswith(prefix)}
    return len(numbers)
