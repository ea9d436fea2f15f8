"""Checkpoints of a training run: whole or absent, rotating, with `latest` and `best`.

    <run>/step-00000500/motion_expert.safetensors   averaged weights, ready for sampling
                        motion_expert.json
                        training.safetensors        raw weights, average, optimizer moments
                        training.json               step, scores, options, data digest
    <run>/latest -> step-00000500    <run>/best -> step-00000300

Nothing random is stored: data, noise and dropout follow from the seed and the step.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.errors import UnsuitableInput
from pipelines.files import read_json, write_json
from pipelines.motion_expert.ema import Ema

_TENSORS = "training.safetensors"
_FACTS = "training.json"


class Checkpoints:
    """The checkpoints in one run's folder.

    Args:
        folder: the run's folder.
        keep: how many to keep, beside the best one.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder = folder
        self.keep = keep

    def all(self) -> list[Path]:
        """Every complete checkpoint, oldest first."""
        return sorted(p for p in self.folder.glob("step-*") if (p / _FACTS).is_file())

    def latest(self) -> Path | None:
        """The newest complete checkpoint."""
        return self.all()[-1] if self.all() else None

    def write(self, step: int, fill: Callable[[Path], None], best: bool) -> Path:
        """Store a checkpoint, move the pointers, and delete the oldest ones.

        Args:
            step: updates done so far.
            fill: writes the files into the folder that it is given.
            best: whether `best` shall point here.
        """
        target = self.folder / f"step-{step:08d}"
        temporary = self.folder / f".{target.name}.part"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            fill(temporary)
            for path in [*temporary.rglob("*"), temporary]:
                _fsync(path)
            if target.exists():
                shutil.rmtree(target)
            temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _fsync(self.folder)
        self._point("latest", target)
        if best:
            self._point("best", target)
        self._rotate()
        return target

    def _point(self, name: str, target: Path) -> None:
        temporary = self.folder / f".{name}.part"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target.name)
        os.replace(temporary, self.folder / name)

    def _rotate(self) -> None:
        kept = {(self.folder / name).resolve() for name in ("latest", "best")}
        for old in self.all()[: -self.keep]:
            if old.resolve() not in kept:
                shutil.rmtree(old)


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
    write_json(folder / _FACTS, {**facts, "ema_updates": ema.updates, "optimizer": numbers})


def load_facts(folder: Path) -> dict[str, Any]:
    """What `save_state` wrote beside the tensors."""
    facts: dict[str, Any] = read_json(folder / _FACTS)
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


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
