"""The weights of a network that judges dances: as safetensors beside a JSON with their SHA-256."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path, sha256_file

if TYPE_CHECKING:
    from torch import Tensor, nn

    Network = TypeVar("Network", bound=nn.Module)


def save_weights(target: Path, weights: Mapping[str, Tensor], half: bool = False) -> str:
    """Write them, whole or not at all, float32 or float16; returns the file's SHA-256."""
    from safetensors.torch import save_file

    kept = {
        name: (value.half() if half else value.float()).detach().cpu().contiguous()
        for name, value in weights.items()
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        save_file(kept, temporary)
    return sha256_file(target)


def load_weights(
    path: Path, sha256: str, described_in: str, make: Callable[[], Network]
) -> Network:
    """A network with the weights of a file, in evaluation mode, on the CPU.

    Args:
        path: of the weights. sha256: that they must have.
        described_in: name of the JSON that says so, for messages.
        make: the network by the sizes in that JSON.

    Raises:
        UnsuitableInput: damaged, or weights of other sizes than the JSON says.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if sha256_file(path) != sha256:
        raise UnsuitableInput(
            f"{path}: does not match the SHA-256 in {described_in}; damaged or mixed up",
            "fetch or train it again",
        )
    try:
        network = make()
        network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except (SafetensorError, RuntimeError, TypeError, ValueError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UnsuitableInput(f"{path}: does not fit {described_in} ({first[:160]})") from error
    return network.eval()
