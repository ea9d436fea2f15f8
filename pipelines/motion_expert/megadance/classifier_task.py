"""What MEGADance's stage "classifier" trains: what tells genres apart.

docs/reference/megadance.md#genre-classifier. Music is not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Windows
from pipelines.metrics.genre.columns import Scale, of_encoded
from pipelines.metrics.genre.folder import ClassifierHeader, read_header, save_classifier
from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier
from pipelines.metrics.genre.scores import f1_score
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices, adan
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

PUBLISHED_OUTPUTS = 20
"""MEGADance's network has as many for its 16 genres; here, where there are more, one for each."""
_FITTED_WINDOWS = 512
_JUDGED_WINDOWS = 512

WORDS = Words("window", "windows", "use a smaller --preset or --window", "--preset and --optimizer")

_SIZES: dict[str, dict[str, Any]] = {
    "paper": {},
    "small": {"width": 64, "heads": 4, "layers": 4, "feedforward": 128, "narrow": 32},
    "tiny": {"width": 16, "heads": 2, "layers": 2, "feedforward": 32, "narrow": 8},
}


def classifier_task(config: TrainMotionConfig, material: Material) -> Task:
    """The task of a run: begun anew or gone on with.

    Args:
        config: what `train-motion` was asked to do.
        material: dances; those that name no genre are left out.

    Raises:
        BadUsage: --init, which it does not heed.
        UnsuitableInput: fewer than two genres, or no dance as long as a window.
    """
    if config.init:
        raise BadUsage("--init means nothing to --stage classifier", "leave it out")
    latest = Checkpoints(material.folder, keep=1).latest()
    known = None if latest is None else read_header(latest)
    named = [s for s in material.train if s.genre]
    genres = known.genres if known is not None else genres_of(named)
    train = _of_genres(named, genres)
    if (nameless := len(material.train) - len(named)) > 0:
        material.progress.say(f"{nameless} dances name no genre and are left out")
    if (strange := len(named) - len(train)) > 0:
        material.progress.say(f"{strange} dances are of genres that this run does not know")
    windows = Windows(train, genres, config.window, config.stride, config.balance)
    seen = sorted({genres[g] for g in windows.genre})
    if len(seen) < 2:
        raise UnsuitableInput(
            f"dances as long as a window of {config.window} frames are of one genre, "
            f"{', '.join(seen)}: there is nothing to tell apart",
            "give dances of several genres, or use a smaller --window",
        )
    return _Training(config, material, windows, genres, known).task()


def genres_of(train: Sequence[PairedSequence]) -> tuple[str, ...]:
    """The genres that dances name, in alphabetical order.

    Raises UnsuitableInput where there are fewer than two.
    """
    counts = Counter(s.genre.lower() for s in train)
    if len(counts) < 2:
        named = f"one genre, {next(iter(counts))}" if counts else "no genre"
        raise UnsuitableInput(
            f"the data name {named}: there is nothing to tell apart",
            "give dances of several genres; docs/lab/motion-training.md says where names come from",
        )
    return tuple(sorted(counts))


def _of_genres(sequences: Sequence[PairedSequence], genres: Sequence[str]) -> list[PairedSequence]:
    return [s for s in sequences if s.genre.lower() in genres]


class _Training:
    """The parts of a task over one network."""

    def __init__(
        self,
        config: TrainMotionConfig,
        material: Material,
        windows: Windows,
        genres: tuple[str, ...],
        known: ClassifierHeader | None,
    ) -> None:
        self.config, self.material, self.windows, self.genres = config, material, windows, genres
        self.augment = Augmentation(config.mirror, turn=False, nameless=0.0)
        self.scale = known.scale if known is not None else self._fitted_scale()
        shape = ClassifierShape(
            len(genres), max(PUBLISHED_OUTPUTS, len(genres)), **_SIZES[config.preset]
        )
        torch.manual_seed(config.seed)
        self.model = GenreClassifier(shape).to(material.device)
        self.held = self._held_windows()

    def _fitted_scale(self) -> Scale:
        drawn = self.windows.draw(_FITTED_WINDOWS, (self.config.seed, 0, 0), self.augment)
        frames = of_encoded(drawn.motion)
        return Scale.fit(frames.reshape(-1, frames.shape[-1]))

    def _held_windows(self) -> Windows | None:
        held = _of_genres(self.material.held, self.genres)
        if all(s.motion.frames < self.config.window for s in held):
            return None
        return Windows(held, self.genres, self.config.window, self.config.stride)

    def task(self) -> Task:
        """All of it, for the engine."""
        config, material = self.config, self.material
        groups = len({s.group for s in material.held})
        material.progress.say(
            f"{len(self.windows)} training windows of {len(self.genres)} genres; "
            f"{groups} groups of takes held out"
        )
        return Task(
            network=self.model,
            draw=self.draw,
            loss=self.loss,
            optimizer=adan(config.lr, config.weight_decay)
            if config.optimizer == "adan"
            else adamw_of_matrices(config.lr, config.weight_decay, material.device.type == "cuda"),
            save=self.save,
            words=WORDS,
            held_out=self.held_out if self.held else None,
            settings={
                "optimizer": config.optimizer, "weight_decay": config.weight_decay,
                "augment": asdict(self.augment), "window": config.window, "stride": config.stride,
            },
            facts={"training_minutes": round(self.windows.frames / 1800, 2)},
            noise_device=material.device,
        )  # fmt: skip

    def draw(self, size: int, key: Key) -> Tensors:
        """So many windows, scaled, and their genres."""
        batch = self.windows.draw(size, key, self.augment)
        return self._tensors(batch.motion, batch.genre)

    def _tensors(self, motion: Any, genre: Any) -> Tensors:
        frames = self.scale.transform(of_encoded(motion))
        return {"frames_BWC": torch.from_numpy(frames), "genre_B": torch.from_numpy(genre)}

    def loss(
        self, network: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy, and the share of windows that are recognised."""
        logits_BO = network(batch["frames_BWC"])
        right = (logits_BO.argmax(1) == batch["genre_B"]).float().mean()
        return F.cross_entropy(logits_BO, batch["genre_B"]), {"accuracy": float(right)}

    @torch.no_grad()
    def held_out(
        self, network: GenreClassifier, step: int, log: TrainingLog | None
    ) -> dict[str, float]:
        """Loss, accuracy and F1 over windows spread evenly over the held-out dances."""
        assert self.held is not None
        rows = self.held.spread(_JUDGED_WINDOWS)
        logits, asked = [], []
        for part in np.array_split(rows, max(1, -(-len(rows) // self.material.at_once))):
            gathered = self.held.gather(part)
            batch = self._tensors(gathered.motion, gathered.genre)
            logits.append(network(batch["frames_BWC"].to(self.material.device)).cpu())
            asked.append(batch["genre_B"])
        logits_NO, asked_N = torch.cat(logits), torch.cat(asked)
        recognised_N = logits_NO[:, : len(self.genres)].argmax(1)
        return {
            "loss": float(F.cross_entropy(logits_NO, asked_N)),
            "accuracy": float((recognised_N == asked_N).float().mean()),
            "f1": f1_score(asked_N.numpy(), recognised_N.numpy()),
        }

    def save(self, folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        """The averaged weights with what is needed to judge dances."""
        weights = {n: learned.get(n, value) for n, value in self.model.state_dict().items()}
        header = ClassifierHeader(
            self.genres, self.model.shape.to_json(), self.scale, "front", self.config.window,
            metadata=facts,
        )  # fmt: skip
        save_classifier(folder, header, weights)
