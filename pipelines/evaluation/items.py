"""Which clips a folder holds, and which of two folders' clips belong together: by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.motion.formats import MOTION_SUFFIXES
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json, sha256_file

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".m4v")
KEYPOINT_SUFFIXES = (".json", ".npz")
MUSIC_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".opus", *VIDEO_SUFFIXES)

_IN_FOLDERS = {
    "motion": ("motion.npz",),
    "video": ("out.mp4", "video.mp4"),
    "keypoints": ("keypoints.npz",),
}
_AIST_MUSIC = re.compile(r"_(m[A-Z]{2}\d)(?:_|$)")


@dataclass(frozen=True)
class Item:
    """One clip to measure.

    Attributes:
        name: what it is paired by.
        path: its file, or its folder of one OpenPose file per frame.
        music: the file whose beats it was danced to, or None. start: seconds into that file.
        skip: seconds at the start of the file that do not count.
        genre: what it is labelled as, where its file does not say.
    """

    name: str
    path: Path
    music: Path | None = None
    start: float = 0.0
    skip: float = 0.0
    genre: str | None = None


def list_items(place: Path, kinds: Sequence[str]) -> list[Item]:
    """The clips of a file or folder, sorted by name.

    A folder may hold files, or one folder per clip as the workspace's generations and clips do.
    Of files of one name the first kind counts.

    Args:
        kinds: "motion", "video" or "keypoints", the preferred one first.

    Raises:
        UnsuitableInput: missing, or none of these kinds in it.
    """
    if place.is_file():
        return [_with_own_music(Item(place.stem, place))]
    if not place.is_dir():
        raise UnsuitableInput(f"{place}: no such file or folder")
    found: dict[str, Item] = {}
    for kind in kinds:
        for item in _of_kind(place, kind):
            found.setdefault(item.name, item)
    if not found:
        suffixes = sorted({suffix for kind in kinds for suffix in _SUFFIXES[kind]})
        raise UnsuitableInput(
            f"{place}: nothing to evaluate in this folder", f"it may hold {', '.join(suffixes)}"
        )
    return [_with_own_music(found[name]) for name in sorted(found)]


def with_music(items: Sequence[Item], music: Path | None) -> list[Item]:
    """The clips with the songs of a folder of the same names, or with one song for all.

    A clip whose name carries an AIST music id (`..._mBR0_...`) also finds the song of that id; one
    that finds none keeps its own.

    Raises:
        UnsuitableInput: no such file or folder, or no sound files in it.
    """
    if music is None:
        return list(items)
    if music.is_file():
        return [replace(item, music=music, start=item.skip) for item in items]
    if not music.is_dir():
        raise UnsuitableInput(f"{music}: no such file or folder", "give --music a song or a folder")
    songs = {
        path.stem: path for path in sorted(music.iterdir()) if path.suffix.lower() in MUSIC_SUFFIXES
    }
    if not songs:
        raise UnsuitableInput(f"{music}: holds no sound files")
    return [_given_song(item, _song_of(item, songs)) for item in items]


def unmatched(a: Sequence[Item], b: Sequence[Item]) -> tuple[list[str], list[str]]:
    """Names that only the first, and names that only the second set has."""
    names_a, names_b = {item.name for item in a}, {item.name for item in b}
    return sorted(names_a - names_b), sorted(names_b - names_a)


def is_video(path: Path) -> bool:
    """Whether a file's name is a video's."""
    return path.suffix.lower() in VIDEO_SUFFIXES


_SUFFIXES: dict[str, tuple[str, ...]] = {
    "motion": MOTION_SUFFIXES, "video": VIDEO_SUFFIXES, "keypoints": KEYPOINT_SUFFIXES,
}  # fmt: skip


def _of_kind(place: Path, kind: str) -> list[Item]:
    entries = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    files = [p for p in entries if p.is_file() and p.suffix.lower() in _SUFFIXES[kind]]
    if files:
        return [Item(path.stem, path) for path in files if path.name != "metadata.json"]
    named = _IN_FOLDERS[kind]
    inside: Callable[[Path], Path | None] = lambda folder: next(  # noqa: E731
        (folder / name for name in named if (folder / name).is_file()), None
    )
    items = [
        Item(folder.name, path)
        for folder in entries
        if folder.is_dir() and (path := inside(folder))
    ]
    if items or kind != "keypoints":
        return items
    # OpenPose writes one file per frame: each folder of them is a clip.
    return [
        Item(folder.name, folder)
        for folder in entries
        if folder.is_dir() and next(folder.glob("*_keypoints.json"), None)
    ]


def _with_own_music(item: Item) -> Item:
    """A dance that `generate` made knows its song; a video may carry its own."""
    record = item.path.parent / "run.json"
    if record.is_file():
        try:
            config = read_json(record)["config"]
            song, start = Path(config["song"]), float(config.get("start") or 0.0)
        except (OSError, ValueError, KeyError, TypeError):
            return item
        if song.is_file():
            return replace(item, music=song, start=start)
    if is_video(item.path):
        return replace(item, music=item.path)
    return item


def _given_song(item: Item, song: Path | None) -> Item:
    return item if song is None else replace(item, music=song)


def _song_of(item: Item, songs: dict[str, Path]) -> Path | None:
    if item.name in songs:
        return songs[item.name]
    found = _AIST_MUSIC.search(item.name)
    return songs.get(found.group(1)) if found else None


def content_of(item: Item) -> list[str]:
    """SHA-256 of a clip's file or files, and of its music."""
    files = [item.path] if item.path.is_file() else sorted(item.path.glob("*.json"))
    if item.music is not None and item.music != item.path:
        files.append(item.music)
    told = [f"{item.start:.6f}"]
    if item.skip or item.genre:
        told += [f"{item.skip:.6f}", item.genre or ""]
    return [sha256_file(file) for file in files] + told
