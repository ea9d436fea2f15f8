"""Which dances `render --src` is to draw, each with its song."""

from __future__ import annotations

from pathlib import Path

from pipelines.datasets.cmu import true_fps
from pipelines.datasets.layouts import list_every_dance
from pipelines.datasets.listing import ListedTake, Listing, sounds_under
from pipelines.motion.formats import readable
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.source import Source
from pipelines.support.errors import UnsuitableInput


def single_source(config: RenderConfig) -> Source:
    """The one DANCE that was asked for."""
    assert config.dance is not None
    return Source(config.dance, config.music, true_fps=true_fps(config.dance))


def list_sources(config: RenderConfig) -> tuple[list[tuple[str, Source]], list[str]]:
    """Every dance with a name that does not depend on where the folder lies; and what is none.

    Raises:
        UnsuitableInput: there is no motion file.
    """
    found: list[tuple[str, Source]] = []
    skipped: list[str] = []
    songs = None if config.music is None else sounds_under(config.music)
    for place in config.src:
        listing = _takes(place)
        skipped += listing.skipped
        inside = place if place.is_dir() else place.parent
        for take in listing.takes:
            music = take.music if songs is None else song_of(take.motion.stem, songs)
            name = take.motion.relative_to(inside).as_posix()
            fps = true_fps(take.motion)
            found.append((name, Source(take.motion, music, take.genre, take.skip_seconds, fps)))
    if not found:
        raise UnsuitableInput(
            f"{', '.join(map(str, config.src))}: no motion file in there",
            f"known are {readable()}: docs/formats.md",
        )
    return found, skipped


def song_of(dance: str, songs: dict[str, Path]) -> Path | None:
    """The song of the same name, or one whose name is a part of it, as AIST++ has them (mBR0)."""
    names = [dance, *(part for part in dance.split("_") if not part.isdigit())]
    return next((songs[name] for name in names if name in songs), None)


def _takes(place: Path) -> Listing:
    return Listing([ListedTake(place.stem, place)]) if place.is_file() else list_every_dance(place)
