"""The data sets that are known by the shape of their folder: one row each.

docs/how-to/data-set.md adds one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.datasets import aist, finedance, loose_files, motorica, phantom_dance
from pipelines.datasets.listing import Listing


@dataclass(frozen=True)
class DataSet:
    """One data set as downloaded.

    Attributes:
        name: for people.
        recognises: whether a folder is one.
        listed: its takes, and what is left out and why.
        alone: whether a folder of it holds no dances of others. Where it may, whoever wants every
            dance there is looks at the other files too.
        motions: the folder in it that holds its motions; whoever names that means the data set.
    """

    name: str
    recognises: Callable[[Path], bool]
    listed: Callable[[Path], Listing]
    alone: bool = True
    motions: str = ""


DATA_SETS: tuple[DataSet, ...] = (
    DataSet(
        "FineDance", finedance.is_finedance, finedance.list_finedance, motions="motion",
    ),
    DataSet("AIST++", aist.is_aist, aist.list_aist, motions="motions"),
    DataSet("workspace", loose_files.is_workspace, loose_files.list_workspace),
    DataSet("Motorica", motorica.is_motorica, motorica.list_motorica, alone=False),
    DataSet(
        "PhantomDance", phantom_dance.is_phantom_dance, phantom_dance.list_phantom_dance,
        alone=False,
    ),
)  # fmt: skip
"""In the order in which a folder is tried."""


def list_data_set(folder: Path) -> tuple[str, Listing]:
    """The name of the data set that a folder is, and its takes; else all that look like motions.

    The folder of motions inside a data set stands for the data set: splits, songs and labels lie
    beside it.
    """
    for row in DATA_SETS:
        whole = _whole(row, folder)
        if row.recognises(whole):
            return row.name, row.listed(whole)
    return "motion files", loose_files.list_motion_files(folder)


def data_set_of(folder: Path) -> DataSet | None:
    """The data set whose folder this is, of those that keep their folders to themselves."""
    return next(
        (row for row in DATA_SETS if row.alone and row.recognises(_whole(row, folder))), None
    )


def _whole(row: DataSet, folder: Path) -> Path:
    """The folder, or the data set of this kind whose motions lie in it."""
    inside = row.motions and folder.resolve().name == row.motions
    return folder.parent if inside and row.recognises(folder.parent) else folder


def list_every_dance(folder: Path) -> Listing:
    """All dances under a folder, by the rules of its data set or whatever is a motion file.

    Of a data set that shares its folder with others, the genres are kept.
    """
    genres: dict[Path, str | None] = {}
    for row in DATA_SETS:
        if row.recognises(whole := _whole(row, folder)):
            listing = row.listed(whole)
            if row.alone:
                return listing
            genres |= {take.motion: take.genre for take in listing.takes}
    everything = loose_files.every_motion_file(folder)
    takes = [replace(take, genre=genres.get(take.motion)) for take in everything.takes]
    return Listing(takes, everything.skipped)
