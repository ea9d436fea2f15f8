"""The Motion Expert: times real time when dancing, and how near to its matrix products alone.

python benchmarks/motion_expert.py [--seconds 10 60] [--presets small paper]

First table: one dance of 50 DDIM steps. Second: one evaluation of the network, its matrix-product
operations as torch counts them, the time that those alone would take at the machine's rate, and the
share of that in the time it takes. Same with the reference scan in place of the fused one.
"""

from __future__ import annotations

import argparse
from unittest import mock

import numpy as np
import torch
from measure import best_seconds, headline, table
from torch.utils.flop_counter import FlopCounterMode

from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.motion_expert.sequence.selective_scan import selective_scan_reference

FPS = 30
STEPS = 50


def choreographer(preset: str) -> Choreographer:
    """An untrained one: the numbers in the weights do not matter here."""
    torch.manual_seed(0)
    config = PRESETS[preset]
    ones, music = np.ones(151, np.float32), np.ones(35, np.float32)
    weights = MotionExpert(config).state_dict()
    scaling = Normalizer(-ones, ones), Standardizer(0 * music, music)
    return Choreographer(Checkpoint(config, weights, *scaling, "", {}), torch.device("cpu"))


def real_time(expert: Choreographer, seconds: float) -> float:
    """Seconds of dance per second of computing, everything from features to motion included."""
    features = np.random.default_rng(0).normal(size=(round(seconds * FPS), 35)).astype(np.float32)
    config = SamplingConfig(sampling_steps=STEPS)
    return seconds / best_seconds(lambda: expert.dance(features, "", config), repeats=2)


def evaluation(expert: Choreographer, seconds: float) -> tuple[float, float]:
    """(matrix-product operations, seconds) of one evaluation of the network."""
    frames, model = round(seconds * FPS), expert.model
    x, tokens = torch.randn(1, frames, 151), torch.randn(1, frames, model.config.width)
    arguments = (x, torch.tensor([500]), tokens, torch.tensor([0.75]))
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            model.denoise(*arguments)
        took = best_seconds(lambda: model.denoise(*arguments), repeats=5)
    return float(counter.get_total_flops()), took


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 60])
    parser.add_argument("--presets", nargs="+", default=["small", "paper"], choices=PRESETS)
    asked = parser.parse_args()
    rate = headline()
    experts = {name: choreographer(name) for name in asked.presets}
    # The paper preset takes minutes for 50 steps; its evaluations tell the same.
    quick = {name: expert for name, expert in experts.items() if name != "paper"}
    table(
        ("50 steps", *(f"{seconds:g} s" for seconds in asked.seconds)),
        [(name, *(f"{real_time(expert, s):.1f} x real time" for s in asked.seconds))
         for name, expert in quick.items()],
    )  # fmt: skip
    rows = []
    for name, expert in experts.items():
        for seconds in asked.seconds:
            operations, took = evaluation(expert, seconds)
            with mock.patch(
                "pipelines.motion_expert.sequence.mamba.selective_scan", selective_scan_reference
            ):
                _, plain = evaluation(expert, seconds)
            rows.append(
                (f"{name}, {seconds:g} s", operations / 1e9, 1e3 * operations / rate, 1e3 * took,
                 f"{100 * operations / rate / took:.0f} %", 1e3 * plain,
                 f"{seconds / took / STEPS:.2f} x")
            )  # fmt: skip
    table(
        ("one evaluation", "GFLOP", "ms at the rate", "ms", "share", "ms, reference scan",
         "real time at 50 steps"),
        rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
