"""Which dances `render --src` is to draw, each with its song."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.datasets.cmu import true_fps
from pipelines.datasets.layouts import list_every_dance
from pipelines.datasets.listing import ListedTake, Listing, sounds_under
from pipelines.datasets.official import list_split
from pipelines.datasets.split_names import chosen
from pipelines.motion.formats import readable
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.source import Source
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.workspace.own_files import is_kept_dance, workspace_of


def single_source(config: RenderConfig, dance: Path | None = None) -> Source:
    """The one DANCE that was asked for, or one beside it."""
    path = dance or config.dance
    assert path is not None
    return Source(path, config.music, true_fps=true_fps(path))


def list_sources(config: RenderConfig) -> tuple[list[tuple[str, Source]], list[str]]:
    """Every dance with a name that does not depend on where the folder lies; and what is none.

    Of a workspace inside a folder nothing is drawn: its dances were made of, or handed over to,
    what lies beside it. Of one that is given itself every dance is, once.

    Raises:
        UnsuitableInput: there is no motion file.
    """
    found: list[tuple[str, Source]] = []
    skipped: list[str] = []
    songs = None if config.music is None else sounds_under(config.music)
    for place in config.src:
        listing = _takes(place, config.split)
        takes, left = _without_own_files(place, listing.takes)
        # Lines begin with the file that they are about.
        others = (
            line for line in listing.skipped if workspace_of(Path(line.split(": ")[0])) is None
        )
        skipped += [*others, *left]
        inside = place if place.is_dir() else place.parent
        for take in takes:
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


def _takes(place: Path, split: str | None) -> Listing:
    if place.is_file():
        return Listing([ListedTake(place.stem, place)])
    return list_split(place, split)[1] if chosen(split) else list_every_dance(place)


def _without_own_files(
    place: Path, takes: Sequence[ListedTake]
) -> tuple[list[ListedTake], list[str]]:
    """What of the takes is a dance of people's own or of the workspace that was asked for."""
    if place.is_file():
        return list(takes), []
    kept: list[ListedTake] = []
    left: dict[Path, int] = {}
    seen: set[str] = set()
    inside = place.absolute()
    for take in takes:
        root = workspace_of(take.motion)
        if root is None:
            kept.append(take)
        elif not inside.is_relative_to(root):
            left[root] = left.get(root, 0) + 1
        elif is_kept_dance(take.motion, root):
            digest = sha256_file(take.motion)
            kept += [] if digest in seen else [take]
            seen.add(digest)
    lines = [
        f"{root}: a workspace, whose {count} files are left alone (--src with it draws its dances)"
        for root, count in left.items()
    ]
    return kept, lines
