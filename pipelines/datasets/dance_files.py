"""What dances of a folder are read from: files that are read together, one piece of work each.

Takes that are known by name (AIST++ as BVH, G1 Moves, CMU) are read with what is known of them,
couples of CMU together, so that they share a count; every other file as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipelines.datasets import aistpp_bvh, aistpp_heights, cmu, g1_moves
from pipelines.datasets.dance_collection import aist_dance, cmu_dances, g1_dance
from pipelines.datasets.dance_take import DanceCollection, DanceTake
from pipelines.datasets.layouts import data_set_of, list_every_dance
from pipelines.datasets.listing import ListedTake
from pipelines.datasets.official import list_split, refuse_split_of_pairs
from pipelines.datasets.own_files import Collection, dances_of, own_dances
from pipelines.datasets.paired import is_paired, load_pair
from pipelines.datasets.ready_made import ready_made_features
from pipelines.datasets.split_names import chosen
from pipelines.motion.formats import readable
from pipelines.music.features import MusicFeatures
from pipelines.music.song_cache import cached_features
from pipelines.support.errors import UnsuitableInput

_AIST, _G1, _CMU, _PAIR, _OWN = "AIST++", "G1 Moves", "CMU", "pair", "own"


@dataclass(frozen=True)
class DanceFiles:
    """Files that are read together.

    Attributes:
        name: for people.
        files: all that the dances depend on, songs too.
        told: what else they depend on, JSON-able.
        read: reads them; raises UnsuitableInput.
        has_song: whether there is a song to count by.
    """

    name: str
    files: tuple[Path, ...]
    told: tuple[str, ...]
    read: Callable[[], DanceCollection]
    has_song: bool = False


def dance_files(
    place: Path, songs: Path, not_in: Path | None = None, split: str | None = None
) -> tuple[list[DanceFiles], list[str]]:
    """The files of a folder, or one file, and a line for each that is no dance.

    Args:
        place: a data set as downloaded, a folder of pairs, any folder, or one motion file.
        songs: folder where what was heard in songs is kept.
        not_in: a folder within, whose files are left alone.
        split: the official split to keep to (`official.list_split`).

    Raises:
        UnsuitableInput: nothing there, or no motion file in it.
    """
    if not place.exists():
        raise UnsuitableInput(f"{place}: no such folder of dance")
    takes, skipped, of = _listed(place, split)
    if not_in is not None and place.resolve() in not_in.resolve().parents:
        takes = [take for take in takes if not_in.resolve() not in take.motion.resolve().parents]
    heights = _heights(place)
    skipped = [line for line in skipped if f"{aistpp_heights.SUFFIX}:" not in line]
    if not takes:
        raise UnsuitableInput(
            f"{place}: no motion file in it",
            f"first reason: {skipped[0]}" if skipped else f"known: {readable()}",
        )
    found: dict[str, list[DanceFiles]] = {}
    couples: dict[str, list[ListedTake]] = {}
    for take in takes:
        kind = _kind(take, of)
        if kind == _CMU:
            couples.setdefault(cmu.moment_of(take.motion), []).append(take)
        else:
            found.setdefault(kind, []).append(_alone(kind, take, of, heights, songs))
    found[_CMU] = [_couple(name, together) for name, together in couples.items()]
    # Kind by kind, as the library that ships has them.
    kinds = (_AIST, _G1, _CMU, _PAIR, _OWN)
    return [work for kind in kinds for work in found.get(kind, [])], skipped


def _listed(place: Path, split: str | None) -> tuple[list[ListedTake], list[str], Collection]:
    if place.is_file():
        return [ListedTake(place.stem, place)], [], Collection(_name(place.parent), place.parent)
    if is_paired(place):
        refuse_split_of_pairs(place, split)
        pairs = [ListedTake(path.stem, path, features=path) for path in sorted(place.glob("*.npz"))]
        return pairs, [], Collection(_PAIR, place)
    if chosen(split):
        name, official = list_split(place, split)
        return official.takes, official.skipped, Collection(name, place)
    row, listing = data_set_of(place), list_every_dance(place)
    if row is not None:
        name = row.name if row.name != "workspace" else _name(place)
        return listing.takes, listing.skipped, Collection(name, place)
    takes = [
        replace(take, name=take.motion.relative_to(place).with_suffix("").as_posix())
        for take in listing.takes
    ]
    return takes, listing.skipped, Collection(_name(place), place)


def _name(folder: Path) -> str:
    return folder.resolve().name


def _heights(place: Path) -> dict[str, Path]:
    """Files that AIST++'s BVH were made from, by the take's name."""
    folder, end = place if place.is_dir() else place.parent, aistpp_heights.SUFFIX
    return {path.name.removesuffix(end): path for path in sorted(folder.rglob(f"*{end}"))}


def _kind(take: ListedTake, of: Collection) -> str:
    stem, bvh = take.motion.stem, take.motion.suffix.lower() == ".bvh"
    if of.name == _PAIR:
        return _PAIR
    if bvh and aistpp_bvh.parse_name(stem):
        return _AIST
    if bvh and stem in g1_moves.GENRES:
        return _G1
    return _CMU if cmu.knows(take.motion) else _OWN


def _alone(
    kind: str, take: ListedTake, of: Collection, heights: dict[str, Path], songs: Path
) -> DanceFiles:
    path, stem = take.motion, take.motion.stem
    if kind == _AIST:
        height = heights.get(stem)
        beside = () if height is None else (height,)
        return DanceFiles(stem, (path, *beside), (kind,), partial(_one, aist_dance, path, height))
    if kind == _G1:
        return DanceFiles(stem, (path,), (kind,), partial(_one, g1_dance, path))
    if kind == _PAIR:
        return DanceFiles(stem, (path,), (kind, stem), partial(_pair, take, of), has_song=True)
    song = take.music or take.features
    told = (kind, take.name, take.genre or "", take.group, take.split, f"{take.skip_seconds}",
            of.name, path.parent.name, _name(path.parent), song.name if song else "")  # fmt: skip
    files = (path, *([song] if song else []))
    return DanceFiles(take.name, files, told, partial(_own, take, of, songs), song is not None)


def _couple(name: str, together: list[ListedTake]) -> DanceFiles:
    files = tuple(take.motion for take in together)
    return DanceFiles(name, files, (_CMU, *(path.name for path in files)), partial(_cmu, files))


def _one(read: Callable[..., DanceTake], *given: Path | None) -> DanceCollection:
    return DanceCollection([read(*given)])


def _cmu(files: tuple[Path, ...]) -> DanceCollection:
    known = cmu.read_files(files)
    return DanceCollection(cmu_dances(known.takes), known.skipped)


def _own(take: ListedTake, of: Collection, songs: Path) -> DanceCollection:
    takes, notes = own_dances(take, of, partial(_heard, songs=songs))
    return DanceCollection(takes, notes=notes)


def _heard(take: ListedTake, songs: Path) -> MusicFeatures | None:
    if take.music is not None:
        return cached_features(take.music, songs)
    return None if take.features is None else ready_made_features(take.features)


def _pair(take: ListedTake, of: Collection) -> DanceCollection:
    pair = load_pair(take.motion)
    named = replace(take, name=pair.take, genre=pair.genre or None, group=pair.group,
                    split=pair.split)  # fmt: skip
    features = MusicFeatures(pair.features)
    takes, notes = dances_of(pair.motion, named, of, lambda _: features)
    return DanceCollection(takes, notes=notes)
