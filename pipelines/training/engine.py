"""One engine for every training: it runs a task (`training.task`) in a run's folder.

One update sees `batch_size` items, cut into slices (`training.slices`). Everything random in a
slice (what is drawn, noise, dropout) follows from seed, step and slice, so nothing random is kept:

    <run>/step-00000500/ ...                    what the task saves, ready for use
                        training.safetensors    what going on needs (`Learner.state`)
                        training.json           step, scores, options, the task's facts
    <run>/latest -> step-00000500    <run>/best -> step-00000300
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from pipelines.support.errors import OutOfResources, UnsuitableInput, refused
from pipelines.support.files import read_json, write_json
from pipelines.support.progress import Progress
from pipelines.training.checkpoints import FACTS
from pipelines.training.feed import Feed, Tensors
from pipelines.training.launch import Launch
from pipelines.training.loop import Loop, Outcome, Pace
from pipelines.training.memory import equal_parts, explained, largest_fit
from pipelines.training.schedule import rate_factor
from pipelines.training.slices import Slices
from pipelines.training.task import Task
from pipelines.training.training_log import TrainingLog

STATE = "training.safetensors"


@dataclass(frozen=True)
class EngineOptions:
    """How to train, whatever it is; the configs of the commands explain each field to users.

    `ema_decay` None keeps no average; `sample_every` 0 makes no samples.
    """

    steps: int
    batch_size: int
    lr: float
    warmup: int = 0
    schedule: str = "constant"
    ema_decay: float | None = None
    grad_clip: float = 0.0
    accumulate: int = 1
    seed: int = 0
    validate_every: int = 500
    checkpoint_every: int = 500
    sample_every: int = 0
    keep: int = 3
    workers: int = 1

    @staticmethod
    def of(config: Any, **changes: Any) -> EngineOptions:
        """Those of a command's config that have the same name, with some changes."""
        names = (one.name for one in fields(EngineOptions))
        same = {name: getattr(config, name) for name in names if hasattr(config, name)}
        return EngineOptions(**(same | changes))


