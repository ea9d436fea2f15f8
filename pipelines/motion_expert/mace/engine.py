"""The training loop of the Motion Expert (paper 3.2; docs/reference/motion-expert.md).

One update sees `batch_size` windows, cut into slices (`training.slices`). Everything random in a
slice (windows, augmentation, noise, dropout) follows from seed, step and slice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.windows import Batch, Windows
from pipelines.motion_expert.mace.training_state import load_state, save_state
from pipelines.support.errors import OutOfResources
from pipelines.support.progress import Progress
from pipelines.training.adan import Adan
from pipelines.training.ema import Ema
from pipelines.training.feed import Feed, Tensors
from pipelines.training.loop import Loop, Outcome, Pace
from pipelines.training.memory import equal_parts, explained, largest_fit
from pipelines.training.processes import Processes
from pipelines.training.slices import Slices
from pipelines.training.training_log import TrainingLog

Loss = Callable[[Any, Tensors, torch.Generator], tuple[Tensor, dict[str, float]]]
"""What `objective.Objective.loss` does: model, batch, generator -> loss and its parts."""


@dataclass(frozen=True)
class EngineOptions:
    """How to train; `train_motion.TrainMotionConfig` explains each field to users."""

    steps: int
    batch_size: int
    lr: float = 4e-4
    optimizer: str = "adan"
    weight_decay: float = 0.02
    warmup: int = 0
    schedule: str = "constant"
    ema_decay: float = 0.9999
    grad_clip: float = 0.0
    accumulate: int = 1
    seed: int = 0
    bf16: bool = False
    augment: Augmentation = field(default_factory=Augmentation)
    validate_every: int = 500
    checkpoint_every: int = 500
    keep: int = 3
    workers: int = 1


@dataclass
class Course:
    """What to train, on what.

    Attributes:
        model: the network, on its device.
        loss: the objective.
        prepare: turns raw windows into the tensors that `loss` takes, on the CPU.
        train: training windows.
        held: held-out windows, if any.
        save_weights: writes the sampling weights of a module into a folder, with some facts.
        sample: called with step and averaged model after each validation; returns figures to log.
        facts: kept in every checkpoint (data digest and the like).
    """

    model: nn.Module
    loss: Loss
    prepare: Callable[[Batch], Tensors]
    train: Windows
    held: Windows | None
    save_weights: Callable[[Path, nn.Module, dict[str, Any]], None]
    sample: Callable[[int, nn.Module], dict[str, float]] | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Engine:
    """Trains a `Course` in a run's folder.

    Args:
        course: network, objective and data.
        options: how to train.
        folder: the run's folder; a checkpoint in it is taken up.
        device: where to train.
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
        self.model = course.model
        self.called = HalfPrecision(course.model) if options.bf16 else course.model
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = build_optimizer(self.model, options, fused=device.type == "cuda")
        self.ema = Ema(self.model, options.ema_decay)
        self.slices = Slices(options.seed, options.batch_size, options.accumulate, processes)
        self.generator = torch.Generator(device)
        self.loop = Loop(folder, options.keep, device, processes, progress)
        if (latest := self.loop.checkpoints.latest()) is not None:
            self.loop.take_up(load_state(latest, self.model, self.ema, self.optimizer))

    def run(self) -> Outcome:
        """Train up to `options.steps` updates; raises as `Loop.run` does."""
        options = self.options
        pace = Pace(
            options.steps, options.validate_every, options.checkpoint_every,
            options.accumulate, options.workers,
        )  # fmt: skip
        self.model.train()
        return self.loop.run(self, pace)

    # One update ---------------------------------------------------------------------------------

    def make_slice(self, number: int) -> Tensors:
        """The windows of this process's n-th slice, ready for the loss."""
        drawn = self.course.train.draw(
            self.slices.size, self.slices.key(number), self.options.augment
        )
        return self.course.prepare(drawn)

    def update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; returns the losses of this process's slices."""
        options = self.options
        self._set_learning_rate()
        totals: dict[str, float] = {}
        for part in range(options.accumulate):
            batch = {k: v.to(self.device, non_blocking=True) for k, v in feed.next().items()}
            number = self.loop.step * options.accumulate + part
            for name, value in self._backward(batch, number).items():
                totals[name] = totals.get(name, 0.0) + value / options.accumulate
        self.processes.average_gradients(self.parameters)
        norm = float(self._clip())
        self.loop.check_finite(totals["loss"], norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update(self.model)
        return {**totals, "gradient_norm": norm, "lr": self.optimizer.param_groups[0]["lr"]}

    def _backward(self, batch: Tensors, number: int) -> dict[str, float]:
        seed = self.slices.noise_seed(number)
        torch.manual_seed(seed)
        self.generator.manual_seed(seed)
        with explained(lambda: self._too_large(batch)):
            loss, parts = self.course.loss(self.called, batch, self.generator)
            (loss / self.options.accumulate).backward()
        return {"loss": float(loss.detach()), **parts}

    def _clip(self) -> Tensor:
        limit = self.options.grad_clip or math.inf
        return torch.nn.utils.clip_grad_norm_(self.parameters, limit)

    def _set_learning_rate(self) -> None:
        factor = learning_rate_factor(self.loop.step, self.options)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.lr * factor

    def _too_large(self, batch: Tensors) -> OutOfResources:
        """Find by trial the largest part of `batch` that fits, and say which flags ask for it."""

        def attempt(part: int) -> None:
            cut = {name: value[:part] for name, value in batch.items()}
            self.course.loss(self.called, cut, self.generator)[0].backward()

        size, accumulate = len(batch["x_BTK"]), self.options.accumulate
        where = f"out of memory in step {self.loop.step + 1}"
        fits = largest_fit(size, attempt, self._forget_gradients, self.device)
        if fits is not None:
            return OutOfResources(
                f"{where} with {size} windows at once; {fits} fit",
                f"use --accumulate {accumulate * equal_parts(size, fits)} (same result), or "
                f"--batch-size {fits * self.slices.count}",
            )
        return OutOfResources(
            f"{where}, even with a single window", "use a smaller --preset or --window"
        )

    def _forget_gradients(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)

    # Validation and checkpoints -----------------------------------------------------------------

    def validate(self, log: TrainingLog | None) -> bool:
        """Loss of the averaged weights on held-out windows; returns whether it is the best yet."""
        if not self.processes.leads:
            return False
        from pipelines.motion_expert.mace.validation import held_out_loss

        step, numbers = self.loop.step, dict[str, float]()
        if self.course.held is not None:
            numbers = held_out_loss(
                self.ema.model, self.course.loss, self.course.prepare, self.course.held,
                self.device, max(1, self.slices.size),
            )  # fmt: skip
        if self.course.sample is not None and log is not None:
            numbers |= self.course.sample(step, self.ema.model)
        if log is not None and numbers:
            log.write(step, "validation", numbers)
        self.model.train()
        return self.loop.is_best(numbers.get("loss"))

    def snapshot(self) -> Callable[[Path], None]:
        """What writes a checkpoint."""
        facts = {
            "step": self.loop.step, "best": self.loop.best, "options": asdict(self.options),
            **self.course.facts,
        }  # fmt: skip

        def write(folder: Path) -> None:
            save_state(folder, self.model, self.ema, self.optimizer, facts)
            self.course.save_weights(folder, self.ema.model, facts)

        return write


class HalfPrecision(nn.Module):
    """Runs a network in bf16 where that is safe, and hands out float32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, *context: Tensor) -> Tensor:
        """As the network's own forward."""
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            out: Tensor = self.model(x, *context)
        return out.float()


def build_optimizer(
    model: nn.Module, options: EngineOptions, fused: bool = False
) -> torch.optim.Optimizer:
    """Adan as published, or AdamW that decays matrices only (no norms, biases, or scan rates).

    `fused` updates all weights in one kernel of the GPU, where torch has one (AdamW).
    """
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    if options.optimizer == "adan":
        return Adan(trained.values(), lr=options.lr, weight_decay=options.weight_decay)
    plain = [p for n, p in trained.items() if p.ndim < 2 or n.endswith("A_log")]
    matrices = [p for n, p in trained.items() if p.ndim >= 2 and not n.endswith("A_log")]
    groups = [
        {"params": matrices, "weight_decay": options.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.99), fused=fused or None)


def learning_rate_factor(step: int, options: EngineOptions) -> float:
    """Rises linearly over the warm-up; then constant, or falling as a cosine to 1 % at the end."""
    if step < options.warmup:
        return (step + 1) / options.warmup
    if options.schedule == "constant":
        return 1.0
    done = (step - options.warmup) / max(1, options.steps - options.warmup)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
