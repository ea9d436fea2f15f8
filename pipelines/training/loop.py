"""The loop of every training: updates, log, validation, checkpoints, and stopping when asked to.

An engine says what an update, a validation and a checkpoint are; when they come, and what happens
when one of several processes is stopped or the loss breaks, is the same for all and stands here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from pipelines.support.errors import Interrupted, OutOfResources, UnsuitableInput
from pipelines.support.progress import Progress
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Feed, Tensors
from pipelines.training.processes import Processes
from pipelines.training.stopping import stop_requests
from pipelines.training.training_log import TrainingLog

LOG_EVERY = 10


class Trainable(Protocol):
    """What the loop asks of an engine; every process asks the same at the same time."""

    def make_slice(self, number: int) -> Tensors:
        """This process's n-th slice since step 0; called by the threads of the feed."""
        ...

    def update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; returns figures for the log."""
        ...

    def validate(self, log: TrainingLog | None) -> bool:
        """Judge what was learned so far; returns whether it is the best yet."""
        ...

    def snapshot(self) -> Callable[[Path], None]:
        """What writes a checkpoint into a folder; called in the leading process."""
        ...


@dataclass(frozen=True)
class Pace:
    """How long to train, and when to look up, in steps.

    Attributes:
        steps: updates in all.
        accumulate: slices per update and process.
        workers: threads that build slices ahead.
    """

    steps: int
    validate_every: int
    checkpoint_every: int
    accumulate: int
    workers: int


@dataclass(frozen=True)
class Outcome:
    """How a run ended: updates done, the newest checkpoint, the best validation loss, the speed."""

    step: int
    checkpoint: Path
    best_loss: float | None
    seconds_per_step: float
    feed_share: float


class Loop:
    """One run: where it stands, and its way to the end.

    Args:
        folder: the run's folder.
        keep: checkpoints to keep.
        device: where the processes exchange numbers.
        processes: this process's place among its peers.
        progress: who listens.

    Attributes:
        step: updates done.
        judged: updates that had been done when it was last judged.
        best: the best validation loss so far.
    """

    def __init__(
        self, folder: Path, keep: int, device: torch.device, processes: Processes,
        progress: Progress,
    ) -> None:  # fmt: skip
        self.folder, self.device = folder, device
        self.processes, self.progress = processes, progress
        self.checkpoints = Checkpoints(folder, keep)
        self.step, self._saved_step = 0, -1
        self.judged = 0
        self.best: float | None = None

    def take_up(self, facts: dict[str, Any]) -> None:
        """Stand where the checkpoint with these facts was written."""
        self.step = self._saved_step = int(facts["step"])
        self.judged = int(facts.get("judged", self.step))
        self.best = facts["best"]

    def run(
        self,
        engine: Trainable,
        pace: Pace,
        after_step: Callable[[TrainingLog | None], None] = lambda log: None,
    ) -> Outcome:
        """Train to the end.

        Args:
            engine: what is trained.
            pace: how long.
            after_step: called behind every step's validation and checkpoint, and at the step from
                which a run goes on.

        Raises:
            Interrupted: Ctrl-C, SIGTERM or SIGUSR1 came; a checkpoint was written.
            UnsuitableInput: the loss or its gradient is not finite; the last checkpoint stands.
            OutOfResources: memory or disk ran out; the message says what fits.
        """
        log = None
        if self.processes.leads:
            self.checkpoints.mend()
            log = TrainingLog(self.folder, self.step)
        begin, first = time.perf_counter(), self.step
        feed = Feed(engine.make_slice, self.step * pace.accumulate, pace.workers)
        try:
            if first:
                self._make_up(engine, pace, log)
                after_step(log)  # the run may have been stopped between a checkpoint and this
            with stop_requests(self._heard) as stopped, feed:
                self._steps(engine, pace, feed, stopped, log, after_step)
        finally:
            if log is not None:
                log.close()
        if self._saved_step != self.step:
            self._save(engine, self._judge(engine, None))
        seconds = time.perf_counter() - begin
        return Outcome(
            self.step,
            self.checkpoints.latest() or self.folder,
            self.best,
            seconds / max(1, self.step - first),
            feed.waited / seconds,
        )

    def _steps(
        self,
        engine: Trainable,
        pace: Pace,
        feed: Feed,
        stopped: Callable[[], bool],
        log: TrainingLog | None,
        after_step: Callable[[TrainingLog | None], None],
    ) -> None:
        recent: list[dict[str, float]] = []
        mark, waited = time.perf_counter(), 0.0
        with self.progress.stage("training", pace.steps, "steps") as advance:
            advance(self.step)
            while self.step < pace.steps:
                recent.append(engine.update(feed))
                self.step += 1
                advance(1)
                halt = self.anywhere(stopped())
                if self.step % LOG_EVERY == 0 and log is not None:
                    now = time.perf_counter()
                    means = {k: sum(n[k] for n in recent) / len(recent) for k in recent[0]}
                    means["seconds_per_step"] = (now - mark) / len(recent)
                    means["feed_share"] = (feed.waited - waited) / (now - mark)
                    log.write(self.step, "train", means)
                    recent, mark, waited = [], now, feed.waited
                if halt:
                    self._stop(engine)
                best = self.step % pace.validate_every == 0 and self._judge(engine, log)
                if best or self.step % pace.checkpoint_every == 0:
                    self._save(engine, best)
                after_step(log)

    def _judge(self, engine: Trainable, log: TrainingLog | None) -> bool:
        """Validate; returns whether this is the best yet."""
        self.judged = self.step
        return self.anywhere(engine.validate(log))

    def _make_up(self, engine: Trainable, pace: Pace, log: TrainingLog | None) -> None:
        """Judge a step at which that was due when a stop came: there was no time for it then."""
        due = self.step % pace.validate_every == 0
        last = self.step >= pace.steps and self.step % pace.checkpoint_every
        if self.judged == self.step or not (due or last):
            return
        best = self._judge(engine, log if due else None)
        self._saved_step = -1
        self._save(engine, best)

    def _heard(self) -> None:
        self.progress.say("stopping after this step, with a checkpoint; Ctrl-C again stops at once")

    def _stop(self, engine: Trainable) -> None:
        self._save(engine, best=False)
        raise Interrupted(
            f"stopped after step {self.step}; checkpoint written to {self.folder}",
            "run the same command again to go on",
        )

    def anywhere(self, said: bool) -> bool:
        """Whether any process says so: what one does, saving or stopping, all have to do."""
        return self.processes.sum([float(said)], self.device)[0] > 0

    def is_best(self, loss: float | None) -> bool:
        """Take note of a validation loss; returns whether it is the best yet."""
        if loss is None or not (self.best is None or loss < self.best):
            return False
        self.best = loss
        if self.processes.leads:
            self.progress.say(f"step {self.step}: held-out loss {loss:.4f}, the best so far")
        return True

    def check_finite(self, loss: float, norm: float) -> None:
        """Raise UnsuitableInput if the loss of any process, or the gradient, is broken."""
        if math.isfinite(self.processes.sum([loss], self.device)[0]) and math.isfinite(norm):
            return
        what = "loss" if not math.isfinite(loss) else "gradient"
        kept = self.checkpoints.latest()
        where = f"the checkpoint {kept} stands" if kept else "there is no checkpoint yet"
        raise UnsuitableInput(
            f"the {what} became NaN or infinite in step {self.step + 1}; {where}",
            "go on with --resume and a smaller --lr, or with --grad-clip 1",
        )

    def _save(self, engine: Trainable, best: bool) -> None:
        if self._saved_step == self.step:
            return
        write = engine.snapshot()
        if self.processes.leads:
            try:
                self.checkpoints.write(self.step, write, best)
            except OSError as error:
                raise OutOfResources(
                    f"{self.folder}: no checkpoint could be written ({error.strerror})",
                    "free some disk space, or lower --keep; the older checkpoints stand",
                ) from error
        self._saved_step = self.step
        self.processes.wait()
