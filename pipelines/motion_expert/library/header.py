"""What can be told of a dance library without reading its dances."""

from __future__ import annotations

from pathlib import Path

from pipelines.motion_expert.interface import Cost
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json

SHIPPED = Path(__file__).with_name("weights")
TENSORS_FILE, CONFIG_FILE = "library.safetensors", "library.json"
_SECONDS_TO_LOAD, _SECONDS_PER_SECOND, _MEMORY = 1.0, 0.12, 0.5e9
"""Measured on one core: benchmarks/library_quality.py prints the time of a dance."""


def library_genres(folder: Path | None) -> tuple[str, ...]:
    """The styles of a library, from its JSON alone. Raises UnsuitableInput where it is none."""
    file = (folder or SHIPPED) / CONFIG_FILE
    try:
        return tuple(sorted({str(take["genre"]) for take in read_json(file)["takes"]}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsuitableInput(f"{file}: not a dance library ({error})") from error


def library_cost(seconds: float, candidates: int) -> Cost:
    """What its dances take: mostly the search, which grows with the song."""
    return Cost(_SECONDS_TO_LOAD + _SECONDS_PER_SECOND * seconds * candidates, _MEMORY)


def library_identity(folder: Path | None) -> str:
    """Digest of the takes and what is written of them."""
    place = folder or SHIPPED
    files = [place / CONFIG_FILE, place / TENSORS_FILE]
    return sha256_json([sha256_file(file) for file in files if file.is_file()])
