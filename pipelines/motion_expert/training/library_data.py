"""A dance library as training data: its takes, each with the count that it was danced to."""

from __future__ import annotations

from pathlib import Path

from pipelines.datasets.preparation import Preparation, RecordedDance
from pipelines.datasets.split_names import chosen
from pipelines.motion_expert.library.header import (
    CONFIG_FILE,
    SHIPPED,
    TENSORS_FILE,
    library_identity,
    read_card,
)
from pipelines.support.errors import UnsuitableInput

SHIPPED_DATA = Path("shipped")
"""What `--data` names the library that ships, as `--init` names the weights that ship."""


def library_at(folder: Path) -> Path | None:
    """Where the library lies that is named, if a folder is one; "shipped" is the one that ships."""
    if folder == SHIPPED_DATA and not folder.exists():
        return SHIPPED
    whole = all((folder / name).is_file() for name in (CONFIG_FILE, TENSORS_FILE))
    return folder if whole else None


def dances_in(place: Path, split: str | None) -> int:
    """How many dances it has, from its JSON alone.

    Raises UnsuitableInput for none that this version reads, and where a split is asked for.
    """
    if chosen(split):
        raise UnsuitableInput(f"{place}: a dance library, of which --split chooses none",
                              "leave --split out; --hold-out keeps dances apart")  # fmt: skip
    return len(read_card(place)["takes"])


def add_library(preparation: Preparation, place: Path) -> None:
    """Let a library's takes be paired with music; raises as `load_library`."""
    preparation.add_recorded(str(place), library_identity(place), lambda: _recorded(place))


def _recorded(place: Path) -> list[RecordedDance]:
    from pipelines.motion_expert.library.storage import load_library

    library = load_library(place)
    return [
        RecordedDance(library.recorded(take), take.group, library.counts(take), take.couple)
        for take in library.takes
    ]