class Engine:
    """Trains a task in a run's folder.

    Args:
        task: what to train, on what.
        options: how to train.
        folder: the run's folder; a checkpoint in it is taken up.
        launch: this process's place among its peers; it has placed the task's network.
        progress: who listens.

    Raises:
        UnsuitableInput: the checkpoint belongs to another network.
    """

    def __init__(
        self, task: Task, options: EngineOptions, folder: Path, launch: Launch, progress: Progress
    ) -> None:
        self.task, self.options = task, options
        self.device, self.processes, self.cuts = launch.device, launch.processes, launch.cuts
        self.learner = launch.learner(
            task.network, task.optimizer, options.ema_decay, options.grad_clip, options.accumulate
        )
        self.slices = Slices(options.seed, options.batch_size, options.accumulate, self.processes)
        self.generator = torch.Generator(task.noise_device)
        self.loop = Loop(folder, options.keep, self.device, self.processes, progress)
        self._begun_at = 0
        if (latest := self.loop.checkpoints.latest()) is not None:
            self._take_up(latest)

    @property
    def step(self) -> int:
        """Updates done so far."""
        return self.loop.step

    def run(self) -> Outcome:
        """Train up to `options.steps` updates; raises as `Loop.run` does."""
        options = self.options
        pace = Pace(
            options.steps, options.validate_every, options.checkpoint_every,
            options.accumulate, options.workers,
        )  # fmt: skip
        self.task.network.train()
        return self.loop.run(self, pace, self._sample)

    # One update ---------------------------------------------------------------------------------

    def make_slice(self, number: int) -> Tensors:
        """The items of this process's n-th slice."""
        return self.task.draw(self.slices.size, self.slices.key(number))

    def update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; returns the losses of this process's slices."""
        options = self.options
        factor = rate_factor(self.step, options.steps, options.warmup, options.schedule)
        totals: dict[str, float] = {}
        for part in range(options.accumulate):
            batch = {k: v.to(self.device, non_blocking=True) for k, v in feed.next().items()}
            number = self.step * options.accumulate + part
            for name, value in self._backward(batch, number).items():
                totals[name] = totals.get(name, 0.0) + value / options.accumulate
        self.learner.collect_gradients(None if self.cuts else self.processes)
        norm = self.learner.gradient_norm(options.grad_clip)
        self.loop.check_finite(totals["loss"], norm)
        lr = options.lr * factor
        self.learner.step(lr)
        return {**totals, "gradient_norm": norm, "lr": lr}

    def _backward(self, batch: Tensors, number: int) -> dict[str, float]:
        seed = self.slices.noise_seed(number)
        torch.manual_seed(seed)  # dropout
        self.generator.manual_seed(seed)
        with explained(lambda: self._too_large(batch)):
            loss, parts = self.task.loss(self.learner.called, batch, self.generator)
            self.learner.backward(loss / self.options.accumulate)
        return {"loss": float(loss.detach()), **parts}

    def _too_large(self, batch: Tensors) -> OutOfResources:
        """Find by trial the largest part of `batch` that fits, and say which flags ask for it."""

        def attempt(part: int) -> None:
            cut = {name: value[:part] for name, value in batch.items()}
            self.task.loss(self.learner.called, cut, self.generator)[0].backward()

        size, accumulate = len(next(iter(batch.values()))), self.options.accumulate
        words = self.task.words
        where = f"out of memory in step {self.step + 1}"
        if self.cuts:  # parts compute together: one process cannot try alone
            return OutOfResources(
                f"{where} with {size} {words.items} at once",
                f"use --accumulate {accumulate * size} (same result), or a smaller --batch-size",
            )
        fits = largest_fit(size, attempt, self.learner.forget_gradients, self.device)
        if fits is not None:
            return OutOfResources(
                f"{where} with {size} {words.items} at once; {fits} fit",
                f"use --accumulate {accumulate * equal_parts(size, fits)} (same result), or "
                f"--batch-size {fits * self.slices.count}",
            )
        return OutOfResources(f"{where}, even with a single {words.item}", words.smaller)

    # Validation, samples and checkpoints --------------------------------------------------------

    def judge(self, log: TrainingLog | None = None) -> dict[str, float]:
        """Figures of what was learned so far on what is held out; empty where nothing is."""
        if self.task.held_out is None:
            return {}
        self.task.network.eval()
        with torch.no_grad(), self.learner.averaged():
            figures = self.task.held_out(self.learner.called, self.step, log)
        self.task.network.train()
        return figures

    def validate(self, log: TrainingLog | None) -> bool:
        """Judge what was learned so far; returns whether this is the best yet."""
        figures = self.judge(log)
        if log is not None and figures:
            log.write(self.step, "validation", figures)
        return self.loop.is_best(figures.get("loss"))

    def _sample(self, log: TrainingLog | None) -> None:
        every = self.options.sample_every
        if self.task.sample is None or not every or self.step % every:
            return
        if self.step == self._begun_at and self.loop.anywhere(self.task.sampled(self.step)):
            return
        self.task.network.eval()
        with torch.no_grad(), self.learner.averaged():
            self.task.sample(self.task.network, self.step, log)
        self.task.network.train()

    def snapshot(self) -> Callable[[Path], None]:
        """What writes a checkpoint; its tensors are gathered already."""
        learned = self.learner.learned()
        tensors, numbers = self.task.state.packed(self.learner.state(), self.learner.order)
        facts: dict[str, Any] = {
            "step": self.step, "judged": self.loop.judged, "best": self.loop.best,
            "options": {**asdict(self.options), **self.task.settings}, **self.task.facts,
        }  # fmt: skip

        def write(folder: Path) -> None:
            from safetensors.torch import save_file

            self.task.save(folder, learned, facts)
            save_file(tensors, folder / STATE)
            write_json(folder / FACTS, {**facts, **numbers})

        return write

    def _take_up(self, checkpoint: Path) -> None:
        from safetensors.torch import load_file

        facts = read_json(checkpoint / FACTS)
        with refused(checkpoint / STATE, "missing or damaged, remove this checkpoint"):
            stored = load_file(checkpoint / STATE)
        try:
            state = self.task.state.unpacked(stored, facts, self.learner.order)
            self.learner.load(state, int(facts["step"]))
        except (ValueError, KeyError, IndexError) as error:
            raise UnsuitableInput(
                f"{checkpoint}: does not fit this run ({error})",
                f"use the {self.task.words.shape} of that run, or another --run",
            ) from error
        self.loop.take_up(facts)
        self._begun_at = self.step
