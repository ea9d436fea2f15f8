"""What `train-motion` trains for MACE: network, objective, batches, and what is kept of it.

The paper's 3.2; docs/reference/motion-expert.md has losses, sizes and departures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Batch, Windows
from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.mace.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pipelines.motion_expert.mace.looking import look_at_samples
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.objective import Objective, ObjectiveConfig
from pipelines.motion_expert.mace.presets import PRESETS, MotionExpertConfig
from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.motion_expert.mace.training_state import Numbered
from pipelines.motion_expert.mace.validation import find_ones, held_out_loss, validated
from pipelines.motion_expert.mace.warm_start import start_from
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices, adan
from pipelines.training.precision import HalfPrecision, wants_bf16
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

_FITTED_WINDOWS = 2048
"""Drawn for what is fitted in closed form: mean, spectrum and mean bars."""

WORDS = Words(
    "window", "windows", "use a smaller --preset or --window",
    "--preset, --backbone and --optimizer",
)  # fmt: skip


@dataclass(frozen=True)
class Scaling:
    """From windows to what the network takes.

    Attributes:
        normalizer: of motion. standardizer: of music.
        counts: whether the network hears the beats counted.
    """

    normalizer: Normalizer
    standardizer: Standardizer
    counts: bool

    def prepare(self, batch: Batch) -> Tensors:
        """x_BTK, music_BTF and genre_B of windows, on the CPU."""
        music = self.standardizer.transform(batch.music)
        if self.counts:
            music = np.concatenate([music, batch.clock], axis=-1)
        return {
            "x_BTK": torch.from_numpy(self.normalizer.transform(batch.motion)),
            "music_BTF": torch.from_numpy(music),
            "genre_B": torch.from_numpy(batch.genre),
        }


def mace_task(config: TrainMotionConfig, options: MaceTrainingOptions, material: Material) -> Task:
    """The task of a run: begun anew, with the weights of another run, or gone on with.

    Args:
        config: what `train-motion` was asked to do.
        options: MACE's own part of that.
        material: dances to learn from.

    Raises:
        BadUsage, MissingAsset, UnsuitableInput: the weights of `--init` do not fit, or are none.
    """
    latest = Checkpoints(material.folder, keep=1).latest()
    known = None if latest is None else load_checkpoint(latest)
    first = load_checkpoint(config.init_folder()) if config.init and known is None else None
    network = network_config(config.preset, options, material.train)
    if known is not None:
        begun = known.config
        network = replace(
            network, genres=begun.genres, beat_gate=begun.beat_gate, beat_weight=begun.beat_weight
        )
    elif first is not None:
        genres = joined_genres(first.config.genres, network.genres, material.train)
        network = network.with_genres(genres)
    windows = Windows(
        material.train, network.genres, config.window, config.stride, config.balance,
        network.beat_clock, options.in_step,
    )  # fmt: skip
    scaling = _scaling(known or first, windows, _postures(config), network.beat_clock)
    torch.manual_seed(config.seed)
    model = MotionExpert(network).to(material.device)
    if first is not None:
        start_from(model, first)
    if known is None and model.precondition is not None:
        key = (config.seed, 0, 0)
        drawn = scaling.prepare(windows.draw(_FITTED_WINDOWS, key, _postures(config)))
        model.fit_means(*(drawn[n].to(material.device) for n in ("x_BTK", "music_BTF", "genre_B")))
    return _Training(config, options, material, model, scaling, windows).task()


def network_config(
    preset: str, options: MaceTrainingOptions, train: list[PairedSequence]
) -> MotionExpertConfig:
    """The preset with the ablation switches, and with the genres that the data name.

    The preset's own list stays when it covers them all, so that checkpoints agree on the order.
    """
    sizes = PRESETS[preset]
    network = replace(
        sizes,
        beat_clock=sizes.beat_clock if options.beat_clock is None else options.beat_clock,
        beat_gate=sizes.beat_gate if options.beat_gate is None else options.beat_gate,
        guidance=options.guidance,
        backbone=options.backbone,
        null="add" if options.objective == "official" else "replace",
    )
    named = {s.genre for s in train if s.genre}
    if named and not {n.lower() for n in named} <= {g.lower() for g in network.genres}:
        network = network.with_genres(tuple(sorted(named)))
    return network


def joined_genres(
    known: tuple[str, ...], named: tuple[str, ...], train: list[PairedSequence]
) -> tuple[str, ...]:
    """The genres of the first weights, and behind them those that only the data name."""
    in_data = {s.genre.lower() for s in train if s.genre} - {name.lower() for name in known}
    return known + tuple(name for name in named if name.lower() in in_data)


def _postures(config: TrainMotionConfig) -> Augmentation:
    return Augmentation(config.mirror, config.turn)


def _scaling(
    before: Checkpoint | None, windows: Windows, augment: Augmentation, counts: bool
) -> Scaling:
    """That of the weights that went before, else what fits the windows."""
    if before is not None:
        return Scaling(before.normalizer, before.standardizer, counts)
    return Scaling(
        Normalizer.fit([windows.extremes(augment)]), Standardizer.fit(windows.features), counts
    )


class _Training:
    """The parts of a task over one network."""

    def __init__(
        self,
        config: TrainMotionConfig,
        options: MaceTrainingOptions,
        material: Material,
        model: MotionExpert,
        scaling: Scaling,
        windows: Windows,
    ) -> None:
        self.config, self.options, self.material = config, options, material
        self.model, self.scaling, self.windows = model, scaling, windows
        self.augment = Augmentation(
            config.mirror, config.turn, 0.0 if options.objective == "official" else 0.1,
            config.swap_timbre,
        )  # fmt: skip
        settings = ObjectiveConfig(
            kind=options.objective, guidance=options.guidance, beta_one=options.beta_one
        )
        self.objective = Objective(
            settings, scaling.normalizer, material.device, model.precondition
        )
        bf16 = wants_bf16(config.precision, material.device)
        self.half = HalfPrecision(model) if bf16 else None
        self.held = self._held_windows()
        self.held_counted = False

    def _held_windows(self) -> Windows | None:
        config, held = self.config, self.material.held
        if all(s.motion.frames < config.window for s in held):
            return None
        return Windows(
            held, self.model.config.genres, config.window, config.stride,
            in_step=self.options.in_step,
        )  # fmt: skip

    def task(self) -> Task:
        """All of it, for the engine."""
        config, material = self.config, self.material
        groups = len({s.group for s in material.held})
        material.progress.say(
            f"{len(self.windows)} training windows; {groups} groups of takes held out"
        )
        fused = material.device.type == "cuda"
        return Task(
            network=self.model,
            draw=self.draw,
            loss=self.loss,
            optimizer=adan(config.lr, config.weight_decay)
            if config.optimizer == "adan"
            else adamw_of_matrices(config.lr, config.weight_decay, fused),
            save=self.save,
            words=WORDS,
            held_out=self.held_out if self.held else None,
            settings={
                "optimizer": config.optimizer, "weight_decay": config.weight_decay,
                "bf16": self.half is not None, "augment": asdict(self.augment),
            },
            facts={"training_minutes": round(self.windows.frames / 1800, 2)},
            noise_device=material.device,
            state=Numbered(),
        )  # fmt: skip

    def draw(self, size: int, key: Key) -> Tensors:
        """So many windows, ready for the loss."""
        return self.scaling.prepare(self.windows.draw(size, key, self.augment))

    def loss(
        self, network: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """The objective's, in the number format that was asked for."""
        called: Any = network if self.half is None else self.half
        return self.objective.loss(called, batch, generator)

    def held_out(
        self, network: MotionExpert, step: int, log: TrainingLog | None
    ) -> dict[str, float]:
        """The loss in full precision; with a log also a look at dances to held-out songs."""
        assert self.held is not None
        device = self.material.device
        if not self.held_counted:
            # Not earlier: a run that goes on has its mean bars from the checkpoint.
            find_ones(self.model, self.scaling.prepare, self.held, validated(self.held))
            self.held_counted = True
        figures = held_out_loss(
            network, self.objective.loss, self.scaling.prepare, self.held, device,
            self.material.at_once,
        )  # fmt: skip
        if log is not None:
            target = self.material.folder / "samples" / f"step-{step:08d}"
            checkpoint = self._checkpoint(network.state_dict(), {})
            figures |= look_at_samples(checkpoint, self.held, target, device)
        return figures

    def save(self, folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        """The averaged weights with what is needed to dance."""
        weights = {n: learned.get(n, value) for n, value in self.model.state_dict().items()}
        save_checkpoint(folder, self._checkpoint(weights, facts))

    def _checkpoint(self, weights: Tensors, facts: dict[str, Any]) -> Checkpoint:
        scaling = self.scaling
        return Checkpoint(
            self.model.config, weights, scaling.normalizer, scaling.standardizer, FEATURE_SCHEMA,
            facts,
        )  # fmt: skip
