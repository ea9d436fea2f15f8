"""The parts of an InfiniteDance on disk: a safetensors and a JSON for each.

    tokenizer.safetensors   tokenizer.json    what a part is, its sizes, the digest of its weights
    retrieval.safetensors   retrieval.json
    bank.safetensors        bank.json
    generator.safetensors   generator.json

Whoever dances needs all four in one folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import atomic_path, read_json, sha256_file, write_json

Part = Literal["tokenizer", "retrieval", "bank", "generator"]
_FORMAT = "macedance infinitedance 1"


@dataclass(frozen=True)
class Stored:
    """A part as it was read.

    Attributes:
        config: its sizes, JSON-able. weights: by name, float32.
        metadata: what is known about it. sha256: of its weights.
    """

    config: dict[str, Any]
    weights: dict[str, Tensor]
    metadata: dict[str, Any]
    sha256: str

    def into(self, network: nn.Module, part: str) -> None:
        """Load the weights; raises UnsuitableInput where they are of another shape."""
        try:
            network.load_state_dict(self.weights)
        except RuntimeError as error:
            first = str(error).strip().splitlines()[-1].strip()
            raise UnsuitableInput(f"the {part}'s weights do not fit its config: {first}") from error


def save_part(
    folder: Path,
    part: Part,
    config: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    metadata: Mapping[str, Any],
) -> None:
    """Write both files; the JSON, written last, holds the weights' SHA-256."""
    target = folder / f"{part}.safetensors"
    with atomic_path(target) as temporary:
        tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
        save_file(tensors, temporary)
    write_json(
        folder / f"{part}.json",
        {"format": _FORMAT, "part": part, "config": dict(config), "sha256": sha256_file(target),
         "metadata": dict(metadata)},
    )  # fmt: skip


def load_part(folder: Path, part: Part) -> Stored:
    """Read a part.

    Raises:
        MissingAsset: it is not there.
        UnsuitableInput: it is damaged, or the two files do not belong together.
    """
    weights, described = folder / f"{part}.safetensors", folder / f"{part}.json"
    for path in (weights, described):
        if not path.is_file():
            raise MissingAsset(f"no {part} in {folder}: {path.name} is missing")
    try:
        values = read_json(described)
        config, digest, metadata = values["config"], str(values["sha256"]), values["metadata"]
        tensors = load_file(weights)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UnsuitableInput(f"{folder}: not a {part} of InfiniteDance ({error})") from error
    if sha256_file(weights) != digest:
        raise UnsuitableInput(
            f"{weights}: does not match the SHA-256 in {described.name}; damaged or mixed up",
            "fetch or train it again",
        )
    return Stored(config, tensors, metadata, digest)


def same_music(theirs: str, ours: str, whose: str) -> None:
    """Raise UnsuitableInput where a part learned by another recipe than the others hear by."""
    if (theirs or FEATURE_SCHEMA) != ours:
        raise UnsuitableInput(
            f'{whose}: learned from "{theirs or FEATURE_SCHEMA}", this hears "{ours}"',
            "give the same --music-features to all stages, or another --run",
        )
