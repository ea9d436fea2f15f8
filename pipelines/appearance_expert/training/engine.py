"""The training loop of the Appearance Expert (paper 3.3; docs/reference/wan-training.md).

One update sees `batch_size` segments, cut into slices (`training.slices`). Everything random in a
slice (segments, references, given frames, noise and its level) follows from seed, step and slice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.appearance_expert.training.flow_matching import (
    LEVELS,
    draw_levels,
    flow_loss,
    level_weights,
    mixed,
    noise_levels,
)
from pipelines.appearance_expert.training.learner import Learner, Learns
from pipelines.appearance_expert.training.network import Batch, placed, predict
from pipelines.support.errors import OutOfResources, UnsuitableInput
from pipelines.support.files import read_json, write_json
from pipelines.support.progress import Progress
from pipelines.training.checkpoints import FACTS
from pipelines.training.feed import Feed
from pipelines.training.loop import Loop, Outcome, Pace
from pipelines.training.memory import equal_parts, explained, largest_fit
from pipelines.training.processes import Processes
from pipelines.training.slices import Slices
from pipelines.training.training_log import TrainingLog

STATE = "training.safetensors"
_HELD_LEVELS = (100, 300, 500, 700, 900)
"""Noise levels at which held-out segments are judged, each time the same."""


@dataclass(frozen=True)
class EngineOptions:
    """How to train; `train_appearance.TrainAppearanceConfig` explains each field to users."""

    max_steps: int
    batch_size: int = 1
    lr: float = 1e-5
    weight_decay: float = 0.01
    warmup: int = 0
    grad_clip: float = 0.0
    accumulate: int = 1
    ema_decay: float = 0.0
    reference_weight: float = 0.0
    seed: int = 0
    validate_every: int = 100
    checkpoint_every: int = 100
    sample_every: int = 500
    keep: int = 3
    workers: int = 1


def plain_learner(transformer: nn.Module, options: EngineOptions) -> Learns:
    """What learns where this process has all of it, or torch cuts it (FSDP)."""
    return Learner(transformer, options.lr, options.weight_decay, options.ema_decay)


@dataclass
class Course:
    """What to train, on what.

    Attributes:
        transformer: prepared by `stages.prepare_stage`, its motion encoder put aside.
        draw: batch of so many segments that follows from a key.
        save: writes what was learned (name -> float32 tensor) with facts into a folder; called by
            the leading process.
        held: held-out batches of one segment each.
        sample: called with step, transformer and log by every process; None makes no videos.
        facts: kept in every checkpoint.
        averages: whether processes hold a copy each, whose gradients are to be averaged; else
            they hold parts, and whoever cut the network averages.
        learn: makes what learns of the transformer.
    """

    transformer: nn.Module
    draw: Callable[[int, tuple[int, ...]], Batch]
    save: Callable[[Path, dict[str, Tensor], dict[str, Any]], None]
    held: list[Batch] = field(default_factory=list)
    sample: Callable[[int, nn.Module, TrainingLog | None], None] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    averages: bool = True
    learn: Callable[[nn.Module, EngineOptions], Learns] = plain_learner


class Engine:
    """Trains a `Course` in a run's folder.

    Args:
        course: network and data.
        options: how to train.
        folder: the run's folder; a checkpoint in it is taken up.
        device: where the transformer is.
        processes: this process's place among its peers.
        progress: who listens.
    """

    def __init__(
        self,
        course: Course,
        options: EngineOptions,
        folder: Path,
        device: torch.device,
        processes: Processes,
        progress: Progress,
    ) -> None:
        self.course, self.options = course, options
        self.device, self.processes = device, processes
        self.network = course.transformer
        self.learner = course.learn(self.network, options)
        self.dtype = next(self.network.get_submodule("proj_out").parameters()).dtype
        self.levels, self.weights = noise_levels().float(), level_weights().float()
        self.slices = Slices(options.seed, options.batch_size, options.accumulate, processes)
        self.generator = torch.Generator()
        self.loop = Loop(folder, options.keep, device, processes, progress)
        if (latest := self.loop.checkpoints.latest()) is not None:
            self._take_up(latest)

    @property
    def step(self) -> int:
        """Updates done so far."""
        return self.loop.step

    def run(self) -> Outcome:
        """Train up to `options.max_steps` updates; raises as `Loop.run` does."""
        options = self.options
        pace = Pace(
            options.max_steps, options.validate_every, options.checkpoint_every,
            options.accumulate, options.workers,
        )  # fmt: skip
        self.network.train()
        return self.loop.run(self, pace, self._sample)

    def _sample(self, log: TrainingLog | None) -> None:
        if self.course.sample is not None and self.step % self.options.sample_every == 0:
            with self.learner.averaged():
                self.course.sample(self.step, self.network.eval(), log)
            self.network.train()

    # One update ---------------------------------------------------------------------------------

    def make_slice(self, number: int) -> Batch:
        """The segments of this process's n-th slice."""
        return self.course.draw(self.slices.size, self.slices.key(number))

    def update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; returns the losses of this process's slices."""
        options = self.options
        lr = options.lr * min(1.0, (self.step + 1) / max(1, options.warmup))
        loss = 0.0
        for part in range(options.accumulate):
            batch = self.placed(feed.next())
            loss += self._backward(batch, self.step * options.accumulate + part)
        self.learner.collect_gradients(self.processes if self.course.averages else None)
        norm = self.learner.gradient_norm(options.grad_clip)
        self.loop.check_finite(loss, norm)
        self.learner.step(lr)
        return {"loss": loss, "gradient_norm": norm, "lr": lr}

    def placed(self, batch: Batch) -> Batch:
        """A batch where and as `loss` takes it."""
        return placed(batch, self.device, self.dtype)

    def loss(self, batch: Batch, level_B: Tensor, noise: Tensor) -> Tensor:
        """The loss of a batch at given noise levels (indices) and noise."""
        s_B = self.levels[level_B].to(self.device)
        noisy = mixed(batch["clean"], noise, s_B)
        predicted = predict(self.learner.called, noisy, 1000 * s_B, batch)
        weight_B = self.weights[level_B].to(self.device)
        return flow_loss(
            predicted, batch["clean"], noise, weight_B, self.options.reference_weight
        )  # fmt: skip

    def _backward(self, batch: Batch, number: int) -> float:
        self.generator.manual_seed(self.slices.noise_seed(number))
        level_B = draw_levels(len(batch["clean"]), self.generator)
        noise = torch.randn(batch["clean"].shape, generator=self.generator).to(self.device)
        with explained(lambda: self._too_large(batch)):
            loss = self.loss(batch, level_B, noise) / self.options.accumulate
            self.learner.backward(loss)
        return float(loss.detach())

    def _too_large(self, batch: Batch) -> OutOfResources:
        """Find by trial the largest part of `batch` that fits, and say which flags ask for it."""

        def attempt(part: int) -> None:
            cut = {name: value[:part] for name, value in batch.items()}
            level_B = torch.full((part,), LEVELS // 2)
            self.loss(cut, level_B, torch.zeros_like(cut["clean"])).backward()

        size, accumulate = len(batch["clean"]), self.options.accumulate
        where = f"out of memory in step {self.step + 1}"
        if not self.course.averages:  # parts compute together: one process cannot try alone
            return OutOfResources(
                f"{where} with {size} segments at once",
                f"use --accumulate {accumulate * size} (same result), or a smaller --batch-size",
            )
        fits = largest_fit(size, attempt, self.network.zero_grad, self.device)
        if fits is not None:
            return OutOfResources(
                f"{where} with {size} segments at once; {fits} fit",
                f"use --accumulate {accumulate * equal_parts(size, fits)} (same result), or a "
                "smaller --batch-size",
            )
        return OutOfResources(
            f"{where}, even with a single segment",
            "leave --keep-activations out, or use a smaller --size, fewer --frames, or several "
            "GPUs with examples/accelerate/fsdp.yaml; --dry-run estimates what it takes",
        )

    # Validation and checkpoints -----------------------------------------------------------------

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Mean loss over the held-out segments, always with the same noise at the same levels."""
        total, count = 0.0, 0
        generator = torch.Generator().manual_seed(0)
        self.network.eval()
        with self.learner.averaged():
            for batch in self.course.held:
                placed = self.placed(batch)
                for level in _HELD_LEVELS:
                    noise = torch.randn(placed["clean"].shape, generator=generator)
                    level_B = torch.full((len(noise),), level)
                    noise = noise.to(self.device)
                    total += float(self.loss(placed, level_B, noise))
                    count += 1
        self.network.train()
        return total / max(1, count)

    def validate(self, log: TrainingLog | None) -> bool:
        """Judge the held-out segments; returns whether this is the best yet."""
        if not self.course.held:
            return False
        loss = self.held_out_loss()
        if log is not None:
            log.write(self.step, "validation", {"loss": loss})
        return self.loop.is_best(loss)

    def snapshot(self) -> Callable[[Path], None]:
        """What writes a checkpoint; its tensors are gathered already."""
        state, learned = self.learner.state(), self.learner.learned()
        facts = {
            "step": self.step, "best": self.loop.best, "updates": self.learner.updates,
            "options": asdict(self.options), **self.course.facts,
        }  # fmt: skip

        def write(folder: Path) -> None:
            from safetensors.torch import save_file

            self.course.save(folder, learned, facts)
            save_file(state, folder / STATE)
            write_json(folder / FACTS, facts)

        return write

    def _take_up(self, checkpoint: Path) -> None:
        from safetensors.torch import load_file

        facts = read_json(checkpoint / FACTS)
        try:
            self.learner.load(load_file(checkpoint / STATE), int(facts["updates"]))
        except (ValueError, KeyError) as error:
            raise UnsuitableInput(
                f"{checkpoint}: does not fit this run ({error})",
                "use the --stage, --rank and --model of that run, or another --run",
            ) from error
        self.loop.take_up(facts)
