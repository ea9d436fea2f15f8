"""Which videos there are: folders are searched, genres come from folder names or a table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.support.errors import UnsuitableInput

SUFFIXES = frozenset(
    (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
     ".flv", ".wmv", ".3gp", ".ogv", ".gif")
)  # fmt: skip


@dataclass(frozen=True)
class RawVideo:
    """One file to curate.

    Attributes:
        name: path below the folder it was found in, which does not depend on where that lies.
        genre: by folder or table; None: unknown.
    """

    path: Path
    name: str
    genre: str | None = None


@dataclass
class Listing:
    """What a search gave: videos, and a file or folder with a reason for what cannot be read.

    Attributes:
        unused: names in the table of labels that no video has.
    """

    videos: list[RawVideo] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def list_videos(places: Sequence[Path], labels: Path | None = None) -> Listing:
    """Every video below the places, in a fixed order.

    Links are followed, but never in circles. The genre is the first folder's name below the place,
    or what the table says of the file: its path below the place, its name, or its name without
    suffix.

    Raises:
        UnsuitableInput: the table cannot be read, or there is no video.
    """
    table = None if labels is None else read_labels(labels)
    listing = Listing()
    for place in places:
        if not place.is_dir():
            found = [place]
            base = place.parent
        else:
            found, base = sorted(_walk(place, listing)), place
        for path in found:
            name = path.relative_to(base).as_posix()
            listing.videos.append(RawVideo(path, name, _genre(name, table)))
    if not listing.videos and not listing.failed:
        raise UnsuitableInput(
            f"{', '.join(map(str, places))}: no video in there",
            f"known are {', '.join(sorted(SUFFIXES))}",
        )
    known = {key for video in listing.videos for key in _keys(video.name)}
    listing.unused = [name for name in table or {} if name not in known]
    return listing


def read_labels(table: Path) -> dict[str, str]:
    """Genres by file from a CSV with the columns file and genre.

    Raises:
        UnsuitableInput: no such file, or not such a table.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if not {"file", "genre"} <= set(reader.fieldnames or ()):
                raise UnsuitableInput(
                    f"--labels {table}: needs the columns file and genre",
                    "such as: file,genre then salsa/a.mp4,salsa",
                )
            return {row["file"]: row["genre"] for row in reader if row["file"] and row["genre"]}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnsuitableInput(f"--labels {table}: cannot be read ({reason})") from error


def _genre(name: str, table: dict[str, str] | None) -> str | None:
    if table is not None:
        return next((table[key] for key in _keys(name) if key in table), None)
    parts = Path(name).parts
    return parts[0] if len(parts) > 1 else None


def _keys(name: str) -> tuple[str, ...]:
    """What a table may call a video, the surest first."""
    path = Path(name)
    return name, path.name, path.stem


def _walk(place: Path, listing: Listing) -> Iterator[Path]:
    def cannot(error: OSError) -> None:
        reason = (error.strerror or type(error).__name__).lower()
        listing.failed.append((Path(error.filename), f"cannot be read ({reason})"))

    for root, folders, files in os.walk(place, followlinks=True, onerror=cannot):
        here = Path(root)
        above = {os.path.realpath(one) for one in (here, *here.parents)}
        for folder in list(folders):
            path = here / folder
            if folder.startswith("."):
                folders.remove(folder)
            elif path.is_symlink() and os.path.realpath(path) in above:
                folders.remove(folder)
                listing.failed.append((path, "a link that leads back to where it lies"))
        folders.sort()
        for file in files:
            path = here / file
            if not file.startswith(".") and path.suffix.lower() in SUFFIXES:
                yield path
