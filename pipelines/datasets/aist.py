"""AIST++ as downloaded (docs/reference/datasets.md#aist): motions, splits, ignore list, songs."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing, lines_of, sounds_under

_NAME = re.compile(r"g(?P<genre>[A-Z]{2})_s\w+_c\w+_d\w+_(?P<music>m[A-Z]{2}\d)_ch\d+")


def is_aist(folder: Path) -> bool:
    """Whether the folder, or its annotations/, holds AIST++ motions."""
    return _motions(folder) is not None


def list_aist(folder: Path) -> Listing:
    """The takes of the cross-modal split; all of them where there is no splits/ folder.

    Validation and test takes both count as held out. Songs are found anywhere under the folder, by
    the music id in the take's name or, as EDGE packs them, by the take's whole name.
    """
    motions = _motions(folder)
    assert motions is not None
    annotations = motions.parent
    listing = Listing()
    sounds = sounds_under(folder)
    ignored = lines_of(annotations / "ignore_list.txt")
    train = lines_of(annotations / "splits" / "crossmodal_train.txt")
    held = lines_of(annotations / "splits" / "crossmodal_test.txt") | lines_of(
        annotations / "splits" / "crossmodal_val.txt"
    )
    for path in sorted(motions.glob("*.pkl")):
        name = _NAME.fullmatch(path.stem)
        if name is None:
            listing.skipped.append(f"{path}: not an AIST++ name (gBR_sBM_cAll_d04_mBR0_ch01)")
        elif path.stem in ignored:
            listing.skipped.append(f"{path}: on AIST++'s ignore list")
        elif train and path.stem not in train | held:
            listing.skipped.append(f"{path}: in none of the crossmodal splits")
        else:
            split = ("test" if path.stem in held else "train") if train else ""
            listing.takes.append(
                ListedTake(
                    name=path.stem,
                    motion=path,
                    music=sounds.get(path.stem) or sounds.get(name["music"]),
                    genre=name["genre"],
                    group=path.stem,
                    split=split,
                )
            )
    return listing


def _motions(folder: Path) -> Path | None:
    for place in (folder, folder / "annotations", folder / "aist_plusplus_final"):
        if any(_NAME.fullmatch(p.stem) for p in (place / "motions").glob("*.pkl")):
            return place / "motions"
    return None
