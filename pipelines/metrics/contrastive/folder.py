"""A trained contrastive evaluator on disk: weights as safetensors, the rest as JSON beside it.

contrastive_evaluator.safetensors   both encoders and the scales of their inputs
contrastive_evaluator.json          sizes, window, the music's schema, what it was trained on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.metrics.network_weights import load_weights, save_weights
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, write_json

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
    sha256 = save_weights(folder / WEIGHTS_NAME, weights, half)
    write_json(
        folder / CONFIG_NAME,
        {
            "format": FORMAT, "sizes": dict(header.sizes), "window": header.window,
            "feature_schema": header.schema, "sha256": sha256,
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
    from pipelines.metrics.contrastive.network import Contrast, ContrastShape

    return load_weights(
        folder / WEIGHTS_NAME, header.sha256, CONFIG_NAME,
        lambda: Contrast(ContrastShape(**header.sizes)),
    )  # fmt: skip
