"""Finding weight files, without what it takes to load them."""

from __future__ import annotations

from pathlib import Path


def find_file(folder: Path | None, name: str) -> Path | None:
    """A file of this name (or the same as .safetensors) anywhere below a folder."""
    if folder is None:
        return None
    for wanted in (name, f"{Path(name).stem}.safetensors"):
        found = sorted(folder.rglob(wanted))
        if found:
            return found[0]
    return None
