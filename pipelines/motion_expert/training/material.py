"""What every Motion Expert is trained on: dances with their songs, parted, and a place for the run.

Nothing here knows which expert it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    import torch

    from pipelines.datasets.sequences import PairedSequence
    from pipelines.music.recipes.recipe import Recipe


@dataclass(frozen=True)
class Material:
    """What an expert makes its task of.

    Attributes:
        train, held: paired dances to learn from, and those that are held out.
        folder: the run's.
        device: where to train.
        at_once: windows that one process sees at once.
        progress: who listens.
    """

    train: list[PairedSequence]
    held: list[PairedSequence]
    folder: Path
    device: torch.device
    at_once: int
    progress: Progress

    def facts(self) -> dict[str, Any]:
        """What checkpoints keep of it, JSON-able."""
        return {"data_digest": data_digest(self.train),
                "held_out": sorted({s.take for s in self.held})}  # fmt: skip


def gather_data(
    config: TrainMotionConfig, progress: Progress
) -> tuple[list[PairedSequence], list[str]]:
    """Every usable pair of dance and features in `config.data`, and what was skipped and why.

    Raises UnsuitableInput where nothing is usable.
    """
    from pipelines.datasets.preparation import Preparation
    from pipelines.motion_expert.training.library_data import add_library, dances_in, library_at

    preparation = Preparation(
        config.workspace / "features",
        config.music,
        config.max_tempo_change,
        config.seed,
        progress,
        config.split,
        recipe_heard(config),
    )
    for folder in config.data:
        library = library_at(folder)
        if library is None:
            preparation.add(folder)
            continue
        progress.say(f"{folder}: dance library, {dances_in(library, config.split)} dances")
        add_library(preparation, library)
    for line in preparation.skipped:
        progress.warn(f"skipped {line}")
    if not preparation.sequences:
        raise UnsuitableInput(
            f"no usable dance in {', '.join(str(path) for path in config.data)}",
            f"first reason: {preparation.skipped[0]}" if preparation.skipped else "",
        )
    return preparation.sequences, preparation.skipped


def recipe_heard(config: TrainMotionConfig) -> Recipe | None:
    """The recipe that the pairs need besides the 35 features; None: none.

    Raises BadUsage, and MissingAsset where what it needs is not there.
    """
    from pipelines.music.recipes.table import RECIPES

    asked = config.expert_training().hears
    name = "" if asked is None else asked(config, config.own())
    if not name:
        return None
    recipe = RECIPES[name]
    if recipe.check is not None:
        recipe.check()
    return recipe


def list_data(config: TrainMotionConfig) -> dict[str, Any]:
    """What is there to be paired, without reading it, JSON-able; raises UnsuitableInput."""
    from pipelines.datasets.listing import without_music
    from pipelines.datasets.official import list_split, refuse_split_of_pairs
    from pipelines.datasets.paired import is_paired
    from pipelines.motion_expert.training.library_data import dances_in, library_at

    dances, silent, left_out = 0, 0, []
    for folder in config.data:
        if (library := library_at(folder)) is not None:
            found = dances_in(library, config.split)
            dances, silent = dances + found, silent + found
            continue
        if not folder.is_dir():
            raise UnsuitableInput(f"{folder}: no such folder", "--data names data set folders")
        if is_paired(folder):
            refuse_split_of_pairs(folder, config.split)
            dances += len(list(folder.glob("*.npz")))
            continue
        _, listing = list_split(folder, config.split)
        dances += len(listing.takes)
        silent += len(without_music(listing.takes))
        left_out += listing.skipped
    return {"dances": dances, "without music": silent, "music": list(config.music),
            "left out": left_out, "steps": config.steps}  # fmt: skip


def data_digest(sequences: Sequence[PairedSequence]) -> str:
    """SHA-256 over every frame and feature, in order."""
    digest = hashlib.sha256()
    for sequence in sequences:
        heard = () if sequence.heard is None else (sequence.heard.values,)
        motion = sequence.motion
        for array in (motion.poses, motion.trans, sequence.features, *heard):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def warn_of_other_data(folder: Path, facts: dict[str, Any], progress: Progress) -> None:
    """Say so where a run goes on with other training data than it began with.

    Args:
        folder: the run's.
        facts: of the data of now, as `Material.facts` has them.
        progress: who listens.
    """
    from pipelines.training.checkpoints import FACTS, Checkpoints

    latest = Checkpoints(folder, keep=1).latest()
    if latest is None:
        return
    if read_json(latest / FACTS).get("data_digest") != facts["data_digest"]:
        progress.warn("the training data changed since this run began; it goes on with the new")
