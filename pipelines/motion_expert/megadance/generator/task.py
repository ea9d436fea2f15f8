"""What MEGADance's stage "generator" trains (paper 3.3): the next token, with its music heard."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.windows import Batch, Windows
from pipelines.motion.representation import Standardizer
from pipelines.motion_expert.megadance.checkpoint import (
    MegaDance,
    load_megadance,
    load_tokenizer,
    save_megadance,
)
from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.generator.window_tokens import WindowTokens
from pipelines.motion_expert.megadance.header import refuse_released
from pipelines.motion_expert.megadance.presets import GENERATORS, GeneratorConfig
from pipelines.motion_expert.megadance.token_music import clock_of_tokens, music_of_tokens
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.motion_expert.megadance.windows import whole_tokens
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices, adan
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

_STARTS, _JUDGED = 512, 128
"""Windows that give first tokens, and held-out windows that are looked at."""

WORDS = Words(
    "window", "windows", "use a smaller --preset or --window",
    "--preset, --tokenizer, --tokens, --expert-layout, --without and --optimizer",
)  # fmt: skip


def generator_task(
    config: TrainMotionConfig, options: MegaDanceTrainingOptions, material: Material
) -> Task:
    """The task of a run: begun anew or gone on with.

    Raises:
        BadUsage: no --tokenizer, a window of less than two tokens, or what `as_begun` refuses.
        MissingAsset, UnsuitableInput: the tokenizer is none, damaged, or not the run's.
    """
    if not options.tokenizer:
        raise BadUsage("--stage generator: needs the --tokenizer whose tokens it learns",
                       "train one with --stage tokenizer")  # fmt: skip
    tokenizer, digest = load_tokenizer(Path(options.tokenizer))
    window = whole_tokens(config, material.progress)
    latest = Checkpoints(material.folder, keep=1).latest()
    known = None if latest is None else load_megadance(latest)
    if known is not None and (known.metadata or {}).get("tokenizer") != digest:
        raise UnsuitableInput(f"{material.folder}: learned the tokens of another tokenizer",
                              "give that one, or another --run")  # fmt: skip
    first = None
    if config.init and known is None:
        refuse_released(config.init_folder())
        first = load_megadance(config.init_folder())
    shape = network_config(config.preset, options, material) if known is None else (
        known.generator.config
    )  # fmt: skip
    if first is not None:
        shape = as_begun(shape, first.generator.config)
    windows = Windows(
        material.train, shape.genres, window, config.stride, config.balance, shape.beat_gate,
        options.in_step,
    )  # fmt: skip
    tokenizer.to(material.device).requires_grad_(False)
    torch.manual_seed(config.seed)
    network = Generator(shape).to(material.device)
    if first is not None:
        network.load_state_dict(first.generator.state_dict())
    parts = ((tokenizer, digest), network, windows, known, options.in_step)
    return _Training(config, material, *parts).task()


def network_config(
    preset: str, options: MegaDanceTrainingOptions, material: Material
) -> GeneratorConfig:
    """The preset with the switches and the genres that the data name, in alphabetical order."""
    genres = tuple(sorted({s.genre.lower() for s in material.train if s.genre}))
    if len(genres) < 2:
        material.progress.warn(
            f"the data name {len(genres)} genre: nothing can be asked for that sets it apart"
        )
    sizes = GENERATORS[preset]
    return replace(
        sizes, genres=genres, tokens=options.tokens, layout=options.expert_layout,
        late_music=options.late_music, universal=options.without != "universal",
        special=options.without != "special", mamba=options.without != "mamba",
        beat_gate=sizes.beat_gate if options.beat_gate is None else options.beat_gate,
    )  # fmt: skip


def as_begun(asked: GeneratorConfig, first: GeneratorConfig) -> GeneratorConfig:
    """The shape of a run that begins with weights of the shape `first`, and keeps its genres.

    Raises BadUsage where another shape, or a genre that it lacks, is asked for.
    """
    if missing := sorted(set(asked.genres) - set(first.genres)):
        raise BadUsage(f"--init: that generator knows no {', '.join(missing)}",
                       "leave --init out, or that data")  # fmt: skip
    kept = replace(asked, genres=first.genres, beat_weight=first.beat_weight,
                   genre_weight=first.genre_weight)  # fmt: skip
    if kept != first:
        raise BadUsage("--init: that generator is of another shape",
                       "use the --preset and other options that it was trained with")  # fmt: skip
    return kept


class _Training:
    """The parts of a task over one network, beside a tokenizer that does not learn."""

    def __init__(
        self, config: TrainMotionConfig, material: Material, tokenizer: tuple[Tokenizer, str],
        network: Generator, windows: Windows, known: MegaDance | None, in_step: bool,
    ) -> None:  # fmt: skip
        self.config, self.material, self.network = config, material, network
        self.tokenizer, self.digest = tokenizer
        self.windows, self.tokens = windows, WindowTokens(self.tokenizer, 2 * len(windows))
        self.augment = Augmentation(config.mirror, config.turn, swap_timbre=config.swap_timbre)
        if known is None:
            heard = [music_of_tokens(features) for features in windows.features]
            self.standardizer = Standardizer.fit(heard)
            self.starts = self._starts()
        else:
            self.standardizer = known.standardizer
            self.starts = known.start_tokens, known.start_genre
        long = [s for s in material.held if s.motion.frames >= windows.window]
        shape = network.config
        self.held = Windows(
            long, shape.genres, windows.window, config.stride, find_ones=shape.beat_gate,
            in_step=in_step,
        ) if long else None  # fmt: skip

    def _starts(self) -> tuple[Tensor, Tensor]:
        """Tokens in the middle of training windows, where the encoder sees to both sides."""
        rows = self.windows.spread(_STARTS)
        found = []
        for part in np.array_split(rows, -(-len(rows) // 32)):
            x_BTK = torch.from_numpy(self.windows.gather(part).motion)
            tokens = self.tokenizer.encode(x_BTK.to(self.material.device))
            found.append(tokens[:, tokens.shape[1] // 2].cpu())
        return torch.cat(found), torch.from_numpy(
            self.windows.genre[self.windows.sequence_of[rows]]
        )

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
            settings={"augment": asdict(self.augment)},
            facts={
                "training_minutes": round(self.windows.frames / 1800, 2),
                "tokenizer": self.digest,
            },
        )

    def draw(self, size: int, key: Key) -> Tensors:
        """So many windows with the music of their tokens."""
        return self._prepared(self.windows.draw(size, key, self.augment))

    def _prepared(self, batch: Batch) -> Tensors:
        music = self.standardizer.transform(music_of_tokens(batch.music))
        if self.network.config.beat_gate:
            music = np.concatenate([music, clock_of_tokens(batch.clock)], axis=-1)
        return {
            "x_BTK": torch.from_numpy(batch.motion), "music_BtF": torch.from_numpy(music),
            "genre_B": torch.from_numpy(batch.genre),
            "window_B": torch.from_numpy(2 * batch.rows + batch.mirrored),
        }  # fmt: skip

    def loss(
        self, network: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy of each next token."""
        known = self.tokens if network.training and not self.augment.turn else None
        if known is None:
            tokens = self.tokenizer.encode(batch["x_BTK"])
        else:
            tokens = known.of(batch["window_B"], batch["x_BTK"])
        music = batch["music_BtF"]
        heard = music[:, :-1] if self.network.config.late_music else music[:, 1:]
        logits = network(tokens[:, :-1], heard, batch["genre_B"])
        return self.network.loss(logits, tokens[:, 1:]), {}

    def held_out(self, network: Generator, step: int, log: TrainingLog | None) -> dict[str, float]:
        """The loss over held-out windows, the same ones every time."""
        assert self.held is not None
        rows, total = self.held.spread(_JUDGED), 0.0
        for start in range(0, len(rows), self.material.at_once):
            part = rows[start : start + self.material.at_once]
            prepared = self._prepared(self.held.gather(part))
            batch = {name: value.to(self.material.device) for name, value in prepared.items()}
            loss, _ = self.loss(network, batch, torch.Generator())
            total += float(loss) * len(part) / len(rows)
        return {"loss": total}

    def save(self, folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        """The averaged weights with the tokenizer and where dances begin."""
        weights = {n: learned.get(n, value) for n, value in self.network.state_dict().items()}
        save_megadance(
            folder, self.tokenizer, self.network.config, weights,
            (self.standardizer, *self.starts), FEATURE_SCHEMA, facts,
        )  # fmt: skip
