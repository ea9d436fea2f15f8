"""What `train-motion` trains second for InfiniteDance: retrieval."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.metrics.contrastive.loss import info_nce
from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.clock import WINDOW, Span
from pipelines.motion_expert.infinitedance.first_weights import begin_from
from pipelines.motion_expert.infinitedance.plain_retrieval import tempo_and_energy
from pipelines.motion_expert.infinitedance.retrieval import (
    Retrieval,
    RetrievalConfig,
    places,
    ranks,
    retrieval_figures,
    rivals,
)
from pipelines.motion_expert.infinitedance.storage import load_part, same_music, save_part
from pipelines.motion_expert.infinitedance.windows import DanceWindows
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import UnsuitableInput
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

PRESETS = {
    "paper": RetrievalConfig(layout.WIDTH, columns.WIDTH, schema=FEATURE_SCHEMA),
    "small": RetrievalConfig(
        layout.WIDTH, columns.WIDTH, width=96, layers=2, schema=FEATURE_SCHEMA
    ),
    "tiny": RetrievalConfig(
        layout.WIDTH, columns.WIDTH, width=16, layers=1, heads=2, dropout=0.0,
        schema=FEATURE_SCHEMA,
    ),
}  # fmt: skip
_AT_ONCE = 32

WORDS = Words("window", "windows", "use a smaller --preset", "--preset")


def retrieval_task(config: TrainMotionConfig, material: Material, window: Span = WINDOW) -> Task:
    """The task of both encoders over paired dances.

    Raises UnsuitableInput: no dance is as long as a window, or all are of one recording.
    """
    stride = Span(max(1, config.stride // Span(1).frames))
    windows = DanceWindows(material.train, (), window, stride, config.mirror, config.balance)
    if len(windows.takes) < 2:
        raise UnsuitableInput("retrieval learns to tell recordings apart, and there is only one")
    torch.manual_seed(config.seed)
    shape = replace(PRESETS[config.preset], music=windows.width, schema=windows.schema)
    network = Retrieval(replace(shape, frames=window.frames))
    latest = Checkpoints(material.folder, keep=1).latest()
    if latest is not None:
        stored = load_part(latest, "retrieval")
        same_music(RetrievalConfig(**stored.config).schema, windows.schema, str(material.folder))
        stored.into(network, "retrieval")
    elif config.init:
        begin_from(
            config.init_folder(), "retrieval", network, lambda sizes: RetrievalConfig(**sizes)
        )
    else:
        _fit_scales(network, windows)
    network.to(material.device)
    held = [s for s in material.held if s.motion.frames >= window.frames]
    held_windows = DanceWindows(held, (), window, window) if held else None
    material.progress.say(
        f"{len(windows)} training windows of {len(windows.takes)} recordings; "
        f"{0 if held_windows is None else len(held_windows)} held out"
    )

    def draw(size: int, key: Key) -> Tensors:
        batch = windows.draw(size, key)
        parts = {"music": batch.heard, "motion": batch.motion, "recording": batch.recording}
        return {name: torch.from_numpy(value) for name, value in parts.items()}

    def loss(
        called: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        value: Tensor = called(batch["music"], batch["motion"], batch["recording"])
        return value, {"scale": float(network.scale().detach())}

    def held_out(called: Any, step: int, log: TrainingLog | None) -> dict[str, float]:
        assert held_windows is not None
        return judged(called, held_windows, material.device)

    def save(folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        weights = {n: learned.get(n, value) for n, value in network.state_dict().items()}
        save_part(folder, "retrieval", network.config.to_json(), weights, facts)

    return Task(
        network=network,
        draw=draw,
        loss=loss,
        optimizer=adamw_of_matrices(config.lr, config.weight_decay),
        save=save,
        words=WORDS,
        held_out=held_out if held_windows is not None else None,
        settings={"weight_decay": config.weight_decay, "mirror": config.mirror},
        facts={"window": window.frames},
        noise_device=material.device,
    )


def judged(network: Retrieval, windows: DanceWindows, device: torch.device) -> dict[str, float]:
    """How well music finds its own dance among the windows of the other recordings.

    Returns:
        "loss" (the contrastive one over all windows), R@k and median rank, chance beside them,
        and the same by tempo and energy alone ("plain_...").
    """
    music, motion, recording = embedded(network, windows, device)
    plain = tempo_and_energy(windows.gather(np.arange(len(windows))))
    scale, others = network.scale().detach().cpu(), rivals(recording)
    own = retrieval_figures(ranks(music, motion, others), others.sum(1) + 1)
    by_plain = retrieval_figures(places(plain, others), others.sum(1) + 1)
    compared = {f"plain_{n}": v for n, v in by_plain.items() if "chance" not in n and n != "pool"}
    return {"loss": float(info_nce(music, motion, recording, scale)), **own, **compared}


@torch.no_grad()
def embedded(
    network: Retrieval, windows: DanceWindows, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Music and motion of all windows as unit vectors (N, M), and whose they are; on the CPU."""
    network.eval()
    music, motion = [], []
    for rows in np.array_split(np.arange(len(windows)), -(-len(windows) // _AT_ONCE)):
        batch = windows.gather(rows)
        music.append(network.embed_music(torch.from_numpy(batch.heard).to(device)).cpu())
        motion.append(network.embed_motion(torch.from_numpy(batch.motion).to(device)).cpu())
    return torch.cat(music), torch.cat(motion), torch.from_numpy(windows.recording)


def _fit_scales(network: Retrieval, windows: DanceWindows) -> None:
    """Mean and deviation of either input over evenly spread windows."""
    batch = windows.gather(windows.spread(512))
    for name, values in (("music", batch.heard), ("motion", batch.motion)):
        flat = torch.from_numpy(values).flatten(0, 1).double()
        std = flat.std(0)
        network.get_buffer(f"{name}_mean").copy_(flat.mean(0))
        network.get_buffer(f"{name}_std").copy_(torch.where(std < 1e-4, 1.0, std))
