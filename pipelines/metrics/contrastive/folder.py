"""A trained contrastive evaluator on disk: weights as safetensors, the rest as JSON beside it.

contrastive_evaluator.safetensors   both encoders and the scales of their inputs
contrastive_evaluator.json          sizes, window, the music's schema, what it was trained on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import atomic_path, read_json, sha256_file, write_json

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.metrics.contrastive.network import Contrast

CONFIG_NAME, WEIGHTS_NAME = "contrastive_evaluator.json", "contrastive_evaluator.safetensors"
SHIPPED = Path(__file__).with_name("weights")
FORMAT = "macedance contrastive evaluator 1"
_TRAIN = "train one with `macedance train-motion --expert infinitedance --stage evaluator`"


@dataclass(frozen=True)
class ContrastHeader:
    """What an evaluator says of itself.

    Attributes:
        sizes: of `network.ContrastShape`. window: frames at 30 fps. schema: of the music features.
        sha256: of the weights. metadata: what is known of its training.
    """

    sizes: Mapping[str, Any]
    window: int
    schema: str
    sha256: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def save_contrast(
    folder: Path, header: ContrastHeader, weights: Mapping[str, Tensor], half: bool = False
) -> None:
    """Write the two files into `folder`; the JSON, written last, holds the weights' SHA-256."""
    from safetensors.torch import save_file

    kept = {
        name: (value.half() if half else value.float()).detach().cpu().contiguous()
        for name, value in weights.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / WEIGHTS_NAME
    with atomic_path(target) as temporary:
        save_file(kept, temporary)
    write_json(
        folder / CONFIG_NAME,
        {
            "format": FORMAT, "sizes": dict(header.sizes), "window": header.window,
            "feature_schema": header.schema, "sha256": sha256_file(target),
            "metadata": dict(header.metadata),
        },
    )  # fmt: skip


def read_header(folder: Path) -> ContrastHeader:
    """Read a folder's JSON.

    Raises:
        MissingAsset: a file is not there. UnsuitableInput: not an evaluator.
    """
    for path in (folder / CONFIG_NAME, folder / WEIGHTS_NAME):
        if not path.is_file():
            raise MissingAsset(
                f"no contrastive evaluator in {folder}: {path.name} is missing", _TRAIN
            )
    try:
        values = read_json(folder / CONFIG_NAME)
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']!r}")
        return ContrastHeader(
            values["sizes"], int(values["window"]), str(values["feature_schema"]),
            str(values["sha256"]), values["metadata"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise UnsuitableInput(f"{folder}: not a contrastive evaluator ({error})") from error


def load_network(folder: Path, header: ContrastHeader) -> Contrast:
    """The network of a folder, in evaluation mode, on the CPU.

    Raises:
        UnsuitableInput: damaged, or weights of other sizes than the JSON says.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from pipelines.metrics.contrastive.network import Contrast, ContrastShape

    path = folder / WEIGHTS_NAME
    if sha256_file(path) != header.sha256:
        raise UnsuitableInput(
            f"{path}: does not match the SHA-256 in {CONFIG_NAME}; damaged or mixed up",
            "fetch or train the evaluator again",
        )
    try:
        network = Contrast(ContrastShape(**header.sizes))
        network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except (SafetensorError, RuntimeError, TypeError, ValueError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UnsuitableInput(f"{path}: does not fit {CONFIG_NAME} ({first[:160]})") from error
    return network.eval()
