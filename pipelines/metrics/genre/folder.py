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
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import atomic_path, read_json, sha256_file, write_json

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
            "format": FORMAT, "genres": list(header.genres), "sizes": dict(header.sizes),
            "scale": asdict(header.scale), "frame": header.frame, "window": header.window,
            "fps": MOTION_FPS, "sha256": sha256_file(target), "metadata": dict(header.metadata),
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
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier

    path = folder / WEIGHTS_NAME
    if sha256_file(path) != header.sha256:
        raise UnsuitableInput(
            f"{path}: does not match the SHA-256 in {CONFIG_NAME}; damaged or mixed up",
            "fetch or train the classifier again",
        )
    try:
        network = GenreClassifier(ClassifierShape(**header.sizes))
        network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except (SafetensorError, RuntimeError, TypeError, ValueError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UnsuitableInput(f"{path}: does not fit {CONFIG_NAME} ({first[:160]})") from error
    if not 1 < len(header.genres) == network.shape.genres <= network.shape.outputs:
        raise UnsuitableInput(
            f"{folder}: {len(header.genres)} genres for {network.shape.genres} of "
            f"{network.shape.outputs} outputs"
        )
    return network.eval()
