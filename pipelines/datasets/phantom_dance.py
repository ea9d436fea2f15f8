"""PhantomDance as downloaded (docs/reference/datasets.md#phantomdance): a JSON and a wav each."""

from __future__ import annotations

from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing, sounds_under

_HEAD_BYTES = 4096


def is_phantom_dance(folder: Path) -> bool:
    """Whether some JSON under the folder begins like a PhantomDance motion."""
    return any(is_phantom_motion(path) for path in sorted(folder.rglob("*.json"))[:20])


def list_phantom_dance(folder: Path) -> Listing:
    """Every JSON motion with the song of the same name."""
    listing = Listing()
    sounds = sounds_under(folder)
    for path in sorted(folder.rglob("*.json")):
        if is_phantom_motion(path):
            listing.takes.append(
                ListedTake(path.stem, path, music=sounds.get(path.stem), group=path.stem)
            )
        else:
            listing.skipped.append(f"{path}: not a PhantomDance motion (no bone_name)")
    return listing


def is_phantom_motion(path: Path) -> bool:
    """Whether a JSON file begins like a PhantomDance motion."""
    with path.open("rb") as stream:
        return b'"bone_name"' in stream.read(_HEAD_BYTES)
