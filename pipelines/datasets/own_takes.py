"""A user's own folder of dance, of any format, as takes for a library.

What was read once is kept, so that a run that was stopped loses no more than the take in hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.datasets.dance_files import DanceFiles, dance_files
from pipelines.datasets.dance_take import DanceCollection, DanceTake
from pipelines.datasets.kept_dances import keep_dances, kept_dances
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.conventions import LIVELY
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file, sha256_json
from pipelines.support.progress import SILENT, Progress

_VERSION = 1
"""Part of every kept file's name: raise it when reading changes."""


def read_own_takes(
    places: Sequence[Path],
    cache: Path,
    lively: float = LIVELY,
    progress: Progress = SILENT,
    not_in: Path | None = None,
    split: str | None = None,
) -> DanceCollection:
    """Every dance under these folders, each take by a name of its own.

    Args:
        places: data sets as downloaded, other folders, or single motion files.
        cache: folder where dances and songs are kept, under an id of their content.
        lively: m/s of mean joint speed below which a take does not count as dance.
        progress: who listens.
        not_in: a folder within them whose files are none of theirs, such as the workspace.
        split: the official split to keep to (`official.list_split`).

    Raises:
        UnsuitableInput: no such folder, or no motion file in it.
    """
    found, work = DanceCollection(), []
    for place in places:
        files, skipped = dance_files(place, cache, not_in, split)
        work += [(one, place) for one in files]
        found.left_out += [_inside(line, place) for line in skipped]
    seen: dict[str, str] = {}
    with progress.stage("reading dance", len(work), "takes") as advance:
        for one, place in work:
            _take_in(one, place, cache, found, seen)
            advance(1)
    return _named_apart(found).lively_only(lively)


def kept_file(files: DanceFiles, cache: Path) -> Path:
    """Where the dances of these files are kept once they were read."""
    identity = [_VERSION, FEATURE_SCHEMA, files.told, [sha256_file(path) for path in files.files]]
    return cache / f"dances-{sha256_json(identity)[:16]}.npz"


def is_kept(files: DanceFiles, cache: Path) -> bool:
    """Whether these files were read before."""
    return kept_file(files, cache).is_file()


def _take_in(
    files: DanceFiles, place: Path, cache: Path, found: DanceCollection, seen: dict[str, str]
) -> None:
    """Add what these files give, from where it is kept or read now, or the reason why nothing."""
    digest = sha256_json([sha256_file(path) for path in files.files])
    if digest in seen:
        found.left_out.append(f"{files.name}: the same file as {seen[digest]}")
        return
    seen.setdefault(digest, files.name)
    target = kept_file(files, cache)
    dances = kept_dances(target)
    if dances is None:
        try:
            dances = files.read()
        except UnsuitableInput as error:
            found.left_out.append(_inside(error.what, place))
            return
        keep_dances(dances, target)
    found.takes += dances.takes
    found.left_out += [_inside(line, place) for line in dances.left_out]
    found.notes += [_inside(line, place) for line in dances.notes]


def _inside(line: str, place: Path) -> str:
    """A line about a file without the folder that all of them lie in."""
    folder = place if place.is_dir() else place.parent
    return line.replace(f"{folder}/", "")


def _named_apart(found: DanceCollection) -> DanceCollection:
    """The same with a number behind every name that was there before."""
    names: dict[str, int] = {}
    apart: list[DanceTake] = []
    for take in found.takes:
        names[take.name] = names.get(take.name, 0) + 1
        number = names[take.name]
        apart.append(take if number == 1 else replace(take, name=f"{take.name}~{number}"))
    return replace(found, takes=apart)
