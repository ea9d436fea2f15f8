"""Training the Motion Expert: steps and frames per second, the scan's share, waiting, memory.

python benchmarks/training.py [--presets small paper] [--steps 5] [--batch 16] [--device cpu]

The whole update on made-up dances: building batches, network, loss, optimizer, running average.
Each row is a process of its own, so that peak memory is its own. "waited" is the share of time in
which the next batch was not ready. Of the reference scan only the forward pass can be timed; its
backward pass is spread over the graph.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import numpy as np
import torch
from measure import headline, table

from pipelines.motion.motion import Motion
from pipelines.motion_expert import scan_kernels
from pipelines.motion_expert.adan import Adan
from pipelines.motion_expert.dataset import Augmentation, PairedSequence, Windows
from pipelines.motion_expert.ema import Ema
from pipelines.training.feed import Feed, Tensors
from pipelines.motion_expert.network import MotionExpert
from pipelines.motion_expert.objective import Objective, ObjectiveConfig
from pipelines.motion_expert.presets import PRESETS
from pipelines.motion_expert.representation import Normalizer, Standardizer
from pipelines.motion_expert.selective_scan import selective_scan_reference

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


def train(preset: str, scan: str, steps: int, batch: int, device: torch.device) -> dict[str, float]:
    """A few updates after two to warm up."""
    windows, clock = made_up_windows(), Clock()
    normalizer = Normalizer.fit([windows.extremes(Augmentation())])
    standardizer = Standardizer.fit(windows.features)
    model = MotionExpert(PRESETS[preset]).to(device).train()
    objective = Objective(ObjectiveConfig(), normalizer, device)
    optimizer, average = Adan(model.parameters()), Ema(model, 0.9999)
    generator = torch.Generator().manual_seed(0)

    def make(number: int) -> Tensors:
        drawn = windows.draw(batch, (0, number), Augmentation())
        return {
            "x_BTK": torch.from_numpy(normalizer.transform(drawn.motion)),
            "music_BTF": torch.from_numpy(standardizer.transform(drawn.music)),
            "genre_B": torch.from_numpy(drawn.genre),
        }

    with ExitStack() as stack:
        if scan == "reference":
            plain = clock(selective_scan_reference)
            stack.enter_context(mock.patch("pipelines.motion_expert.mamba.selective_scan", plain))
        for name in ("forward", "backward"):
            timed = clock(getattr(scan_kernels, name))
            stack.enter_context(mock.patch.object(scan_kernels, name, timed))
        feed = stack.enter_context(Feed(make, 0, workers=1))
        for step in range(-2, steps):
            if step == 0:
                begin, feed.waited, clock.seconds = time.perf_counter(), 0.0, 0.0
            tensors = {name: value.to(device) for name, value in feed.next().items()}
            loss, _ = objective.loss(model, tensors, generator)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update(model)
        if device.type == "cuda":
            torch.cuda.synchronize()
        took = time.perf_counter() - begin
    memory = (
        torch.cuda.max_memory_allocated() / 1e9
        if device.type == "cuda"
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    )
    return {
        "steps/s": steps / took, "frames/s": steps * batch * WINDOW / took,
        "scan": clock.seconds / took, "waited": feed.waited / took, "GB": memory,
    }  # fmt: skip


def main() -> None:
    """Print the table; with --one, a row as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["small", "paper"], choices=PRESETS)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--one", nargs=2, metavar=("PRESET", "SCAN"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        device = torch.device(asked.device)
        print(json.dumps(train(*asked.one, asked.steps, asked.batch, device)))
        return
    headline()
    rows = []
    for preset in asked.presets:
        for scan in ("fused", "reference"):
            command = [sys.executable, __file__, "--one", preset, scan, "--device", asked.device,
                       "--steps", str(asked.steps), "--batch", str(asked.batch)]  # fmt: skip
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            row = json.loads(done.stdout)
            shares = [f"{100 * row[name]:.1f} %" for name in ("scan", "waited")]
            rows.append((f"{preset}, {scan} scan", row["steps/s"], f"{row['frames/s']:.0f}",
                         *shares, row["GB"]))  # fmt: skip
    table((f"batch {asked.batch} x {WINDOW} frames", "steps/s", "frames/s", "in the scan",
           "waited", "GB"), rows)  # fmt: skip


if __name__ == "__main__":
    main()
