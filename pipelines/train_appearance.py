"""`macedance train-appearance`: teach the Appearance Expert to follow a dance and to look right.

The whole story: clips of `render` and `curate` -> encoded once, by Wan-Animate's frozen encoders,
into files -> one of the paper's two stages learns from them -> a body adapter, or a LoRA, that
`generate` lays over the stock model.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.appearance_expert.training.plan import plan
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.support.errors import SomeItemsFailed
from pipelines.support.failed_items import FailedItem, some_failed
from pipelines.support.files import sha256_json
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.shards import Shard, shard_from

if TYPE_CHECKING:
    from pipelines.appearance_expert.wan.weights import WanWeights
    from pipelines.training.launch import Launch

__all__ = ["TrainAppearanceConfig", "TrainAppearanceResult", "failure", "plan", "train_appearance"]


@dataclass(frozen=True)
class TrainAppearanceResult:
    """What a run leaves: its folder, its newest checkpoint, and how it went.

    Attributes:
        learned: what to give to `generate`, or to the next stage.
        skipped: clips that were left out, and why; failed: those that could not be encoded.
    """

    folder: Path
    checkpoint: Path | None
    learned: Path | None
    step: int
    best_loss: float | None
    seconds_per_step: float
    feed_share: float
    clips: int
    segments: int
    skipped: list[str]
    failed: list[FailedItem]


def failure(result: TrainAppearanceResult) -> SomeItemsFailed | None:
    """The error with which a run ends that finished although some clips could not be encoded."""
    return some_failed(result.failed, f"of {result.clips} clips", "the reasons stand above")


def train_appearance(config: TrainAppearanceConfig, progress: Progress) -> TrainAppearanceResult:
    """Encode the clips, train one stage, and leave checkpoints in models/appearance/<run>.

    Running it again with the same options goes on where the last run stopped.

    Raises:
        BadUsage: flags that do not fit, or a run of this name with other options.
        UnsuitableInput: no usable clips, another model, or a loss that is not finite.
        MissingAsset: weights are missing or half downloaded; says which.
        OutOfResources: memory or disk ran out; says what fits.
        Interrupted: stopped by Ctrl-C, SIGTERM or SIGUSR1, after a checkpoint.
    """
    from pipelines.appearance_expert.wan.weights import find_wan
    from pipelines.training.launch import Launch
    from pipelines.training.processes import leave_processes, training_device

    config.validate()
    weights = find_wan(config.model)
    launch = Launch(training_device(config.device, config.threads))
    try:
        launch.check_average(config.ema_decay)
        return _train(config, weights, launch, progress if launch.processes.leads else SILENT)
    finally:
        leave_processes()


def _train(
    config: TrainAppearanceConfig, weights: WanWeights, launch: Launch, progress: Progress
) -> TrainAppearanceResult:
    from pipelines.appearance_expert.training.clips import gather_clips
    from pipelines.appearance_expert.training.latents import encode_clips, refuse_nothing
    from pipelines.appearance_expert.training.stage_run import task_of
    from pipelines.appearance_expert.training.stages import learned_file
    from pipelines.appearance_expert.wan.weights import require_complete
    from pipelines.training.engine import Engine, EngineOptions
    from pipelines.training.same_run import check_same_run, remember_run

    require_complete(weights, without=frozenset({"text_encoder", "tokenizer"}))
    clips, skipped = gather_clips(config.sources(), progress)
    identity = config.identity(weights)
    name = config.run or f"{config.stage}-{sha256_json(identity)[:8]}"
    folder = Workspace(config.workspace).appearance_model(name)
    shard = shard_from(config.shard, os.environ) if config.encode_only else Shard()
    encoded = encode_clips(config, weights, clips, shard, launch, progress)
    skipped += encoded.skipped
    refuse_nothing(config, encoded, skipped)
    counts = len(clips), encoded.count
    progress.say(f"{counts[0]} clips, {counts[1]} segments; {len(encoded.held)} held out")
    if config.encode_only:
        return TrainAppearanceResult(
            encoded.folder, None, None, 0, None, 0.0, 0.0, *counts, skipped, encoded.failed
        )
    check_same_run(folder, identity, config.resume)
    task = task_of(config, weights, encoded, folder, launch, progress)
    options = EngineOptions.of(
        config, steps=config.updates(len(encoded.segments)), lr=config.learning_rate(),
        ema_decay=config.ema_decay or None,
    )  # fmt: skip
    engine = Engine(task, options, folder, launch, progress)
    remember_run(folder, identity, launch.processes)
    outcome = engine.run()
    return TrainAppearanceResult(
        folder, outcome.checkpoint, learned_file(outcome.checkpoint, config.stage), outcome.step,
        outcome.best_loss, outcome.seconds_per_step, outcome.feed_share, *counts, skipped, [],
    )  # fmt: skip
