"""What MEGADance's stage "tokenizer" trains (paper 3.2). Music is not looked at."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.windows import Windows
from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.megadance.checkpoint import (
    load_megadance,
    load_tokenizer,
    save_tokenizer,
)
from pipelines.motion_expert.megadance.halves import HalfScaling
from pipelines.motion_expert.megadance.header import refuse_released
from pipelines.motion_expert.megadance.presets import TOKENIZERS, TokenizerConfig
from pipelines.motion_expert.megadance.tokenizer.linear_start import begin_linear
from pipelines.motion_expert.megadance.tokenizer.losses import (
    TokenizerLosses,
    reconstruction,
    tokenizer_loss,
)
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.motion_expert.megadance.windows import whole_tokens
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import BadUsage
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices, adan
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

_JUDGED, _FITTED = 256, 512
"""Held-out windows that are looked at; training windows that a new network is fitted to."""

WORDS = Words("window", "windows", "use a smaller --preset or --window",
              "--preset, --quantizer and --optimizer")  # fmt: skip


def tokenizer_task(
    config: TrainMotionConfig, options: MegaDanceTrainingOptions, material: Material
) -> Task:
    """The task of a run: begun anew or gone on with.

    Raises BadUsage for a window of less than two tokens, UnsuitableInput for no dance as long,
    and what `load_first` raises.
    """
    window = whole_tokens(config, material.progress)
    windows = Windows(material.train, (), window, config.stride, config.balance)
    latest = Checkpoints(material.folder, keep=1).latest()
    torch.manual_seed(config.seed)
    shape = replace(TOKENIZERS[config.preset], quantizer=options.quantizer)
    if latest is None and config.init:
        network = load_first(config.init_folder(), shape)
    elif latest is None:
        drawn = windows.draw(_FITTED, (config.seed, 0, 0), _changes(config)).motion
        network = Tokenizer(shape, HalfScaling.fit(drawn))
        begin_linear(network, torch.from_numpy(drawn))
    else:  # its scaling; the engine brings its weights
        network = Tokenizer(shape)
        network.scaling = load_tokenizer(latest)[0].scaling
    long = [s for s in material.held if s.motion.frames >= window]
    held = Windows(long, (), window, config.stride) if long else None
    return _Training(config, options, material, network.to(material.device), windows, held).task()


def load_first(folder: Path | None, shape: TokenizerConfig) -> Tokenizer:
    """The tokenizer that a run begins with: a trained one, or that of a generator's folder.

    Args:
        folder: None for what ships. shape: that the run asked for.

    Raises:
        BadUsage: it is of another shape. MissingAsset, UnsuitableInput: there is none, or damaged.
    """
    danced = folder is None or (folder / CONFIG_NAME).is_file()
    if danced:
        refuse_released(folder)
    network = load_megadance(folder).tokenizer if danced else load_tokenizer(folder or Path())[0]
    if network.config != shape:
        raise BadUsage(f"--init: that tokenizer is of another shape, {network.config.to_json()}",
                       "use the --preset and --quantizer that it was trained with")  # fmt: skip
    return network.train().requires_grad_(True)


def _changes(config: TrainMotionConfig) -> Augmentation:
    return Augmentation(config.mirror, config.turn, nameless=0.0)


class _Training:
    """The parts of a task over one network."""

    def __init__(
        self, config: TrainMotionConfig, options: MegaDanceTrainingOptions, material: Material,
        network: Tokenizer, windows: Windows, held: Windows | None,
    ) -> None:  # fmt: skip
        self.config, self.material, self.network = config, material, network
        self.windows, self.held = windows, held
        self.augment = _changes(config)
        self.losses = TokenizerLosses(
            kinematic=options.kinematic_loss, dynamic=options.dynamic_loss,
            drift=options.drift_loss, speed=options.speed_loss,
        )  # fmt: skip

    def task(self) -> Task:
        """All of it, for the engine."""
        config = self.config
        self.material.progress.say(f"{len(self.windows)} training windows")
        make = adan if config.optimizer == "adan" else adamw_of_matrices
        return Task(
            network=self.network,
            draw=self.draw,
            loss=self.loss,
            optimizer=make(config.lr, config.weight_decay),
            save=self.save,
            words=WORDS,
            held_out=self.held_out if self.held else None,
            settings={"losses": asdict(self.losses), "augment": asdict(self.augment)},
            facts={"training_minutes": round(self.windows.frames / 1800, 2)},
        )

    def draw(self, size: int, key: Key) -> Tensors:
        """So many windows."""
        return {"x_BTK": torch.from_numpy(self.windows.draw(size, key, self.augment).motion)}

    def loss(
        self, network: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """The sum of the parts of `tokenizer_loss`."""
        parts = tokenizer_loss(self.network, batch["x_BTK"], network(batch["x_BTK"]), self.losses)
        total = torch.stack(list(parts.values())).sum()
        return total, {name: float(value.detach()) for name, value in parts.items()}

    def held_out(self, network: Tokenizer, step: int, log: TrainingLog | None) -> dict[str, float]:
        """The loss and `reconstruction` of held-out windows, and how many codes these use."""
        assert self.held is not None
        rows, figures = self.held.spread(_JUDGED), dict[str, float]()
        seen: tuple[set[int], set[int]] = (set(), set())
        for start in range(0, len(rows), self.material.at_once):
            part = rows[start : start + self.material.at_once]
            x_BTK = torch.from_numpy(self.held.gather(part).motion).to(self.material.device)
            rebuilt = self.network(x_BTK)
            parts = tokenizer_loss(self.network, x_BTK, rebuilt, self.losses)
            found = {"loss": torch.stack(list(parts.values())).sum(),
                     **reconstruction(self.network, x_BTK)}  # fmt: skip
            for name, value in found.items():
                figures[name] = figures.get(name, 0.0) + float(value) * len(part) / len(rows)
            ids = self.network.up.fsq.ids(rebuilt.tokens)
            for half in (0, 1):
                seen[half].update(ids[..., half].flatten().tolist())
        return figures | {"codes_up": float(len(seen[0])), "codes_down": float(len(seen[1]))}

    def save(self, folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        """The averaged weights with their scaling."""
        weights = {n: learned.get(n, value) for n, value in self.network.state_dict().items()}
        save_tokenizer(folder, self.network.config, weights, FEATURE_SCHEMA, facts)
