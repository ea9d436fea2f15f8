"""What many dances are danced to: the songs of a folder, or those of a data set's split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.datasets.aistpp_bvh import GENRES as AIST_STYLES
from pipelines.datasets.split_names import ALL
from pipelines.generation.dance import refuse_unable
from pipelines.generation.settings import LABEL, GenerateConfig
from pipelines.support.errors import BadUsage, UnsuitableInput

if TYPE_CHECKING:
    from pipelines.datasets.listing import ListedTake

_DEFAULT = "test"


@dataclass(frozen=True)
class Song:
    """A song to dance to.

    Attributes:
        path: its file.
        take: the recorded dance to it, of a data set.
    """

    path: Path
    take: ListedTake | None = None

    def asked(self, config: GenerateConfig) -> GenerateConfig:
        """The request for a dance to it: of a data set as long as the recorded one, from where
        that begins, and with `--genre label` in its style."""
        if self.take is None:
            return replace(config, song=self.path)
        skip = self.take.skip_seconds
        seconds = _seconds(self.take) if config.duration is None else config.duration
        one = replace(config, song=self.path, start=config.start + skip, duration=seconds)
        return replace(one, genre=_style(one, self.take.genre)) if config.genre == LABEL else one


def data_set_songs(config: GenerateConfig) -> tuple[dict[str, Song], list[str]] | None:
    """The songs of a data set as downloaded by its takes' names, and takes without; else None.

    Raises:
        UnsuitableInput: no such split, or no song.
        BadUsage: --split or --genre label of what is no data set.
    """
    from pipelines.datasets.layouts import DATA_SETS, list_data_set
    from pipelines.datasets.official import takes_of

    assert config.song is not None
    name, listing = list_data_set(config.song) if config.song.is_dir() else ("", None)
    if listing is None or name not in {row.name for row in DATA_SETS} - {"workspace"}:
        for flag, given in (("--split", config.split), ("--genre label", config.genre == LABEL)):
            if given:
                raise BadUsage(
                    f"{flag}: {config.song} is no data set as downloaded",
                    "docs/data-sets.md shows how they lie",
                )
        return None
    there = any(take.split == _DEFAULT for take in listing.takes)
    wanted = config.split or (_DEFAULT if there else ALL)
    takes = listing.takes
    if wanted != ALL:
        takes = takes_of(takes, wanted, f"{config.song} ({name})")
    songs = {take.name: Song(take.music, take) for take in takes if take.music is not None}
    if not songs:
        raise UnsuitableInput(
            f"{config.song} ({name}): none of its {len(takes)} dances has a song",
            "ready-made features cannot be danced to; docs/data-sets.md says where sound lies",
        )
    return songs, [str(take.motion) for take in takes if take.music is None]


def _seconds(take: ListedTake) -> float | None:
    """How long the recorded dance is; None, the song's length, where it cannot be read."""
    from pipelines.motion.formats import load_motion

    try:
        return round(load_motion(take.motion).seconds - take.skip_seconds, 3)
    except UnsuitableInput:
        return None


def _style(config: GenerateConfig, label: str | None) -> str | None:
    """What the expert calls the style of a label; the label itself where it knows none."""
    for name in filter(None, (label, AIST_STYLES.get(label or ""))):
        try:
            refuse_unable(replace(config, genre=name))
        except BadUsage:
            continue
        return name
    return label
