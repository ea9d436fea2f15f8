"""What a run of `train-motion --stage generator` needs of the runs before it."""

from __future__ import annotations

import torch

from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.generator_task import generator_task
from pipelines.motion_expert.infinitedance.header import part_folder
from pipelines.motion_expert.infinitedance.references import (
    References,
    build_bank,
    load_retrieval,
)
from pipelines.motion_expert.infinitedance.storage import load_part, same_music
from pipelines.motion_expert.infinitedance.tokenizer_task import load_tokenizer
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.task import Task

_BANK_STEP = Span(16)
"""Windows of the bank lie half a window apart."""


def generator_run(
    config: TrainMotionConfig, own: InfiniteDanceTrainingOptions, material: Material
) -> Task:
    """The generator's task, its tokenizer read, its bank built from the training dances.

    Raises:
        BadUsage: no --tokenizer.
        MissingAsset, UnsuitableInput: a run that is named holds no such part or a damaged one, or
            this run learned the tokens of another tokenizer.
    """
    if not own.tokenizer:
        raise BadUsage("--stage generator: needs the --tokenizer whose tokens it learns",
                       "train one with --stage tokenizer")  # fmt: skip
    tokenizer, stored = load_tokenizer(part_folder(own.tokenizer, "tokenizer", "tokenizer"))
    latest = Checkpoints(material.folder, keep=1).latest()
    if latest is not None:
        known = load_part(latest, "tokenizer").weights
        if any(not torch.equal(known[name], value) for name, value in stored.weights.items()):
            raise UnsuitableInput(f"{material.folder}: learned the tokens of another tokenizer",
                                  "name that one, or another --run")  # fmt: skip
    genres = tuple(sorted({s.genre for s in material.train if s.genre}))
    references, window = None, own.whole_window()
    if own.retrieval:
        network = load_retrieval(part_folder(own.retrieval, "retrieval", "retrieval"))
        heard = next((s.heard.schema for s in material.train if s.heard), FEATURE_SCHEMA)
        same_music(network.config.schema, heard, f"--retrieval {own.retrieval}")
        window = Span.of_frames(network.config.frames)
        step = Span(min(_BANK_STEP.cells, window.cells))
        bank = build_bank(network, tokenizer, material.train, genres, step, stored.sha256)
        references = References(network, bank, tokenizer, own.references)
        material.progress.say(f"a bank of {len(bank)} windows")
        rare = [g for n, g in enumerate(genres) if not bank.enough(n, own.references)]
        if rare:
            material.progress.say(
                f"too few recordings of {', '.join(rare)} for {own.references} references: "
                "they are found among all styles"
            )
    return generator_task(config, material, tokenizer, references, genres, own, window)
