"""What `train-appearance` trains: a stage's transformer, by flow matching on encoded segments.

The paper's 3.3; docs/reference/wan-training.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.appearance_expert.training.flow_matching import (
    draw_levels,
    flow_loss,
    level_weights,
    mixed,
    noise_levels,
)
from pipelines.appearance_expert.training.network import Batch, placed, predict
from pipelines.training.optimizers import adamw
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

HELD_LEVELS = (100, 300, 500, 700, 900)
"""Noise levels at which held-out segments are judged, each time the same."""

WORDS = Words(
    "segment", "segments",
    "leave --keep-activations out, or use a smaller --size, fewer --frames, or several GPUs with "
    "examples/accelerate/fsdp.yaml; --dry-run estimates what it takes",
    "--stage, --rank and --model",
)  # fmt: skip


@dataclass(frozen=True)
class FlowLoss:
    """The loss of segments at random, or given, noise levels.

    Attributes:
        dtype: number format of the network's inputs.
        reference_weight: of the reference's slot against a frame of the video.
        weights: (LEVELS,) of the loss at each noise level; None: as Wan was trained.
    """

    dtype: torch.dtype
    reference_weight: float = 0.0
    weights: Tensor | None = None

    def __call__(
        self, network: Any, batch: Batch, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """Of a batch at random levels, drawn on the CPU: the same on every device."""
        clean = batch["clean"]
        level_B = draw_levels(len(clean), generator)
        noise = torch.randn(clean.shape, generator=generator).to(clean.device)
        return self.at(network, batch, level_B, noise), {}

    def at(self, network: Any, batch: Batch, level_B: Tensor, noise: Tensor) -> Tensor:
        """Of a batch at given levels (indices) and noise."""
        device = batch["clean"].device
        batch = placed(batch, device, self.dtype)
        s_B = noise_levels().float()[level_B].to(device)
        noisy = mixed(batch["clean"], noise, s_B)
        predicted = predict(network, noisy, 1000 * s_B, batch)
        weights = level_weights().float() if self.weights is None else self.weights
        weight_B = weights[level_B].to(device)
        return flow_loss(predicted, batch["clean"], noise, weight_B, self.reference_weight)


def stage_task(
    transformer: nn.Module,
    draw: Callable[[int, Key], Batch],
    save: Callable[..., None],
    loss: FlowLoss,
    lr: float,
    weight_decay: float = 0.01,
    held: tuple[Batch, ...] = (),
    sample: Callable[[nn.Module, int, TrainingLog | None], None] | None = None,
    sampled: Callable[[int], bool] = lambda step: True,
    facts: dict[str, Any] | None = None,
) -> Task:
    """The task of a stage.

    Args:
        transformer: prepared by `stages.prepare_stage`, its motion encoder put aside, placed.
        draw: batch of so many segments that follows from a key.
        save: writes what was learned.
        loss: of a batch.
        lr, weight_decay: of AdamW.
        held: held-out batches of one segment each.
        sample: makes a video to look at.
        sampled: whether a step has one.
        facts: kept in every checkpoint.
    """

    def held_out(network: Any, step: int, log: TrainingLog | None) -> dict[str, float]:
        return {"loss": held_out_loss(network, loss, held)}

    return Task(
        network=transformer, draw=draw, loss=loss, optimizer=adamw(lr, weight_decay), save=save,
        words=WORDS, held_out=held_out if held else None, sample=sample, sampled=sampled,
        settings={"weight_decay": weight_decay, "reference_weight": loss.reference_weight},
        facts=facts or {},
    )  # fmt: skip


@torch.no_grad()
def held_out_loss(network: Any, loss: FlowLoss, held: tuple[Batch, ...]) -> float:
    """Mean loss over the held-out segments, always with the same noise at the same levels."""
    total, count = 0.0, 0
    generator = torch.Generator().manual_seed(0)
    device = next(network.parameters()).device
    for batch in held:
        there = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
        for level in HELD_LEVELS:
            noise = torch.randn(there["clean"].shape, generator=generator).to(device)
            level_B = torch.full((len(noise),), level)
            total += float(loss.at(network, there, level_B, noise))
            count += 1
    return total / max(1, count)
