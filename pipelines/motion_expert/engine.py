"""The training loop of the Motion Expert (paper 3.2; spec C.3, C.4).

One update sees `batch_size` windows, cut into `processes x accumulate` equal slices. Everything
random in a slice (windows, augmentation, noise, dropout) follows from seed, step and slice, so an
interrupted run goes on bit by bit, and several processes learn what one would have learnt.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipelines.errors import Interrupted, OutOfResources, UnsuitableInput, is_out_of_memory
from pipelines.motion_expert.adan import Adan
from pipelines.motion_expert.dataset import Augmentation, Batch, Windows
from pipelines.motion_expert.ema import Ema
from pipelines.motion_expert.training_state import load_state, save_state
from pipelines.progress import Progress
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Feed, Tensors
from pipelines.training.processes import Processes
from pipelines.training.stopping import stop_requests
from pipelines.training.training_log import TrainingLog

LOG_EVERY = 10


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


@dataclass(frozen=True)
class Outcome:
    """How a run ended: updates done, the newest checkpoint, the best validation loss, the speed."""

    step: int
    checkpoint: Path
    best_loss: float | None
    seconds_per_step: float
    feed_share: float


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
        self.course, self.options, self.folder = course, options, folder
        self.device, self.processes, self.progress = device, processes, progress
        self.model = course.model
        self.called = HalfPrecision(course.model) if options.bf16 else course.model
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = build_optimizer(self.model, options, fused=device.type == "cuda")
        self.ema = Ema(self.model, options.ema_decay)
        self.checkpoints = Checkpoints(folder, options.keep)
        self.generator = torch.Generator(device)
        self.step = 0
        self.saved_step = -1
        self.best: float | None = None
        if (latest := self.checkpoints.latest()) is not None:
            facts = load_state(latest, self.model, self.ema, self.optimizer)
            self.step = self.saved_step = int(facts["step"])
            self.best = facts["best"]

    def run(self) -> Outcome:
        """Train up to `options.steps` updates.

        Raises:
            Interrupted: SIGTERM or SIGUSR1 came; a checkpoint was written.
            UnsuitableInput: the loss or its gradient is not finite; the last checkpoint stands.
            OutOfResources: memory ran out; the message says which slice fits.
        """
        log = TrainingLog(self.folder, self.step) if self.processes.leads else None
        begin, first = time.perf_counter(), self.step
        feed = Feed(self._slice, self.step * self.options.accumulate, self.options.workers)
        try:
            with stop_requests() as stopped, feed:
                self._loop(feed, stopped, log)
        finally:
            if log is not None:
                log.close()
        if self.saved_step != self.step:
            self._save(self._validate(log=None))
        seconds = time.perf_counter() - begin
        latest = self.checkpoints.latest()
        assert latest is not None or not self.processes.leads
        return Outcome(
            self.step,
            latest or self.folder,
            self.best,
            seconds / max(1, self.step - first),
            feed.waited / seconds,
        )

    def _loop(self, feed: Feed, stopped: Callable[[], bool], log: TrainingLog | None) -> None:
        options = self.options
        self.model.train()
        recent: list[dict[str, float]] = []
        mark, waited = time.perf_counter(), 0.0
        with self.progress.stage("training", options.steps, "steps") as advance:
            advance(self.step)
            while self.step < options.steps:
                numbers = self._update(feed)
                self.step += 1
                advance(1)
                halt = self._shared_stop(stopped())
                recent.append(numbers)
                if self.step % LOG_EVERY == 0 and log is not None:
                    now = time.perf_counter()
                    means = {k: sum(n[k] for n in recent) / len(recent) for k in recent[0]}
                    means["seconds_per_step"] = (now - mark) / len(recent)
                    means["feed_share"] = (feed.waited - waited) / (now - mark)
                    log.write(self.step, "train", means)
                    recent, mark, waited = [], now, feed.waited
                if halt:
                    self._stop()
                self._milestones(log)

    def _milestones(self, log: TrainingLog | None) -> None:
        options = self.options
        best = False
        if self.step % options.validate_every == 0:
            best = self._validate(log)
        if best or self.step % options.checkpoint_every == 0:
            self._save(best)

    def _stop(self) -> None:
        self._save(best=False)
        raise Interrupted(
            f"stopped after step {self.step}; checkpoint written to {self.folder}",
            "run the same command again to go on",
        )

    def _shared_stop(self, asked: bool) -> bool:
        return self.processes.sum([float(asked)], self.device)[0] > 0

    # One update ---------------------------------------------------------------------------------

    def _slice_key(self, number: int) -> tuple[int, int]:
        """(step, slice within the step) of this process's n-th slice since step 0."""
        step, part = divmod(number, self.options.accumulate)
        return step, self.processes.rank * self.options.accumulate + part

    def _slices(self) -> int:
        return self.processes.count * self.options.accumulate

    def _slice(self, number: int) -> Tensors:
        step, part = self._slice_key(number)
        size = self.options.batch_size // self._slices()
        key = (self.options.seed, step, part)
        return self.course.prepare(self.course.train.draw(size, key, self.options.augment))

    def _update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; returns the losses of this process's slices."""
        options = self.options
        self._set_learning_rate()
        totals: dict[str, float] = {}
        for part in range(options.accumulate):
            batch = {k: v.to(self.device, non_blocking=True) for k, v in feed.next().items()}
            number = self.step * options.accumulate + part
            for name, value in self._backward(batch, number).items():
                totals[name] = totals.get(name, 0.0) + value / options.accumulate
        self.processes.average_gradients(self.parameters)
        norm = float(self._clip())
        self._check_finite(totals["loss"], norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update(self.model)
        return {**totals, "gradient_norm": norm, "lr": self.optimizer.param_groups[0]["lr"]}

    def _backward(self, batch: Tensors, number: int) -> dict[str, float]:
        seed = _noise_seed(self.options.seed, *self._slice_key(number))
        torch.manual_seed(seed)
        self.generator.manual_seed(seed)
        try:
            loss, parts = self.course.loss(self.called, batch, self.generator)
            (loss / self.options.accumulate).backward()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise self._too_large(batch) from error
        return {"loss": float(loss.detach()), **parts}

    def _clip(self) -> Tensor:
        limit = self.options.grad_clip or math.inf
        return torch.nn.utils.clip_grad_norm_(self.parameters, limit)

    def _check_finite(self, loss: float, norm: float) -> None:
        if math.isfinite(self.processes.sum([loss], self.device)[0]) and math.isfinite(norm):
            return
        what = "loss" if not math.isfinite(loss) else "gradient"
        kept = self.checkpoints.latest()
        where = f"the checkpoint {kept} stands" if kept else "there is no checkpoint yet"
        raise UnsuitableInput(
            f"the {what} became NaN or infinite in step {self.step + 1}; {where}",
            "go on with --resume and a smaller --lr, or with --grad-clip 1",
        )

    def _set_learning_rate(self) -> None:
        factor = learning_rate_factor(self.step, self.options)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.lr * factor

    def _too_large(self, batch: Tensors) -> OutOfResources:
        """Find by trial the largest part of `batch` that fits, and say which flags ask for it."""
        size = len(batch["x_BTK"])
        for cut in (2**k for k in range(1, 12)):
            if size // cut == 0:
                break
            if self._fits({k: v[: size // cut] for k, v in batch.items()}):
                options = self.options
                return OutOfResources(
                    f"out of memory in step {self.step + 1} with {size} windows at once; "
                    f"{size // cut} fit",
                    f"use --accumulate {options.accumulate * cut} (same result), or "
                    f"--batch-size {size // cut * self._slices()}",
                )
        return OutOfResources(
            f"out of memory in step {self.step + 1}, even with a single window",
            "use a smaller --preset or --window",
        )

    def _fits(self, batch: Tensors) -> bool:
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            self.course.loss(self.called, batch, self.generator)[0].backward()
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                return False
            raise
        return True

    # Validation and checkpoints -----------------------------------------------------------------

    def _validate(self, log: TrainingLog | None) -> bool:
        """Loss of the averaged weights on held-out windows; returns whether it is the best yet."""
        if not self.processes.leads:
            return False
        from pipelines.motion_expert.validation import held_out_loss

        numbers: dict[str, float] = {}
        if self.course.held is not None:
            numbers = held_out_loss(
                self.ema.model, self.course.loss, self.course.prepare, self.course.held,
                self.device, max(1, self.options.batch_size // self._slices()),
            )  # fmt: skip
        if self.course.sample is not None and log is not None:
            numbers |= self.course.sample(self.step, self.ema.model)
        if log is not None and numbers:
            log.write(self.step, "validation", numbers)
        self.model.train()
        loss = numbers.get("loss")
        if loss is None or not (self.best is None or loss < self.best):
            return False
        self.best = loss
        self.progress.say(f"step {self.step}: held-out loss {loss:.4f}, the best so far")
        return True

    def _save(self, best: bool) -> None:
        if self.processes.leads and self.saved_step != self.step:
            facts = {
                "step": self.step, "best": self.best, "options": asdict(self.options),
                **self.course.facts,
            }  # fmt: skip

            def fill(folder: Path) -> None:
                save_state(folder, self.model, self.ema, self.optimizer, facts)
                self.course.save_weights(folder, self.ema.model, facts)

            try:
                self.checkpoints.write(self.step, fill, best)
            except OSError as error:
                raise OutOfResources(
                    f"{self.folder}: no checkpoint could be written ({error.strerror})",
                    "free some disk space, or lower --keep; the older checkpoints stand",
                ) from error
        self.saved_step = self.step
        self.processes.wait()


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


def _noise_seed(seed: int, step: int, part: int) -> int:
    state = np.random.SeedSequence([seed, step, part, 1]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
