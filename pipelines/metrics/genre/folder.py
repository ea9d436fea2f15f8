"""A trained genre classifier on disk: weights as safetensors, everything else as JSON beside it.

genre_classifier.safetensors   the network's weights, float32 or float16
genre_classifier.json          sizes, genres in order, scale, window, what it was trained on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pipelines.metrics.genre.columns import Frame, Scale
from pipelines.metrics.network_weights import load_weights, save_weights
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, write_json

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.metrics.genre.network import GenreClassifier

CONFIG_NAME, WEIGHTS_NAME = "genre_classifier.json", "genre_classifier.safetensors"
SHIPPED = Path(__file__).with_name("weights")
FORMAT = "macedance genre classifier 1"
_TRAIN = "train one with `macedance train-motion --expert megadance --stage classifier`"


@dataclass(frozen=True)
class ClassifierHeader:
    """What a classifier says of itself.

    Attributes:
        genres: names, in the order of its first outputs.
        sizes: of `network.ClassifierShape`.
        scale: of what it sees. frame: how a dance is put before it sees it.
        window: frames of a window at 30 fps.
        sha256: of the weights. metadata: what is known of its training.
    """

    genres: tuple[str, ...]
    sizes: Mapping[str, Any]
    scale: Scale
    frame: Frame
    window: int
    sha256: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def save_classifier(
    folder: Path, header: ClassifierHeader, weights: Mapping[str, Tensor], half: bool = False
) -> None:
    """Write the two files into `folder`; the JSON, written last, holds the weights' SHA-256."""
    sha256 = save_weights(folder / WEIGHTS_NAME, weights, half)
    write_json(
        folder / CONFIG_NAME,
        {
            "format": FORMAT, "genres": list(header.genres), "sizes": dict(header.sizes),
            "scale": asdict(header.scale), "frame": header.frame, "window": header.window,
            "fps": MOTION_FPS, "sha256": sha256, "metadata": dict(header.metadata),
        },
    )  # fmt: skip


def read_header(folder: Path) -> ClassifierHeader:
    """Read a folder's JSON.

    Raises:
        MissingAsset: a file is not there.
        UnsuitableInput: not a classifier, or one of another frame rate.
    """
    for path in (folder / CONFIG_NAME, folder / WEIGHTS_NAME):
        if not path.is_file():
            raise MissingAsset(f"no genre classifier in {folder}: {path.name} is missing", _TRAIN)
    try:
        values = read_json(folder / CONFIG_NAME)
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']!r}")
        if values["frame"] not in get_args(Frame):
            raise ValueError(f"frame {values['frame']!r}")
        header = ClassifierHeader(
            tuple(values["genres"]), values["sizes"], Scale(**values["scale"]), values["frame"],
            int(values["window"]), str(values["sha256"]), values["metadata"],
        )  # fmt: skip
        fps = float(values["fps"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnsuitableInput(f"{folder}: not a genre classifier ({error})") from error
    if fps != MOTION_FPS:
        raise UnsuitableInput(
            f"{folder}: a genre classifier for {fps:g} frames a second; dances are shown to it at "
            f"{MOTION_FPS:g}", _TRAIN,
        )  # fmt: skip
    return header


def load_network(folder: Path, header: ClassifierHeader) -> GenreClassifier:
    """The network of a folder, in evaluation mode, on the CPU.

    Raises:
        UnsuitableInput: damaged, or weights of other sizes than the JSON says.
    """
    from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier

    network = load_weights(
        folder / WEIGHTS_NAME, header.sha256, CONFIG_NAME,
        lambda: GenreClassifier(ClassifierShape(**header.sizes)),
    )  # fmt: skip
    if not 1 < len(header.genres) == network.shape.genres <= network.shape.outputs:
        raise UnsuitableInput(
            f"{folder}: {len(header.genres)} genres for {network.shape.genres} of "
            f"{network.shape.outputs} outputs"
        )
    return network
