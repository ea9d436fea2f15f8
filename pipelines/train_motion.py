"""`macedance train-motion`: teach the Motion Expert to dance to music."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT, Progress

if TYPE_CHECKING:
    import torch
    from torch import nn

    from pipelines.datasets.sequences import PairedSequence
    from pipelines.datasets.windows import Batch, Windows
    from pipelines.motion_expert.mace.checkpoint import Checkpoint
    from pipelines.motion_expert.mace.engine import Course, Engine
    from pipelines.motion_expert.mace.presets import MotionExpertConfig
    from pipelines.training.feed import Tensors
    from pipelines.training.processes import Processes

_FITTED_WINDOWS = 2048
"""Drawn for what is fitted in closed form: mean, spectrum and mean bars."""
_SAMPLES = 3
"""Held-out songs that are danced to, for looking at, after each validation."""


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


def train_motion(config: TrainMotionConfig, progress: Progress) -> TrainMotionResult:
    """Prepare the data, train, and leave checkpoints in `<workspace>/models/motion/<run>`.

    Running it again with the same options goes on where the last run stopped.

    Raises:
        BadUsage: flags that do not fit, or a run of this name with other options.
        UnsuitableInput: no usable data, or a loss that is not finite.
        OutOfResources: memory or disk ran out; the message says which batch fits.
        Interrupted: stopped by SIGTERM or SIGUSR1, after a checkpoint.
    """
    from pipelines.training.processes import join_processes, leave_processes

    config.validate()
    device = _device(config)
    processes = join_processes(device.type)
    try:
        return _train(config, device, processes, progress)
    finally:
        leave_processes()


def _train(
    config: TrainMotionConfig, device: torch.device, processes: Processes, progress: Progress
) -> TrainMotionResult:
    if not processes.leads:
        processes.wait()  # the first process fills the cache, the others read it
    sequences, skipped = gather_data(config, progress if processes.leads else SILENT)
    if processes.leads:
        processes.wait()
    minutes = sum(s.motion.seconds for s in sequences) / 60
    progress.say(f"{len(sequences)} paired dances, {minutes:.1f} minutes")
    folder = config.workspace / "models" / "motion" / config.run_name()
    if config.prepare_only:
        return TrainMotionResult(folder, None, 0, None, 0.0, 0.0, len(sequences), minutes, skipped)
    engine = _engine(config, sequences, folder, device, processes, progress)
    outcome = engine.run()
    return TrainMotionResult(
        folder, outcome.checkpoint, outcome.step, outcome.best_loss, outcome.seconds_per_step,
        outcome.feed_share, len(sequences), minutes, skipped,
    )  # fmt: skip


def gather_data(
    config: TrainMotionConfig, progress: Progress
) -> tuple[list[PairedSequence], list[str]]:
    """Every usable pair of dance and features in `config.data`, and what was skipped and why."""
    from pipelines.datasets.preparation import Preparation

    preparation = Preparation(
        config.workspace / "features", config.music, config.max_tempo_change, config.seed, progress
    )
    for folder in config.data:
        preparation.add(folder)
    for line in preparation.skipped:
        progress.warn(f"skipped {line}")
    if not preparation.sequences:
        raise UnsuitableInput(
            f"no usable dance in {', '.join(str(path) for path in config.data)}",
            f"first reason: {preparation.skipped[0]}" if preparation.skipped else "",
        )
    return preparation.sequences, preparation.skipped


def _device(config: TrainMotionConfig) -> torch.device:
    from pipelines.training.processes import training_device

    return training_device(config.device, config.threads)


def _network_config(
    config: TrainMotionConfig, sequences: list[PairedSequence]
) -> MotionExpertConfig:
    """The preset with the ablation switches, and with the genres that the data name.

    The preset's own list stays when it covers them all, so that checkpoints agree on the order.
    """
    from pipelines.motion_expert.mace.presets import PRESETS

    preset = PRESETS[config.preset]
    network = replace(
        preset,
        beat_clock=preset.beat_clock if config.beat_clock is None else config.beat_clock,
        guidance=cast(Any, config.guidance),
        backbone=cast(Any, config.backbone),
        null="add" if config.objective == "official" else "replace",
    )
    named = {s.genre for s in sequences if s.genre}
    if named and not {n.lower() for n in named} <= {g.lower() for g in network.genres}:
        network = network.with_genres(tuple(sorted(named)))
    return network


def _joined(
    known: tuple[str, ...], named: tuple[str, ...], train: list[PairedSequence]
) -> tuple[str, ...]:
    """The genres of the first weights, and behind them those that only the data name."""
    in_data = {s.genre.lower() for s in train if s.genre} - {name.lower() for name in known}
    return known + tuple(name for name in named if name.lower() in in_data)


def _engine(
    config: TrainMotionConfig,
    sequences: list[PairedSequence],
    folder: Path,
    device: torch.device,
    processes: Processes,
    progress: Progress,
) -> Engine:
    """Split the data, set up or take up the run, and hand the engine its course."""
    from pipelines.datasets.augmentation import Augmentation
    from pipelines.datasets.splits import split_takes
    from pipelines.datasets.windows import Windows
    from pipelines.motion_expert.mace.checkpoint import load_checkpoint
    from pipelines.motion_expert.mace.engine import Engine, EngineOptions
    from pipelines.training.same_run import check_same_run, remember_run

    identity = config.identity()
    train, held = split_takes(sequences, config.hold_out, config.seed)
    check_same_run(folder, identity, config.resume)
    remember_run(folder, identity, processes)
    known = _known_checkpoint(folder)
    network = _network_config(config, train)
    first = load_checkpoint(config.init_folder()) if config.init and known is None else None
    if known is not None:
        network = network.with_genres(known.config.genres)
    elif first is not None:
        network = network.with_genres(_joined(first.config.genres, network.genres, train))
    windows = Windows(
        train, network.genres, config.window, config.stride, config.balance, network.beat_clock
    )
    held_windows = None
    if any(s.motion.frames >= config.window for s in held):
        held_windows = Windows(held, network.genres, config.window, config.stride)
    takes_held = len({s.group for s in held})
    progress.say(f"{len(windows)} training windows; {takes_held} groups of takes held out")
    digest = data_digest(train)
    if known is not None and known.metadata.get("data_digest") != digest:
        progress.warn("the training data changed since this run began; it goes on with the new")
    augment = Augmentation(
        config.mirror, config.turn, 0.0 if _is_official(config) else 0.1, config.swap_timbre
    )
    options = EngineOptions(
        steps=config.steps, batch_size=config.batch_size, lr=config.lr,
        optimizer=config.optimizer, weight_decay=config.weight_decay, warmup=config.warmup,
        schedule=config.schedule, ema_decay=config.ema_decay, grad_clip=config.grad_clip,
        accumulate=config.accumulate, seed=config.seed, bf16=_wants_bf16(config, device),
        augment=augment, validate_every=config.validate_every,
        checkpoint_every=config.checkpoint_every, keep=config.keep, workers=config.workers,
    )  # fmt: skip
    course = _course(config, network, known, first, windows, held_windows, folder, device)
    course.facts.update(
        data_digest=digest, training_minutes=round(windows.frames / 1800, 2),
        held_out=sorted({s.take for s in held}), music=list(config.music),
    )  # fmt: skip
    return Engine(course, options, folder, device, processes, progress)


def _course(
    config: TrainMotionConfig,
    network: MotionExpertConfig,
    known: Checkpoint | None,
    first: Checkpoint | None,
    windows: Windows,
    held: Windows | None,
    folder: Path,
    device: torch.device,
) -> Course:
    """The network, its loss and its scaling; the scaling of a run that went before is kept."""
    import torch

    from pipelines.datasets.augmentation import Augmentation
    from pipelines.motion.representation import Normalizer, Standardizer
    from pipelines.motion_expert.mace.checkpoint import Checkpoint, save_checkpoint
    from pipelines.motion_expert.mace.engine import Course
    from pipelines.motion_expert.mace.network import MotionExpert
    from pipelines.motion_expert.mace.objective import Objective, ObjectiveConfig
    from pipelines.motion_expert.mace.validation import find_ones, validated
    from pipelines.motion_expert.mace.warm_start import start_from
    from pipelines.music.features import FEATURE_SCHEMA

    before = known or first
    if before is None:
        normalizer = Normalizer.fit([windows.extremes(Augmentation(config.mirror, config.turn))])
        standardizer = Standardizer.fit(windows.features)
    else:
        normalizer, standardizer = before.normalizer, before.standardizer
    torch.manual_seed(config.seed)
    model = MotionExpert(network).to(device)
    if first is not None:
        start_from(model, first)
    kind, guidance = cast(Any, config.objective), cast(Any, config.guidance)
    settings = ObjectiveConfig(kind=kind, guidance=guidance)
    objective = Objective(settings, normalizer, device, model.precondition)

    def prepare(batch: Batch) -> Tensors:
        music = standardizer.transform(batch.music)
        if network.beat_clock:
            music = np.concatenate([music, batch.clock], axis=-1)
        return {
            "x_BTK": torch.from_numpy(normalizer.transform(batch.motion)),
            "music_BTF": torch.from_numpy(music),
            "genre_B": torch.from_numpy(batch.genre),
        }

    if known is None and model.precondition is not None:
        augment = Augmentation(config.mirror, config.turn)
        drawn = prepare(windows.draw(_FITTED_WINDOWS, (config.seed, 0, 0), augment))
        model.fit_means(*(drawn[name].to(device) for name in ("x_BTK", "music_BTF", "genre_B")))

    if held is not None:
        find_ones(model, prepare, held, validated(held))

    def save_weights(target: Path, average: nn.Module, facts: dict[str, Any]) -> None:
        weights = average.state_dict()
        save_checkpoint(
            target, Checkpoint(network, weights, normalizer, standardizer, FEATURE_SCHEMA, facts)
        )

    def sample(step: int, average: nn.Module) -> dict[str, float]:
        assert held is not None
        weights = average.state_dict()
        checkpoint = Checkpoint(network, weights, normalizer, standardizer, FEATURE_SCHEMA, {})
        return _look_at_samples(checkpoint, held, folder / "samples" / f"step-{step:08d}", device)

    return Course(
        model, objective.loss, prepare, windows, held, save_weights, sample if held else None
    )


def _look_at_samples(
    checkpoint: Checkpoint, held: Windows, target: Path, device: torch.device
) -> dict[str, float]:
    """Dance to a few held-out songs: a motion and a contact sheet each, and figures for the log."""
    from pipelines.body.preview import render_preview
    from pipelines.metrics.feet import foot_skating_ratio
    from pipelines.metrics.smoothness import jitter
    from pipelines.motion.npz import save_npz
    from pipelines.motion_expert.mace.choreographer import Choreographer
    from pipelines.motion_expert.mace.options import SamplingConfig

    choreographer = Choreographer(checkpoint, device)
    figures: dict[str, list[float]] = {"foot_skating": [], "jitter": []}
    for number in np.linspace(0, len(held.features) - 1, _SAMPLES).astype(int):
        genre = held.genre[number]
        label = checkpoint.config.genres[genre] if genre >= 0 else None
        song = held.features[number][: 2 * held.window]
        (motion, _), *_ = choreographer.dance(
            song, checkpoint.feature_schema, SamplingConfig(genre=label)
        )
        joints = motion.joints()
        figures["foot_skating"].append(foot_skating_ratio(joints, motion.fps).ratio)
        figures["jitter"].append(jitter(joints, motion.fps))
        save_npz(motion, target / f"{number:05d}.npz")
        render_preview(motion.rotations(), motion.trans, target / f"{number:05d}.png")
    known = {name: [v for v in values if np.isfinite(v)] for name, values in figures.items()}
    return {name: float(np.mean(values)) for name, values in known.items() if values}


def _is_official(config: TrainMotionConfig) -> bool:
    return config.objective == "official"


def _wants_bf16(config: TrainMotionConfig, device: torch.device) -> bool:
    import torch

    if config.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return config.precision == "bf16"


def _known_checkpoint(folder: Path) -> Checkpoint | None:
    from pipelines.motion_expert.mace.checkpoint import load_checkpoint
    from pipelines.training.checkpoints import Checkpoints

    latest = Checkpoints(folder, keep=1).latest()
    return None if latest is None else load_checkpoint(latest)


def data_digest(sequences: Sequence[PairedSequence]) -> str:
    """SHA-256 over every frame and feature, in order."""
    digest = hashlib.sha256()
    for sequence in sequences:
        for array in (sequence.motion.poses, sequence.motion.trans, sequence.features):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
