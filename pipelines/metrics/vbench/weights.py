"""Weight files of others: found by their official names, read without running their code."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from pipelines.support.errors import UnsuitableInput

State = Mapping[str, Tensor]
Model = TypeVar("Model")

_WRAPPERS = ("state_dict", "params", "model", "teacher")


def load_state(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a .safetensors, a pickled state dict or a TorchScript archive, on CPU.

    Raises:
        UnsuitableInput: unreadable, or no tensors in it.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors: dict[str, Tensor] = load_file(path)
            return tensors
        if _is_torchscript(path):
            scripted = torch.jit.load(str(path), map_location="cpu")
            return dict(scripted.state_dict())
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise UnsuitableInput(
            f"{path}: not a readable weight file ({str(error).splitlines()[0][:120]})"
        ) from None
    for wrapper in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping) or not all(
        isinstance(value, Tensor) for value in content.values()
    ):
        raise UnsuitableInput(f"{path}: holds no tensors by name")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def build(path: Path, make: Callable[[State], Model]) -> Model:
    """A network from its weight file.

    Raises:
        UnsuitableInput: the file is of another network; its first odd name is told.
    """
    state = load_state(path)
    try:
        return make(state)
    except (KeyError, RuntimeError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__
        raise UnsuitableInput(f"{path}: weights of another network ({reason[:160]})") from None


def count_layers(state: State, prefix: str) -> int:
    """How many numbered blocks there are under a prefix."""
    numbers = {key[len(prefix) :].split(".")[0] for key in state if key.startswith(prefix)}
    return len(numbers)


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())
