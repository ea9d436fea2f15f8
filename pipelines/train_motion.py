"""`macedance train-motion`: teach a Motion Expert to dance to music.

The whole story: data sets, or a workspace, with their music -> pairs of dance and song -> some of
them held out -> the expert's own task of it -> the engine, which leaves checkpoints and a log. An
expert without a network is made of the same data by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.progress import SILENT, Progress

if TYPE_CHECKING:
    from pipelines.datasets.sequences import PairedSequence
    from pipelines.training.launch import Launch
    from pipelines.training.loop import Outcome


@dataclass(frozen=True)
class TrainMotionResult:
    """What a run leaves: its folder, its newest checkpoint, and how it went."""

    folder: Path
    checkpoint: Path | None
    step: int
    best_loss: float | None
    seconds_per_step: float
    feed_share: float
    sequences: int
    minutes: float
    skipped: list[str]


def plan(config: TrainMotionConfig) -> dict[str, Any]:
    """What `train-motion` would do, without doing it: the run named, the data listed.

    Raises:
        BadUsage: flags that do not fit.
        UnsuitableInput: no such data.
    """
    from pipelines.motion_expert.training.material import list_data
    from pipelines.workspace.layout import Workspace

    config.validate()
    how = config.expert_training()
    run = config.run_name()
    facts = {"expert": config.expert, "run": run,
             "folder": str(Workspace(config.workspace).motion_model(run))}  # fmt: skip
    return facts | (list_data(config) if how.plan is None else how.plan(config))


def train_motion(config: TrainMotionConfig, progress: Progress) -> TrainMotionResult:
    """Prepare the data, train, and leave checkpoints in `<workspace>/models/motion/<run>`.

    Running it again with the same options goes on where the last run stopped.

    Raises:
        BadUsage: flags that do not fit, or a run of this name with other options.
        UnsuitableInput: no usable data, or a loss that is not finite.
        OutOfResources: memory or disk ran out; the message says which batch fits.
        Interrupted: stopped by Ctrl-C, SIGTERM or SIGUSR1, after a checkpoint.
    """
    config.validate()
    how = config.expert_training()
    if how.make is not None:
        made = how.make(config, config.own(), progress)
        return TrainMotionResult(
            made.folder, made.folder, 0, None, 0.0, 0.0, made.takes, made.minutes, made.left_out
        )
    from pipelines.training.launch import Launch
    from pipelines.training.processes import leave_processes, training_device

    launch = Launch(training_device(config.device, config.threads), may_cut=False)
    try:
        return _train(config, launch, progress)
    finally:
        leave_processes()


def _train(config: TrainMotionConfig, launch: Launch, progress: Progress) -> TrainMotionResult:
    from pipelines.motion_expert.training.material import gather_data
    from pipelines.workspace.layout import Workspace

    leads = launch.processes.leads
    with launch.processes.leading_first():  # it fills the cache, the others read it
        sequences, skipped = gather_data(config, progress if leads else SILENT)
    minutes = sum(s.motion.seconds for s in sequences) / 60
    progress.say(f"{len(sequences)} paired dances, {minutes:.1f} minutes")
    folder = Workspace(config.workspace).motion_model(config.run_name())
    if config.prepare_only:
        return TrainMotionResult(folder, None, 0, None, 0.0, 0.0, len(sequences), minutes, skipped)
    outcome = _learn(config, sequences, folder, launch, progress)
    return TrainMotionResult(
        folder, outcome.checkpoint, outcome.step, outcome.best_loss, outcome.seconds_per_step,
        outcome.feed_share, len(sequences), minutes, skipped,
    )  # fmt: skip


def _learn(
    config: TrainMotionConfig,
    sequences: list[PairedSequence],
    folder: Path,
    launch: Launch,
    progress: Progress,
) -> Outcome:
    """Part the data, set up or take up the run, and train."""
    from pipelines.datasets.splits import split_takes
    from pipelines.motion_expert.training.material import Material, warn_of_other_data
    from pipelines.training.engine import Engine, EngineOptions
    from pipelines.training.same_run import check_same_run, remember_run

    identity = config.identity()
    train, held = split_takes(sequences, config.hold_out, config.seed)
    check_same_run(folder, identity, config.resume)
    remember_run(folder, identity, launch.processes)
    at_once = config.batch_size // (config.accumulate * launch.processes.count)
    material = Material(train, held, folder, launch.device, at_once, progress)
    how = config.expert_training()
    assert how.task is not None
    task = how.task(config, config.own(), material)
    task.facts |= {**material.facts(), "music": list(config.music)}
    warn_of_other_data(folder, task.facts, progress)
    return Engine(task, EngineOptions.of(config), folder, launch, progress).run()
