"""Weight files of others: found by their official names, read without running their code."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.support.errors import MissingAsset, UnsuitableInput, raise_stop_within

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from pipelines.metrics.lpips import Lpips, Net
    from pipelines.metrics.vbench.weights import State

Model = TypeVar("Model")

LPIPS_BACKBONES: dict[Net, tuple[str, ...]] = {
    "alex": ("alexnet-owt-7be5be79.pth", "alexnet-owt-4df8aa71.pth"),
    "vgg": ("vgg16-397923af.pth",),
}
LPIPS_HEADS: dict[Net, str] = {"alex": "alex.pth", "vgg": "vgg.pth"}
_WRAPPERS = ("state_dict", "params", "model", "teacher")


def find_file(folder: Path | None, name: str) -> Path | None:
    """A file of this name (or the same as .safetensors) anywhere below a folder."""
    if folder is None:
        return None
    for wanted in (name, f"{Path(name).stem}.safetensors"):
        found = sorted(folder.rglob(wanted))
        if found:
            return found[0]
    return None


def load_state(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a .safetensors, a pickled state dict or a TorchScript archive, on CPU.

    Raises:
        UnsuitableInput: unreadable, or no tensors in it.
    """
    import torch

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors: dict[str, Tensor] = load_file(path)
            return tensors
        if _is_torchscript(path):
            scripted = torch.jit.load(str(path), map_location="cpu")
            return dict(scripted.state_dict())
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch, zipfile and safetensors raise what they like
        raise_stop_within(error)
        raise UnsuitableInput(
            f"{path}: not a readable weight file ({_first_line(error)})"
        ) from None
    for wrapper in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping) or not all(
        isinstance(value, torch.Tensor) for value in content.values()
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


def load_lpips(folder: Path, net: Net, device: torch.device) -> Lpips | None:
    """LPIPS from files below a folder, or None where its files are missing.

    Raises:
        UnsuitableInput: files of other networks. MissingAsset: no such folder.
    """
    from pipelines.metrics.lpips import Lpips

    if not folder.is_dir():
        raise MissingAsset(
            f"--lpips-weights {folder}: no such folder", "docs/evaluation.md lists the files"
        )
    backbone = next((p for name in LPIPS_BACKBONES[net] if (p := find_file(folder, name))), None)
    heads = find_file(folder, LPIPS_HEADS[net])
    if backbone is None or heads is None:
        return None
    states = [build(path, dict) for path in (backbone, heads)]
    try:
        return Lpips(net, states[0], states[1], device)
    except (KeyError, ValueError) as error:
        raise UnsuitableInput(f"{backbone}, {heads}: not the weights of LPIPS ({error})") from None


def load_i3d(path: Path, device: torch.device) -> Any:
    """The I3D of a TorchScript file, for `fvd.VideoFeatures`.

    Raises:
        MissingAsset: no such file. UnsuitableInput: not TorchScript.
    """
    import torch

    if not path.is_file():
        raise MissingAsset(f"--i3d {path}: no such file", "docs/evaluation.md says which one")
    try:
        return torch.jit.load(str(path), map_location=device).eval()
    except Exception as error:  # as in `load_state`
        raise_stop_within(error)
        raise UnsuitableInput(
            f"--i3d {path}: not a TorchScript file ({_first_line(error)})"
        ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:120]


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())
