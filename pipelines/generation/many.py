"""Many videos with one command: folders of songs or pictures, every pair or those of one name."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.datasets.split_names import check_split
from pipelines.generation.dance import refuse_unable
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.songs import Song, data_set_songs
from pipelines.support.errors import BadUsage, SomeItemsFailed, UnsuitableInput
from pipelines.support.failed_items import FailedItem, note_failure, some_failed
from pipelines.support.files import sha256_json, write_text
from pipelines.support.loaded_once import loading_once
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run
from pipelines.workspace.shards import shard_from

TABLE = "made.jsonl"
_PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"))
_WORK = ("music", "dance", "video")
"""Timed stages of a run by which one is told that made something."""

One = Callable[[GenerateConfig, Progress], dict[str, Any]]


def dances_alone(config: GenerateConfig) -> GenerateConfig:
    """The same request, of dances into -o where there are many songs and no picture."""
    if not config.many or config.picture is not None or config.output is None:
        return config
    if config.motion_out is not None or config.output.suffix:
        return config
    return replace(config, motion_only=True, motion_out=config.output, output=None)


@dataclass(frozen=True)
class Item:
    """One of many: the name of its files, and what is asked for it."""

    name: str
    config: GenerateConfig

    @property
    def target(self) -> Path:
        """The file by which it is known."""
        target = self.config.output or self.config.motion_out
        assert target is not None
        return target


def items_of(config: GenerateConfig) -> tuple[list[Item], list[str]]:
    """The videos or dances of this shard, by name, and songs and pictures that have no partner.

    Raises:
        BadUsage: what makes no sense for many, or no folder for what is made.
        UnsuitableInput: a folder without songs or pictures, or no pair of one name.
    """
    from pipelines.datasets.listing import SOUND_FORMATS

    assert config.song is not None
    check_split(config.split)
    of_data_set = data_set_songs(config)
    left: list[str] = []
    if of_data_set is None:
        named = _named(config.song, SOUND_FORMATS, "song")
        songs = {name: Song(path) for name, path in named.items()}
    else:
        songs, left = of_data_set
    pictures: dict[str, Path | None] = {"": None}
    if not config.motion_only and config.picture is not None:
        pictures = dict(_named(config.picture, _PICTURES, "picture"))
    _refuse_for_many(config)
    if config.by_name:
        shared = [name for name in songs if name in pictures]
        files = ({name: song.path for name, song in songs.items()}, pictures)
        left += sorted(str(found[name]) for found in files
                       for name in found if name not in shared)  # fmt: skip
        if not shared:
            raise UnsuitableInput(
                f"{config.song} and {config.picture}: no song has a picture's name",
                "without --by-name every song goes with every picture",
            )
        pairs = [(name, songs[name], pictures[name]) for name in shared]
    else:
        pairs = [
            ("-".join(filter(None, (song, picture))), songs[song], pictures[picture])
            for song in songs
            for picture in pictures
        ]
    shard = shard_from(config.shard, os.environ)
    # What is wrong with one as with all is told before any work.
    refuse_unable(_item(config, *pairs[0]).config.validate())
    return [_item(config, *pair) for pair in pairs if shard.owns(pair[0])], left


def make_many(config: GenerateConfig, one: One, progress: Progress) -> dict[str, Any]:
    """Make each of many; one that fails costs itself alone.

    Args:
        one: makes the dance or video of one song and picture.

    Returns:
        A JSON-able summary; "failed" lists which could not be made, and why.

    Raises as `items_of`, and what would befall all others too.
    """
    items, left = items_of(config)
    for path in left:
        progress.warn(f"{path}: left out, it has no song or picture of its name")
    folder = _folder(config)
    folder.mkdir(parents=True, exist_ok=True)
    tally = _Tally()
    run = f"generate-{_digest(config, items)}"
    record_file = Workspace(config.workspace).run_record(run)
    with recorded_run([record_file], "generate", run, config, config.seed) as record:
        with loading_once(), progress.stage("all of them", len(items), "items") as advance:
            for item in items:
                progress.say(f"{item.target.name}:")
                _note(folder, tally.try_one(item, one, progress))
                advance(1)
        summary = {"folder": str(folder), "table": str(folder / TABLE), "items": len(items),
                   **asdict(tally), "left_out": left, "run": run}  # fmt: skip
        record.facts.update(summary)
        error = failure(summary)
        record.exit_code = 0 if error is None else error.exit_code
    progress.say(tally.words(len(items)))
    return summary


@dataclass
class _Tally:
    """What became of every item: made now, found finished, or failed with a reason."""

    made: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    failed: list[FailedItem] = field(default_factory=list)

    def try_one(self, item: Item, one: One, progress: Progress) -> dict[str, Any]:
        """Make an item; returns its row of the table."""
        row = {"file": item.target.name, "song": str(item.config.song),
               "picture": str(item.config.picture or "")}  # fmt: skip
        try:
            result = one(item.config, progress)
        except BadUsage as error:  # such as another file of that name
            note_failure(self.failed, item.target, error.what, progress)
        except Exception as error:
            note_failure(self.failed, item.target, error, progress)
        else:
            new = any(stage in result["stage_seconds"] for stage in _WORK)
            (self.made if new else self.there).append(str(item.target))
            return row | {"run": result["run"], "seconds": result["seconds"]}
        return row | {"failed": self.failed[-1]["reason"]}

    def words(self, count: int) -> str:
        """The whole in a line."""
        return (f"{count} in all: {len(self.made)} made, {len(self.there)} there already, "
                f"{len(self.failed)} failed")  # fmt: skip


def failure(summary: dict[str, Any]) -> SomeItemsFailed | None:
    """The error with which a run ends that finished although some could not be made."""
    where = f"the reasons stand above, and in {summary.get('table')}"
    return some_failed(summary.get("failed", []), f"of {summary.get('items')}", where)


def _named(place: Path, suffixes: Collection[str], what: str) -> dict[str, Path]:
    """Files by a name that tells them apart below the folder; one file has none."""
    if not place.is_dir():
        return {place.stem if what == "song" else "": place}
    found: dict[str, Path] = {}
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file() and not path.name.startswith("."):
            name = "-".join(path.relative_to(place).with_suffix("").parts)
            if name in found:
                raise BadUsage(f"{found[name]} and {path}: two of one name", "rename one of them")
            found[name] = path
    if not found:
        known = ", ".join(sorted(suffixes))
        raise UnsuitableInput(f"{place}: no {what} in this folder", f"known: {known}")
    return found


def _refuse_for_many(config: GenerateConfig) -> None:
    for flag, given in (("--ref-keypoints", config.ref_keypoints), ("--ref-mask", config.ref_mask),
                        ("--preview", config.preview)):  # fmt: skip
        if given is not None:
            raise BadUsage(f"{flag} is of one picture", "give one song and one picture")
    for flag, directed in (("--edit", config.edit), ("--pose", config.pose)):
        if directed and config.song is not None and config.song.is_dir():
            raise BadUsage(f"{flag} is of one song", "give one song")
    if not config.motion_only and (config.output is None or config.output.suffix == ".mp4"):
        raise BadUsage(
            "many videos need a folder" if config.output is None else
            f"-o {config.output}: many videos need a folder", "such as -o videos/",
        )  # fmt: skip
    if config.motion_out is not None and config.motion_out.suffix:
        raise BadUsage(
            f"--motion-out {config.motion_out}: many dances need a folder", "such as dances/"
        )


def _item(config: GenerateConfig, name: str, song: Song, picture: Path | None) -> Item:
    output = None if config.output is None else config.output / f"{name}.mp4"
    motion = None if config.motion_out is None else config.motion_out / f"{name}.npz"
    one = replace(config, picture=picture, output=output, motion_out=motion, shard=None,
                  split=None, by_name=False)  # fmt: skip
    return Item(name, song.asked(one))


def _folder(config: GenerateConfig) -> Path:
    folder = config.motion_out if config.motion_only else config.output
    if folder is None:
        raise BadUsage("--motion-only needs --motion-out", "such as --motion-out dances/")
    if config.motion_out is not None:
        config.motion_out.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(config: GenerateConfig, items: Sequence[Item]) -> str:
    given = [str(config.song), str(config.picture), str(_folder(config)), config.shard,
             [item.name for item in items]]  # fmt: skip
    return sha256_json(given)[:16]


def _note(folder: Path, row: dict[str, Any]) -> None:
    """Put a row into the folder's table, in place of an earlier one; several jobs may at once."""
    table = folder / TABLE
    with _alone_with(folder):
        lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
        rows = {one["file"]: one for one in map(json.loads, lines)}
        rows[row["file"]] = row
        text = "".join(f"{json.dumps(rows[name])}\n" for name in sorted(rows))
        write_text(table, text)


@contextmanager
def _alone_with(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
