"""What `--split` may be: names of the official splits of data sets (docs/data-sets.md)."""

from __future__ import annotations

from typing import Any

from pipelines.support.errors import BadUsage
from pipelines.support.options import option

ALL = "all"
_SIDES = ("train", "val", "test")
_KNOWN = (*_SIDES, *(f"dancer-{side}" for side in _SIDES))


def split_option(help: str, shown: str, panel: str = "", **known: Any) -> Any:
    """Declare --split."""
    return option(None, help, shown=shown, metavar="NAME", panel=panel, **known)


def check_split(split: str | None) -> None:
    """Raise BadUsage where no data set can have such a split."""
    if split is None or split == ALL:
        return
    if wrong := [name for name in split.split("+") if name not in _KNOWN]:
        raise BadUsage(
            f"--split {split}: no split is called {wrong[0] or 'nothing'}",
            f"give {', '.join(_KNOWN)}, several as val+test, or {ALL}",
        )


def chosen(split: str | None) -> bool:
    """Whether only a part of the data is asked for."""
    return split not in (None, ALL)
