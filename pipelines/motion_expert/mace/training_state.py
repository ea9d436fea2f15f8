"""How the state of a Motion Expert's training is called in its checkpoints.

    training.safetensors   model.NAME      weights and buffers
                           ema.NAME        their running average
                           optimizer.N.*   moments of the optimizer's N-th parameter
    training.json          "optimizer"     its whole numbers, by N

These names are older than the engine's; with them, checkpoints of all versions are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, tensor

from pipelines.training.feed import Tensors
from pipelines.training.learner import AVERAGE, BUFFER, MASTER

_MODEL, _EMA, _OPTIMIZER = "model.", "ema.", "optimizer."


class Numbered:
    """Writes and reads those names; see `training.task.StateFormat`."""

    def packed(self, state: Tensors, order: Sequence[str]) -> tuple[Tensors, dict[str, Any]]:
        """By the names of the file; whole numbers apart."""
        tensors: Tensors = {}
        whole: dict[str, dict[str, int]] = {}
        number = {name: str(n) for n, name in enumerate(order)}
        for key, value in state.items():
            part, name = key.split(".", 1)
            if key.startswith((MASTER, BUFFER)):
                tensors[_MODEL + name] = value
            if key.startswith((AVERAGE, BUFFER)):
                tensors[_EMA + name] = value.clone()
            if key.startswith((MASTER, AVERAGE, BUFFER)):
                continue
            if value.is_floating_point():
                tensors[f"{_OPTIMIZER}{number[name]}.{part}"] = value
            else:
                whole.setdefault(number[name], {})[part] = int(value)
        return tensors, {"optimizer": whole}

    def unpacked(self, tensors: Tensors, facts: Mapping[str, Any], order: Sequence[str]) -> Tensors:
        """By the names of the learner; raises IndexError for a parameter beyond its last."""
        state: Tensors = {}
        for key, value in tensors.items():
            if key.startswith(_OPTIMIZER):
                number, part = key.removeprefix(_OPTIMIZER).split(".", 1)
                state[f"{part}.{order[int(number)]}"] = value
            elif (name := key.removeprefix(_MODEL)) != key:
                state[(MASTER if name in order else BUFFER) + name] = value
            elif (name := key.removeprefix(_EMA)) in order:
                state[AVERAGE + name] = value
        for number, values in facts["optimizer"].items():
            for part, value in values.items():
                state[f"{part}.{order[int(number)]}"] = _whole(value)
        return state


def _whole(value: int) -> Tensor:
    return tensor(int(value))
