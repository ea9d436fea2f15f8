"""Clips of a data set as downloaded: its takes of a split, each with its song and its label."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.datasets.layouts import DATA_SETS, data_set_of, list_data_set
from pipelines.datasets.listing import Listing
from pipelines.datasets.official import takes_of
from pipelines.datasets.split_names import ALL
from pipelines.evaluation.items import Item
from pipelines.support.errors import UnsuitableInput

_DEFAULT = "test"
_OURS = "workspace"
"""A row of the data sets whose folders hold clips as `items.list_items` lists them."""


def recorded_items(
    place: Path, split: str | None, shared: bool = True
) -> tuple[list[Item], str] | None:
    """The dances of a data set, and a line that says which; None where the folder is none.

    Args:
        place: a data set as downloaded, or the folder of its motions.
        split: an official split; None takes the test takes where the data set says which they are,
            so that nothing is measured against what was learned from.
        shared: whether a data set counts too that may lie among other dances.

    Raises:
        UnsuitableInput: the data set has no such split.
    """
    row = data_set_of(place) if place.is_dir() else None
    if row is None and (not shared or not place.is_dir()):
        return None
    name, listing = list_data_set(place)
    if name == _OURS or name not in {row.name for row in DATA_SETS}:
        return None
    wanted = split or (_DEFAULT if _has(listing, _DEFAULT) else ALL)
    takes = listing.takes
    if wanted != ALL:
        takes = takes_of(takes, wanted, f"{place} ({name})")
    if not takes:
        raise UnsuitableInput(f"{place} ({name}): no dance that may be used")
    items = [
        Item(take.name, take.motion, take.music, take.skip_seconds, take.skip_seconds, take.genre)
        for take in takes
    ]
    which = "all of its" if wanted == ALL else f"the {wanted} split of its"
    why = " (--split all takes every one)" if split is None and wanted != ALL else ""
    return items, f"{name}, {which} dances: {len(items)}{why}"


def with_songs_of(items: list[Item], truth: list[Item]) -> list[Item]:
    """Clips without music of their own with the songs of the recordings of their names."""
    songs = {item.name: item for item in truth if item.music is not None}
    return [
        replace(item, music=songs[item.name].music, start=songs[item.name].start)
        if item.music is None and item.name in songs
        else item
        for item in items
    ]


def _has(listing: Listing, split: str) -> bool:
    return any(take.split == split for take in listing.takes)
