"""Whether weights that ship with the package are whole."""

from __future__ import annotations

from pathlib import Path

from pipelines.support.errors import MissingAsset
from pipelines.support.files import read_json, sha256_file


def whole_weights(folder: Path) -> str:
    """Names and sizes of a folder's safetensors, down to the last bit as they were written.

    Needs nothing outside the standard library. Raises MissingAsset where there are none, where one
    has no JSON beside it, or another SHA-256 than that says.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise MissingAsset("no checkpoint in this installation")
    for file in files:
        config = file.with_suffix(".json")
        if not config.is_file():
            raise MissingAsset(f"{file.name} without its JSON")
        expected = read_json(config).get("sha256")
        if expected is not None and sha256_file(file) != expected:
            raise MissingAsset(f"{file.name} is damaged")
    return ", ".join(f"{file.stem} ({file.stat().st_size / 1e6:.0f} MB)" for file in files)
