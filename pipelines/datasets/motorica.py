"""Motorica as downloaded (docs/reference/datasets.md#motorica): BVH at 120 fps, some with music."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing, sounds_under

_NAME = re.compile(r"kth\w*?_g(?P<genre>[A-Z]{2})_s\w+_c\w+_d\d+_m\w+_ch\d+.*", re.IGNORECASE)
_GENRES = {
    "LH": "Hiphop", "KR": "Krump", "PO": "Popping", "LO": "Locking", "JZ": "Jazz",
    "CH": "Charleston", "TP": "Tapping", "CA": "Casual",
}  # fmt: skip


def is_motorica(folder: Path) -> bool:
    """Whether some BVH under the folder goes by Motorica's naming."""
    return any(_NAME.fullmatch(path.stem) for path in folder.rglob("*.bvh"))


def list_motorica(folder: Path) -> Listing:
    """Every BVH of Motorica's naming, with the song of the same name where there is one."""
    listing = Listing()
    sounds = sounds_under(folder)
    for path in sorted(folder.rglob("*.bvh")):
        name = _NAME.fullmatch(path.stem)
        if name is None:
            listing.skipped.append(f"{path}: not a Motorica name (kth..._gCH_sFM_cAll_d01_...)")
            continue
        code = name["genre"].upper()
        listing.takes.append(
            ListedTake(
                name=path.stem,
                motion=path,
                music=sounds.get(path.stem),
                genre=_GENRES.get(code, code),
                group=path.stem,
            )
        )
    return listing
