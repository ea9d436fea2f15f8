"""The device that `--device` means, in every command alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.support.errors import BadUsage

if TYPE_CHECKING:
    import torch

DEVICES: tuple[str, ...] = ("auto", "cpu", "cuda")


def torch_device(name: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda"; auto takes a GPU if there is one.

    Raises:
        BadUsage: no such device is known, or "cuda" was asked for and torch sees no GPU.
    """
    import torch

    if name not in DEVICES:
        raise BadUsage(f"--device {name}: choose auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise BadUsage("--device cuda: torch sees no GPU here", "use --device cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
