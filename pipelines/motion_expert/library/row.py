"""The row of the expert "library" in the table of Motion Experts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.motion_expert.interface import (
    CANDIDATES,
    EDITING,
    ENERGY_OVER_TIME,
    GENRES,
    LIKENESS,
    STAGING,
    STYLES_OVER_TIME,
    Cost,
    Expert,
    Made,
    Training,
)
from pipelines.motion_expert.library.making_options import LibraryMakingOptions
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.support.progress import Progress
from pipelines.support.shipped import whole_weights

if TYPE_CHECKING:
    from pipelines.motion_expert.library.expert import LibraryExpert

_SHIPPED = Path(__file__).with_name("weights")


def _load(folder: Path | None, device: str, options: LibraryOptions) -> LibraryExpert:
    from pipelines.motion_expert.library.expert import LibraryExpert

    return LibraryExpert.load(folder, device, options)


def _genres(folder: Path | None) -> tuple[str, ...]:
    from pipelines.motion_expert.library.header import library_genres

    return library_genres(folder)


def _cost(folder: Path | None, options: LibraryOptions, seconds: float, candidates: int) -> Cost:
    from pipelines.motion_expert.library.header import library_cost

    return library_cost(seconds, candidates * (2 if options.variation else 1))


def _identity(folder: Path | None) -> str:
    from pipelines.motion_expert.library.header import library_identity

    return library_identity(folder)


def _find_genre(asked: str, known: Sequence[str]) -> str:
    from pipelines.motion_expert.library.genres import find_genre

    return find_genre(asked, known)


def _make(config: Any, own: LibraryMakingOptions, progress: Progress) -> Made:
    from pipelines.motion_expert.library.making import make_library

    return make_library(config, own, progress)


def _plan(config: Any) -> dict[str, Any]:
    from pipelines.motion_expert.library.making import plan_library

    return plan_library(config)


_HEEDS = frozenset({
    "data", "split", "hold_out", "expert", "run", "resume", "seed", "device", "threads", "workers",
    "workspace",
})  # fmt: skip


LIBRARY = Expert(
    help="real dance, re-arranged to the song",
    options=LibraryOptions,
    load=_load,
    genres=_genres,
    cost=_cost,
    identity=_identity,
    abilities=frozenset(
        {
            GENRES,
            CANDIDATES,
            STYLES_OVER_TIME,
            EDITING,
            ENERGY_OVER_TIME,
            LIKENESS,
            STAGING,
        }
    ),
    find_genre=_find_genre,
    config_name="library.json",
    check=lambda: whole_weights(_SHIPPED),
    training=Training(LibraryMakingOptions, make=_make, heeds=_HEEDS, plan=_plan),
)
