"""What can be told of a dance library without reading its dances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.motion_expert.interface import Cost
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json

SHIPPED = Path(__file__).with_name("weights")
TENSORS_FILE, CONFIG_FILE = "library.safetensors", "library.json"
FORMAT, VERSION = "macedance dance library", 1
_HOW_TO_MAKE_ONE = "macedance train-motion --expert library --data DANCES/"
_SECONDS_TO_LOAD, _SECONDS_PER_SECOND, _MEMORY = 1.0, 0.12, 0.5e9
"""Measured on one core: benchmarks/generate.py prints the time of a dance."""


def expect_files(folder: Path) -> None:
    """Raise MissingAsset where one of a library's two files is not there."""
    for name in (TENSORS_FILE, CONFIG_FILE):
        if not (folder / name).is_file():
            raise MissingAsset(f"{folder}: no {name}, so no dance library", _HOW_TO_MAKE_ONE)


def read_card(folder: Path) -> Mapping[str, Any]:
    """What a library's JSON says, once it is one that this version reads.

    Raises:
        UnsuitableInput: it cannot be read, is none, is of another version (both are named), or
            holds no dance.
    """
    file = folder / CONFIG_FILE
    try:
        card = read_json(file)
    except FileNotFoundError:
        raise UnsuitableInput(
            f"{folder}: holds no network and no dance library",
            f"a run has none before its first checkpoint; {_HOW_TO_MAKE_ONE}",
        ) from None
    except (OSError, ValueError) as error:
        raise UnsuitableInput(f"{file}: not a dance library ({error})") from error
    if not isinstance(card, Mapping) or card.get("format") != FORMAT:
        raise UnsuitableInput(f"{file}: not a dance library, not the card of one", _HOW_TO_MAKE_ONE)
    if card.get("version") != VERSION:
        raise UnsuitableInput(
            f"{folder}: a dance library of version {card.get('version')}, this command reads "
            f"version {VERSION}", f"prepare it again: {_HOW_TO_MAKE_ONE}",
        )  # fmt: skip
    if not card.get("takes"):
        raise UnsuitableInput(f"{folder}: holds no dance", _HOW_TO_MAKE_ONE)
    return card


def library_genres(folder: Path | None) -> tuple[str, ...]:
    """The styles of a library, from its JSON alone; raises as `read_card`."""
    place = folder or SHIPPED
    card = read_card(place)
    try:
        return tuple(sorted({str(take["genre"]) for take in card["takes"]}))
    except (KeyError, TypeError) as error:
        raise UnsuitableInput(f"{place / CONFIG_FILE}: not a dance library ({error})") from error


def library_cost(seconds: float, candidates: int) -> Cost:
    """What its dances take: mostly the search, which grows with the song."""
    return Cost(_SECONDS_TO_LOAD + _SECONDS_PER_SECOND * seconds * candidates, _MEMORY)


def library_identity(folder: Path | None) -> str:
    """Digest of the takes and what is written of them; raises as `expect_files`, `read_card`."""
    place = folder or SHIPPED
    expect_files(place)
    read_card(place)
    return sha256_json([sha256_file(place / CONFIG_FILE), sha256_file(place / TENSORS_FILE)])
