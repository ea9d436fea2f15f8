"""`train-motion --expert library`: dances of one's own become a library that can be danced from.

The whole story: data sets, folders or files -> takes, each kept once it was read -> some of them
held out -> what is slow to find out about the others -> the library, its card and its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.datasets.dance_files import dance_files
from pipelines.datasets.dance_take import DanceCollection, DanceTake
from pipelines.datasets.own_takes import is_kept, read_own_takes
from pipelines.datasets.splits import HELD_OUT, split_takes
from pipelines.motion_expert.interface import Made
from pipelines.motion_expert.library.card import library_card, library_doubts, library_facts
from pipelines.motion_expert.library.header import CONFIG_FILE, TENSORS_FILE
from pipelines.motion_expert.library.making_options import LibraryMakingOptions
from pipelines.motion_expert.library.prepare import build_library, grid_disagreements
from pipelines.motion_expert.library.storage import save_library
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import write_text
from pipelines.support.progress import Progress
from pipelines.training.same_run import check_same_run, note_run
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord, recorded_run
from pipelines.workspace.stages import alone_in

CARD_FILE = "CARD.md"


@dataclass(frozen=True)
class _Held:
    """A dance as `split_takes` sees one."""

    dance: DanceTake

    @property
    def take(self) -> str:
        return self.dance.name

    @property
    def group(self) -> str:
        return self.dance.group

    @property
    def genre(self) -> str:
        return self.dance.genre

    @property
    def split(self) -> str:
        return self.dance.split


def make_library(config: TrainMotionConfig, own: LibraryMakingOptions, progress: Progress) -> Made:
    """Read the dances and write library, card and record into the run's folder.

    The same command on the same files gives the same library, byte by byte.

    Raises:
        BadUsage: a run of this name with other options.
        UnsuitableInput: no folder, no dance in it, or none that can be counted.
    """
    own.validate()
    workspace = Workspace(config.workspace)
    run = config.run_name()
    folder = workspace.motion_model(run)
    check_same_run(folder, config.identity(), config.resume)
    records = [folder / "run.json", workspace.run_record(run)]
    with (
        alone_in(folder, progress),
        recorded_run(records, "train-motion", run, config, config.seed) as record,
    ):
        note_run(folder, config.identity())
        with record.timed("reading"):
            found = read_own_takes(
                config.data, _kept(config), own.lively, progress, config.workspace, config.split
            )
        for line in found.left_out:
            progress.warn(f"left out {line}")
        for line in found.notes:
            progress.warn(line)
        if not found.takes:
            places = ", ".join(str(path) for path in config.data)
            raise UnsuitableInput(
                f"no dance in {places} that a library can be made of",
                f"first reason: {found.left_out[0]}" if found.left_out else "",
            )
        return _written(config, found, folder, record, progress)


def _written(
    config: TrainMotionConfig, found: DanceCollection, folder: Path, record: RunRecord,
    progress: Progress,
) -> Made:  # fmt: skip
    takes, held = parted(found.takes, config)
    left_out = [*found.left_out, *(f"{take.name}: held out" for take in held)]
    with record.timed("preparing"):
        library = build_library(takes, left_out)
    notes = [*found.notes, *(f"off its grid: {line}" for line in grid_disagreements(library))]
    for line in library_doubts(library):
        progress.warn(line)
    save_library(library, folder)
    write_text(folder / CARD_FILE, library_card(folder.name, library, notes))
    facts = library_facts(library)
    record.facts |= facts | {"held_out": [take.name for take in held], "notes": notes}
    for name in (TENSORS_FILE, CONFIG_FILE, CARD_FILE):
        record.wrote(folder / name)
    styles = ", ".join(f"{name} {one['minutes']:.1f}" for name, one in facts["styles"].items())
    progress.say(
        f"{facts['takes']} takes, {facts['minutes']:.1f} minutes of dance: {styles}; "
        f"{len(left_out)} left out"
    )
    return Made(folder, len(takes), facts["minutes"], left_out)


def parted(
    takes: Sequence[DanceTake], config: TrainMotionConfig
) -> tuple[list[DanceTake], list[DanceTake]]:
    """Dances for the library and those held out: as asked for, else the data's own test takes.

    Without either nothing is held out: whoever brings dances wants to see them danced.
    """
    if not config.hold_out:
        held = {take.group for take in takes if take.split in HELD_OUT}
        kept = [take for take in takes if take.group not in held]
        if not kept:
            raise UnsuitableInput("all of these dances are of the data's held-out splits",
                                  "--hold-out 0 takes them all the same")  # fmt: skip
        return kept, [take for take in takes if take.group in held]
    train, apart = split_takes([_Held(take) for take in takes], config.hold_out, config.seed)
    return [one.dance for one in train], [one.dance for one in apart]


def plan_library(config: TrainMotionConfig) -> dict[str, Any]:
    """What is there to be read, without reading it, JSON-able."""
    work, skipped = [], []
    for place in config.data:
        files, lines = dance_files(place, _kept(config), config.workspace, config.split)
        work += files
        skipped += lines
    return {
        "takes": len(work),
        "with a song": sum(files.has_song for files in work),
        "read before": sum(is_kept(files, _kept(config)) for files in work),
        "left out": skipped,
    }


def _kept(config: TrainMotionConfig) -> Path:
    return config.workspace / "features"
