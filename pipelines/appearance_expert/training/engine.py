"""The training loop of the Appearance Expert (paper 3.3; spec D).

One update sees `batch_size` segments, cut into `processes x accumulate` equal slices. Everything
random in a slice (segments, references, given frames, noise and its level) follows from seed, step
and slice, so an interrupted run goes on bit by bit.
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

from pipelines.appearance_expert.training.flow_matching import (
    LEVELS,
    draw_levels,
    flow_loss,
    level_weights,
    mixed,
    noise_levels,
)
from pipelines.appearance_expert.training.learner import Learner
from pipelines.appearance_expert.training.network import Batch, placed, predict
from pipelines.errors import Interrupted, OutOfResources, UnsuitableInput, is_out_of_memory
from pipelines.files import read_json, write_json
from pipelines.progress import Progress
from pipelines.training.checkpoints import FACTS, Checkpoints
from pipelines.training.feed import Feed
from pipelines.training.processes import Processes
from pipelines.training.stopping import stop_requests
from pipelines.training.training_log import TrainingLog

LOG_EVERY = 10
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
        averages: whether processes hold a copy each, whose gradients are to be averaged.
    """

    transformer: nn.Module
    draw: Callable[[int, tuple[int, ...]], Batch]
    save: Callable[[Path, dict[str, Tensor], dict[str, Any]], None]
    held: list[Batch] = field(default_factory=list)
    sample: Callable[[int, nn.Module, TrainingLog | None], None] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    averages: bool = True


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
        self.course, self.options, self.folder = course, options, folder
        self.device, self.processes, self.progress = device, processes, progress
        self.network = course.transformer
        self.learner = Learner(self.network, options.lr, options.weight_decay, options.ema_decay)
        self.dtype = next(self.network.get_submodule("proj_out").parameters()).dtype
        self.levels, self.weights = noise_levels().float(), level_weights().float()
        self.checkpoints = Checkpoints(folder, options.keep)
        self.generator = torch.Generator()
        self.step, self.saved_step = 0, -1
        self.best: float | None = None
        if (latest := self.checkpoints.latest()) is not None:
            self._take_up(latest)

    def run(self) -> Outcome:
        """Train up to `options.max_steps` updates.

        Raises:
            Interrupted: SIGTERM or SIGUSR1 came; a checkpoint was written.
            UnsuitableInput: the loss or its gradient is not finite; the last checkpoint stands.
            OutOfResources: memory ran out; the message says what fits.
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
        return Outcome(
            self.step,
            latest or self.folder,
            self.best,
            seconds / max(1, self.step - first),
            feed.waited / seconds,
        )

    def _loop(self, feed: Feed, stopped: Callable[[], bool], log: TrainingLog | None) -> None:
        options = self.options
        self.network.train()
        recent: list[dict[str, float]] = []
        mark, waited = time.perf_counter(), 0.0
        with self.progress.stage("training", options.max_steps, "steps") as advance:
            advance(self.step)
            while self.step < options.max_steps:
                recent.append(self.update(feed))
                self.step += 1
                advance(1)
                halt = self.processes.sum([float(stopped())], self.device)[0] > 0
                if self.step % LOG_EVERY == 0 and log is not None:
                    now = time.perf_counter()
                    means = {k: sum(n[k] for n in recent) / len(recent) for k in recent[0]}
                    means["seconds_per_step"] = (now - mark) / len(recent)
                    means["feed_share"] = (feed.waited - waited) / (now - mark)
                    log.write(self.step, "train", means)
                    recent, mark, waited = [], now, feed.waited
                if halt:
                    self._save(best=False)
                    raise Interrupted(
                        f"stopped after step {self.step}; checkpoint written to {self.folder}",
                        "run the same command again to go on",
                    )
                self._milestones(log)

    def _milestones(self, log: TrainingLog | None) -> None:
        options, course = self.options, self.course
        best = self.step % options.validate_every == 0 and self._validate(log)
        if best or self.step % options.checkpoint_every == 0:
            self._save(best)
        if course.sample is not None and self.step % options.sample_every == 0:
            with self.learner.averaged():
                course.sample(self.step, self.network.eval(), log)
            self.network.train()

    # One update ---------------------------------------------------------------------------------

    def _slice_key(self, number: int) -> tuple[int, int]:
        """(step, slice within the step) of this process's n-th slice since step 0."""
        step, part = divmod(number, self.options.accumulate)
        return step, self.processes.rank * self.options.accumulate + part

    def _slice_size(self) -> int:
        return self.options.batch_size // (self.processes.count * self.options.accumulate)

    def _slice(self, number: int) -> Batch:
        key = (self.options.seed, *self._slice_key(number))
        return self.course.draw(self._slice_size(), key)

    def update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; returns the losses of this process's slices."""
        options = self.options
        lr = options.lr * min(1.0, (self.step + 1) / max(1, options.warmup))
        loss = 0.0
        for part in range(options.accumulate):
            batch = self.placed(feed.next())
            loss += self._backward(batch, self.step * options.accumulate + part)
        self.learner.collect_gradients()
        if self.course.averages:
            self.processes.average_gradients(self.learner.masters.values())
        norm = self.learner.gradient_norm(options.grad_clip)
        self._check_finite(loss, norm)
        self.learner.step(lr)
        return {"loss": loss, "gradient_norm": norm, "lr": lr}

    def placed(self, batch: Batch) -> Batch:
        """A batch where and as `loss` takes it."""
        return placed(batch, self.device, self.dtype)

    def loss(self, batch: Batch, level_B: Tensor, noise: Tensor) -> Tensor:
        """The loss of a batch at given noise levels (indices) and noise."""
        s_B = self.levels[level_B].to(self.device)
        noisy = mixed(batch["clean"], noise, s_B)
        predicted = predict(self.network, noisy, 1000 * s_B, batch)
        weight_B = self.weights[level_B].to(self.device)
        return flow_loss(
            predicted, batch["clean"], noise, weight_B, self.options.reference_weight
        )  # fmt: skip

    def _backward(self, batch: Batch, number: int) -> float:
        self.generator.manual_seed(_noise_seed(self.options.seed, *self._slice_key(number)))
        level_B = draw_levels(len(batch["clean"]), self.generator)
        noise = torch.randn(batch["clean"].shape, generator=self.generator).to(self.device)
        try:
            loss = self.loss(batch, level_B, noise) / self.options.accumulate
            loss.backward()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise self._too_large(batch) from error
        return float(loss.detach())

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

    def _too_large(self, batch: Batch) -> OutOfResources:
        """Find by trial the largest part of `batch` that fits, and say which flags ask for it."""
        size, accumulate = len(batch["clean"]), self.options.accumulate
        where = f"out of memory in step {self.step + 1}"
        for cut in (2**k for k in range(1, 8)):
            if size // cut and self._fits({k: v[: size // cut] for k, v in batch.items()}):
                return OutOfResources(
                    f"{where} with {size} segments at once; {size // cut} fit",
                    f"use --accumulate {accumulate * cut} (same result), or a smaller --batch-size",
                )
        return OutOfResources(
            f"{where}, even with a single segment",
            "leave --keep-activations out, or use a smaller --size, fewer --frames, or several "
            "GPUs with examples/accelerate/fsdp.yaml; --dry-run estimates what it takes",
        )

    def _fits(self, batch: Batch) -> bool:
        self.learner.forget_gradients()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        level_B = torch.full((len(batch["clean"]),), LEVELS // 2)
        try:
            self.loss(batch, level_B, torch.zeros_like(batch["clean"])).backward()
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                return False
            raise
        return True

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

    def _validate(self, log: TrainingLog | None) -> bool:
        """Judge the held-out segments; returns whether this is the best yet."""
        if not self.course.held:
            return False
        loss = self.held_out_loss()
        if log is not None:
            log.write(self.step, "validation", {"loss": loss})
        if not (self.best is None or loss < self.best):
            return False
        self.best = loss
        if self.processes.leads:
            self.progress.say(f"step {self.step}: held-out loss {loss:.4f}, the best so far")
        return True

    def _save(self, best: bool) -> None:
        if self.saved_step == self.step:
            return
        state, learned = self.learner.state(), self.learner.learned()
        if self.processes.leads:
            facts = {
                "step": self.step, "best": self.best, "updates": self.learner.updates,
                "options": asdict(self.options), **self.course.facts,
            }  # fmt: skip

            def fill(folder: Path) -> None:
                from safetensors.torch import save_file

                self.course.save(folder, learned, facts)
                save_file(state, folder / STATE)
                write_json(folder / FACTS, facts)

            try:
                self.checkpoints.write(self.step, fill, best)
            except OSError as error:
                raise OutOfResources(
                    f"{self.folder}: no checkpoint could be written ({error.strerror})",
                    "free some disk space, or lower --keep; the older checkpoints stand",
                ) from error
        self.saved_step = self.step
        self.processes.wait()

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
        self.step = self.saved_step = int(facts["step"])
        self.best = facts["best"]


def _noise_seed(seed: int, step: int, part: int) -> int:
    state = np.random.SeedSequence([seed, step, part, 1]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
