"""What a Motion Expert's training leaves in a checkpoint, and how it is taken up again.

    <run>/step-00000500/motion_expert.safetensors   averaged weights, ready for sampling
                        motion_expert.json
                        training.safetensors        raw weights, average, optimizer moments
                        training.json               step, scores, options, data digest
    <run>/latest -> step-00000500    <run>/best -> step-00000300

Nothing random is stored: data, noise and dropout follow from the seed and the step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json, write_json
from pipelines.training.checkpoints import FACTS
from pipelines.training.ema import Ema

_TENSORS = "training.safetensors"


def save_state(
    folder: Path,
    model: nn.Module,
    ema: Ema,
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> None:
    """Write everything that going on needs, beside the sampling weights, into `folder`."""
    from safetensors.torch import save_file

    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"ema.{k}": v for k, v in ema.model.state_dict().items()}
    numbers: dict[str, dict[str, float]] = {}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value
            else:
                numbers.setdefault(str(index), {})[name] = value
    save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()},
              folder / _TENSORS)  # fmt: skip
    write_json(folder / FACTS, {**facts, "ema_updates": ema.updates, "optimizer": numbers})


def load_facts(folder: Path) -> dict[str, Any]:
    """What `save_state` wrote beside the tensors."""
    facts: dict[str, Any] = read_json(folder / FACTS)
    return facts


def load_state(
    folder: Path, model: nn.Module, ema: Ema, optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    """Restore weights, average and optimizer in place; returns the facts.

    Raises:
        UnsuitableInput: the checkpoint belongs to another network or optimizer.
    """
    from safetensors.torch import load_file

    facts = load_facts(folder)
    tensors = load_file(folder / _TENSORS)
    try:
        model.load_state_dict(_under(tensors, "model."))
        ema.model.load_state_dict(_under(tensors, "ema."))
        optimizer.load_state_dict(_optimizer_state(tensors, facts, optimizer))
    except (RuntimeError, ValueError, KeyError) as error:
        raise UnsuitableInput(
            f"{folder}: does not fit this network or optimizer ({str(error).splitlines()[0]})",
            "use the --preset, --backbone and --optimizer of that run, or another --run",
        ) from error
    ema.updates = int(facts["ema_updates"])
    return facts


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _optimizer_state(
    tensors: dict[str, Tensor], facts: dict[str, Any], optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {
        int(index): dict(values) for index, values in facts["optimizer"].items()
    }
    for key, value in _under(tensors, "optimizer.").items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    return {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
