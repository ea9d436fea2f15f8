"""A trained Foot Restoration Diffusion Model on disk: safetensors, and JSON beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipelines.foot_restoration import columns
from pipelines.foot_restoration.network import FootDenoiser, FootDenoiserConfig
from pipelines.foot_restoration.objective import Scaling
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import atomic_path, read_json, sha256_file, write_json

WEIGHTS, CONFIG = "foot_restoration.safetensors", "foot_restoration.json"
SHIPPED = Path(__file__).with_name("weights")
_UNITS = ("mean_K", "deviation_K", "correction_M")
_FORMAT = "macedance foot restoration 1"


@dataclass(frozen=True)
class FootModel:
    """What is needed to restore feet: the network in evaluation mode, and its units."""

    network: FootDenoiser
    scaling: Scaling


def save_model(
    folder: Path, weights: dict[str, Tensor], config: FootDenoiserConfig, scaling: Scaling,
    facts: dict[str, Any], half: bool = False,
) -> None:  # fmt: skip
    """Write the two files, the JSON last; `half` stores the network in float16, for shipping."""
    kept = {n: (v.half() if half else v).detach().cpu().contiguous() for n, v in weights.items()}
    kept |= {f"scaling.{n}": v.contiguous() for n, v in scaling.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(kept, temporary)
    head = {"format": _FORMAT, "network": asdict(config), "features": columns.WIDTH,
            "sha256": sha256_file(folder / WEIGHTS), "metadata": facts}  # fmt: skip
    write_json(folder / CONFIG, head)


def load_model(folder: Path | None = None) -> FootModel:
    """Read a model's folder; None reads the one that ships.

    Raises:
        MissingAsset: a file is not there.
        UnsuitableInput: damaged, of another format, or the two do not belong together.
    """
    folder = folder or SHIPPED
    for name in (WEIGHTS, CONFIG):
        if not (folder / name).is_file():
            raise MissingAsset(f"{folder}: no {name}, so no model that restores feet")
    head = read_json(folder / CONFIG)
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        raise UnsuitableInput(f"{folder / CONFIG}: not a model that restores feet")
    if head.get("sha256") != sha256_file(folder / WEIGHTS):
        raise UnsuitableInput(f"{folder}: {WEIGHTS} and {CONFIG} do not belong together")
    try:
        tensors = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
        scaling = Scaling(*(tensors.pop(f"scaling.{name}") for name in _UNITS))
        network = FootDenoiser(FootDenoiserConfig(**head["network"]))
        network.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UnsuitableInput(f"{folder}: damaged model that restores feet ({first})") from error
    return FootModel(network.eval().requires_grad_(False), scaling)
