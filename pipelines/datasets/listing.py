"""What a data set's folder holds, before anything is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

SONG_FORMATS = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".opus", ".aac")
SOUND_FORMATS = (*SONG_FORMATS, ".mp4")


@dataclass(frozen=True)
class ListedTake:
    """One dance of a data set.

    Attributes:
        name: unique within the data set.
        motion: the motion file.
        music: the song's sound file, if the data set has it.
        features: ready-made features of the song instead.
        genre: as the data set names it, or None.
        group: what is held out together.
        split: "train", "val" or "test" where the data set has a split, else "".
        other_splits: further official splits that it is in, such as "dancer-test".
        skip_seconds: at the start of dance and song, not to be used.
    """

    name: str
    motion: Path
    music: Path | None = None
    features: Path | None = None
    genre: str | None = None
    group: str = ""
    split: str = ""
    skip_seconds: float = 0.0
    other_splits: tuple[str, ...] = ()


@dataclass
class Listing:
    """The usable takes of a folder, and a line with the reason for each file left out."""

    takes: list[ListedTake] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def sounds_under(folder: Path) -> dict[str, Path]:
    """Sound files anywhere under a folder, by name without suffix; of two, the first by path."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SOUND_FORMATS:
            found.setdefault(path.stem, path)
    return found


def lines_of(path: Path) -> set[str]:
    """The non-empty lines of a list file, stripped; nothing if there is no such file."""
    if not path.is_file():
        return set()
    return {line.strip() for line in path.read_text().splitlines()} - {""}


def without_music(takes: Iterable[ListedTake]) -> list[ListedTake]:
    """Those that came without sound and without features."""
    return [take for take in takes if take.music is None and take.features is None]
