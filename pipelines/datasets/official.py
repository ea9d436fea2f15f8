"""The official splits of data sets: the takes that `--split` chooses (docs/data-sets.md)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.datasets.layouts import list_data_set
from pipelines.datasets.listing import ListedTake, Listing
from pipelines.datasets.split_names import ALL, chosen
from pipelines.support.errors import UnsuitableInput


def refuse_split_of_pairs(folder: Path, split: str | None) -> None:
    """Raise UnsuitableInput where a part of a folder of prepared pairs is asked for."""
    if chosen(split):
        raise UnsuitableInput(
            f"{folder}: prepared pairs, of which --split chooses none",
            "name the data set as downloaded, or leave --split out",
        )


def list_split(folder: Path, split: str | None) -> tuple[str, Listing]:
    """The name of the data set that a folder is, and its takes of these splits.

    Args:
        split: such as "test" or "val+test"; None and "all" take everything.

    Raises:
        UnsuitableInput: the data set has no such split.
    """
    name, listing = list_data_set(folder)
    if split is None or split == ALL:
        return name, listing
    return name, Listing(takes_of(listing.takes, split, f"{folder} ({name})"), listing.skipped)


def takes_of(takes: list[ListedTake], split: str, where: str) -> list[ListedTake]:
    """The takes of these splits.

    Of one split alone they bear its name no more: whoever trains on it holds a share of it out,
    and nothing of the others is seen.

    Args:
        where: what to call the data in a refusal.

    Raises:
        UnsuitableInput: none of the takes is in one.
    """
    asked = tuple(split.split("+"))
    found = [(take, side) for take in takes if (side := _side(take, asked))]
    if not found:
        raise UnsuitableInput(
            f"{where}: nothing of the split {split}", f"leave --split out; {_what_there_is(takes)}"
        )
    return [replace(take, split=side if len(asked) > 1 else "") for take, side in found]


def _side(take: ListedTake, asked: tuple[str, ...]) -> str:
    """ "train", "val" or "test" where the take is in one of these splits, else ""."""
    named = next((name for name in asked if name in (take.split, *take.other_splits)), "")
    return named.rpartition("-")[2]


def _what_there_is(takes: list[ListedTake]) -> str:
    counts: dict[str, int] = {}
    for take in takes:
        for name in filter(None, (take.split, *take.other_splits)):
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return "these dances have no official split"
    return "there is " + ", ".join(f"{name} ({counts[name]})" for name in sorted(counts))
