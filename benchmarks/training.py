"""Training the Motion Expert: steps and frames per second, the scan's share, waiting, memory.

python benchmarks/training.py [--presets small paper] [--steps 5] [--batch 16] [--device cpu]
    [--precision fp32 bf16] [--workers 1]

The whole update on made-up dances: building batches, network, loss, optimizer, running average.
Each row is a process of its own, so that peak memory is its own. "waited" is the share of time in
which the next batch was not ready. Of the reference scan on a CPU only the forward pass can be
timed; its backward pass is spread over the graph. On a GPU, where calls return before they are
done, the scans of one update are timed by themselves.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import numpy as np
import torch
from measure import best_seconds, finish, headline, table
from torch import Tensor, nn

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Windows
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.objective import Objective, ObjectiveConfig
from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.motion_expert.sequence import scan_kernels
from pipelines.motion_expert.sequence.selective_scan import selective_scan, selective_scan_reference
from pipelines.training.feed import Feed, Tensors
from pipelines.training.learner import Learner
from pipelines.training.optimizers import adamw_of_matrices, adan
from pipelines.training.precision import HalfPrecision

WINDOW = 150


def made_up_windows() -> Windows:
    """Ten takes of a minute whose joints drift at random."""
    random, takes = np.random.default_rng(0), []
    for number in range(10):
        poses = 0.02 * random.normal(size=(1800, 24, 3)).cumsum(0)
        trans = 0.01 * random.normal(size=(1800, 3)).cumsum(0)
        motion = Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0)
        features = random.normal(size=(1800, 35)).astype(np.float32)
        takes.append(PairedSequence(motion, features, str(number), str(number)))
    return Windows(takes, (), WINDOW, 15)


class Clock:
    """Adds up the seconds that calls of some functions take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begin = time.perf_counter()
            result = function(*arguments)
            self.seconds += time.perf_counter() - begin
            return result

        return timed


class Calls:
    """Remembers the arguments' shapes and types of a scan's calls, to time the same by themselves.

    Args:
        scan: the scan that is called.
    """

    def __init__(self, scan: Callable[..., Tensor]) -> None:
        self.scan = scan
        self.seen: Counter[tuple[Any, ...]] = Counter()

    def __call__(self, *values: Tensor) -> Tensor:
        kinds = tuple((tuple(value.shape), value.dtype) for value in values)
        self.seen[kinds, torch.is_grad_enabled()] += 1
        return self.scan(*values)

    def seconds(self, device: torch.device) -> float:
        """What all of them take."""
        return sum(self._one(*key, device) * count for key, count in self.seen.items())

    def _one(self, kinds: Any, gradients: bool, device: torch.device) -> float:
        values = [torch.rand(shape, device=device).to(dtype) for shape, dtype in kinds]
        values[2] = -values[2] - 0.5  # decays
        wanted = [value.requires_grad_(gradients) for value in values]

        def work() -> None:
            y = self.scan(*wanted)
            if gradients:
                torch.autograd.grad(y, wanted, torch.ones_like(y))

        return best_seconds(work, 3)


def train(asked: argparse.Namespace, preset: str, scan: str) -> dict[str, float]:
    """A few updates after two to warm up."""
    device = torch.device(asked.device)
    windows, clock = made_up_windows(), Clock()
    normalizer = Normalizer.fit([windows.extremes(Augmentation())])
    standardizer = Standardizer.fit(windows.features)
    model = MotionExpert(PRESETS[preset]).to(device).train()
    called: nn.Module = HalfPrecision(model) if asked.precision == "bf16" else model
    objective = Objective(ObjectiveConfig(), normalizer, device)
    adamw = adamw_of_matrices(4e-4, 0.02, fused=device.type == "cuda")
    make_optimizer = adan(4e-4, 0.02) if asked.optimizer == "adan" else adamw
    learner = Learner(model, make_optimizer, ema_decay=0.9999)
    generator = torch.Generator(device).manual_seed(0)
    hands = PRESETS[preset].heard_size - PRESETS[preset].music_size

    def make(number: int) -> Tensors:
        drawn = windows.draw(asked.batch, (0, number), Augmentation())
        music = [standardizer.transform(drawn.music), drawn.clock[..., :hands]]
        return {
            "x_BTK": torch.from_numpy(normalizer.transform(drawn.motion)),
            "music_BTF": torch.from_numpy(np.concatenate(music, axis=-1)),
            "genre_B": torch.from_numpy(drawn.genre),
        }

    used = Calls(clock(selective_scan_reference) if scan == "reference" else selective_scan)
    with ExitStack() as stack:
        stack.enter_context(
            mock.patch("pipelines.motion_expert.sequence.mamba.selective_scan", used)
        )
        for name in ("forward", "backward"):
            timed = clock(getattr(scan_kernels, name))
            stack.enter_context(mock.patch.object(scan_kernels, name, timed))
        feed = stack.enter_context(Feed(make, 0, asked.workers))
        for step in range(-2, asked.steps):
            if step == 0:
                finish()
                begin, feed.waited, clock.seconds = time.perf_counter(), 0.0, 0.0
                used.seen.clear()
            tensors = {name: value.to(device) for name, value in feed.next().items()}
            loss, _ = objective.loss(called, tensors, generator)  # type: ignore[arg-type]
            learner.backward(loss)
            learner.gradient_norm(1.0)
            learner.step(4e-4)
        finish()
        took = time.perf_counter() - begin
    gpu = device.type == "cuda"
    memory = (
        torch.cuda.max_memory_allocated() / 1e9
        if gpu
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    )
    in_scan = used.seconds(device) if gpu else clock.seconds
    return {
        "steps/s": asked.steps / took, "frames/s": asked.steps * asked.batch * WINDOW / took,
        "scan": in_scan / took, "waited": feed.waited / took, "GB": memory,
    }  # fmt: skip


def main() -> None:
    """Print the table; with --one, a row as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["small", "paper"], choices=PRESETS)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--optimizer", default="adan", choices=("adan", "adamw"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scans", nargs="+", default=["fused", "reference"])
    parser.add_argument("--one", nargs=2, metavar=("PRESET", "SCAN"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(train(asked, *asked.one)))
        return
    headline()
    rows = []
    for preset in asked.presets:
        for scan in asked.scans:
            command = [sys.executable, __file__, "--one", preset, scan, *sys.argv[1:]]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            row = json.loads(done.stdout)
            shares = [f"{100 * row[name]:.1f} %" for name in ("scan", "waited")]
            rows.append((f"{preset}, {scan} scan", row["steps/s"], f"{row['frames/s']:.0f}",
                         *shares, row["GB"]))  # fmt: skip
    table((f"batch {asked.batch} x {WINDOW} frames", "steps/s", "frames/s", "in the scan",
           "waited", "GB"), rows)  # fmt: skip


if __name__ == "__main__":
    main()
