"""What `train-motion` can train beside InfiniteDance: the contrastive evaluator of its metrics.

docs/reference/infinitedance.md#contrastive-evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Batch, Windows
from pipelines.metrics.contrastive.folder import (
    ContrastHeader,
    load_network,
    read_header,
    save_contrast,
)
from pipelines.metrics.contrastive.network import Contrast, ContrastShape, contrastive_loss
from pipelines.metrics.contrastive.scores import by_chance, found_its_music, music_distance
from pipelines.metrics.genre.columns import of_encoded
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import UnsuitableInput
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

_FITTED_WINDOWS = 512
_JUDGED_WINDOWS = 512

WORDS = Words("window", "windows", "use a smaller --preset or --window", "--preset")

_SIZES: dict[str, dict[str, Any]] = {
    "paper": {},
    "small": {"width": 64, "heads": 4, "feedforward": 128},
    "tiny": {"width": 16, "heads": 2, "layers": 3, "feedforward": 24, "dropout": 0.0},
}


class _Pairs:
    """Windows of dances with their music, and which recording each is of."""

    def __init__(
        self, sequences: Sequence[PairedSequence], window: int, stride: int, balance: float
    ) -> None:
        usable = [s for s in sequences if s.motion.frames >= window]
        self.windows = Windows(usable, (), window, stride, balance)
        number = {take: n for n, take in enumerate(sorted({s.take for s in usable}))}
        self.recordings = len(number)
        of_sequence = np.array([number[s.take] for s in usable], dtype=np.int64)
        self.recording = of_sequence[self.windows.sequence_of]

    def drawn(self, size: int, key: Key, mirror: bool) -> tuple[Batch, NDArray[np.int64]]:
        """A random batch, the same for the same key, and its recordings."""
        random = np.random.default_rng(list(key))
        rows = random.choice(len(self.windows), size=size, p=self.windows.odds)
        mirrored = random.random(size) < 0.5 * mirror
        return self.windows.gather(rows, mirrored), self.recording[rows]


def evaluator_task(config: TrainMotionConfig, material: Material) -> Task:
    """The task of both encoders over paired dances.

    Raises UnsuitableInput: no dance is as long as a window, or all are of one recording.
    """
    pairs = _Pairs(material.train, config.window, config.stride, config.balance)
    if pairs.recordings < 2:
        raise UnsuitableInput("the evaluator learns to tell recordings apart, and there is one")
    torch.manual_seed(config.seed)
    network = _network(config, material, pairs).to(material.device)
    long = [s for s in material.held if s.motion.frames >= config.window]
    held = _Pairs(long, config.window, config.window, config.balance) if long else None
    material.progress.say(
        f"{len(pairs.windows)} training windows of {pairs.recordings} recordings; "
        f"{0 if held is None else len(held.windows)} held out"
    )

    def draw(size: int, key: Key) -> Tensors:
        batch, recording = pairs.drawn(size, key, config.mirror)
        parts = {"music": batch.music, "dance": of_encoded(batch.motion), "recording": recording}
        return {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in parts.items()}

    def loss(
        called: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        value: Tensor = called(batch["music"], batch["dance"], batch["recording"])
        return value, {}

    def held_out(called: Contrast, step: int, log: TrainingLog | None) -> dict[str, float]:
        assert held is not None
        return _judged(called, held, material)

    def save(folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        weights = {n: learned.get(n, value) for n, value in network.state_dict().items()}
        header = ContrastHeader(
            network.shape.to_json(), config.window, FEATURE_SCHEMA, metadata=facts
        )
        save_contrast(folder, header, weights)

    return Task(
        network=network,
        draw=draw,
        loss=loss,
        optimizer=adamw_of_matrices(config.lr, config.weight_decay),
        save=save,
        words=WORDS,
        held_out=None if held is None else held_out,
        settings={"weight_decay": config.weight_decay, "mirror": config.mirror,
                  "window": config.window, "stride": config.stride},
        facts={"training_minutes": round(pairs.windows.frames / 1800, 2)},
        noise_device=material.device,
    )  # fmt: skip


def _network(config: TrainMotionConfig, material: Material, pairs: _Pairs) -> Contrast:
    latest = Checkpoints(material.folder, keep=1).latest()
    if latest is not None:
        return load_network(latest, read_header(latest)).train()
    network = Contrast(ContrastShape(**_SIZES[config.preset]))
    batch = pairs.windows.gather(pairs.windows.spread(_FITTED_WINDOWS))
    for name, values in (("music", batch.music), ("dance", of_encoded(batch.motion))):
        flat = torch.from_numpy(np.ascontiguousarray(values)).flatten(0, 1).double()
        std = flat.std(0)
        network.get_buffer(f"{name}_mean").copy_(flat.mean(0))
        network.get_buffer(f"{name}_std").copy_(torch.where(std < 1e-4, 1.0, std))
    return network


@torch.no_grad()
def _judged(network: Contrast, held: _Pairs, material: Material) -> dict[str, float]:
    """Loss, R@5 beside chance and MM-Dist over windows of the held-out dances."""
    rows = held.windows.spread(_JUDGED_WINDOWS)
    music, dance = [], []
    for part in np.array_split(rows, max(1, -(-len(rows) // material.at_once))):
        batch = held.windows.gather(part)
        heard, seen = (
            torch.from_numpy(np.ascontiguousarray(v)).to(material.device)
            for v in (batch.music, of_encoded(batch.motion))
        )
        music.append(network.of_music(heard).cpu())
        dance.append(network.of_dance(seen).cpu())
    music_NM, dance_NM = torch.cat(music).double(), torch.cat(dance).double()
    recording = held.recording[rows]
    points = (music_NM.numpy(), dance_NM.numpy())
    return {
        "loss": float(contrastive_loss(music_NM, dance_NM, torch.from_numpy(recording))),
        "R@5": float(found_its_music(*points, recording).mean()),
        "chance_R@5": by_chance(recording),
        "MM-Dist": music_distance(*points), "pool": float(len(rows)),
    }  # fmt: skip
