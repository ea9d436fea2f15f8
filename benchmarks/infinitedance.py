"""InfiniteDance: tokens to a song, in times real time; what a token costs early and late in a song;
retrieval over a hundred hours; and what the sizes `paper` and `small` take in memory.

OMP_NUM_THREADS=1 python benchmarks/infinitedance.py [--seconds 10 180] [--hours 100]

On a CPU by the time that its cores were busy. Songs of noise: what is danced does not matter here.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import torch
from measure import headline, table

from pipelines.motion_expert.infinitedance.bank import Bank
from pipelines.motion_expert.infinitedance.clock import Span, window_starts
from pipelines.motion_expert.infinitedance.cost import dance_cost
from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.motion_expert.infinitedance.whole import load_whole
from pipelines.motion_expert.infinitedance.whole_songs import write_song
from pipelines.motion_expert.interface import DanceRequest
from pipelines.music.features import MusicFeatures
from pipelines.support.progress import SILENT

FPS = 30
WIDTH = 96
Row = tuple[object, ...]


def song(seconds: float) -> MusicFeatures:
    """Noise with a beat every half second."""
    values = np.random.default_rng(0).normal(size=(round(seconds * FPS), 35)).astype(np.float32)
    values[:, -1] = 0
    values[::15, -1] = 1
    return MusicFeatures(values)


def danced(folder: Path | None, seconds: float) -> Row:
    """A whole dance as `generate` makes it, and the tokens alone in both halves of the song."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    dancer = load_whole(folder, InfiniteDanceOptions())
    music = song(seconds)
    begin = time.process_time()
    dancer.dance(DanceRequest(music), SILENT)
    took = time.process_time() - begin
    whole = Span(max(dancer.window.cells, Span.covering(music.frames).cells))
    held = np.pad(music.values, ((0, whole.frames - music.frames), (0, 0)), mode="edge")
    at: list[float] = []
    write_song(
        dancer.generator, lambda start, length: dancer._heard(held, -1, start, length), whole,
        dancer.how, torch.Generator().manual_seed(0), 1, dancer.window, dancer.step,
        lambda: at.append(time.process_time()),
    )  # fmt: skip
    half = len(at) // 2
    early, late = 1e3 * (at[half] - at[0]) / half, 1e3 * (at[-1] - at[half]) / (len(at) - 1 - half)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    windows = len(window_starts(whole, dancer.window, dancer.step))
    cost = dance_cost(folder, seconds, 1)
    return (
        f"{seconds:g} s, {windows} windows", f"{seconds / took:.1f} x", early, late,
        f"{before:.0f} → {memory:.0f} ({cost.memory / 2**20:.0f})",
        f"{took:.1f} s ({cost.seconds:.1f})",
    )  # fmt: skip


def retrieved(hours: float, step: float = 3.2, count: int = 10) -> Row:
    """The best of a synthetic bank, with and without a style and a recording left out."""
    windows = 2 * round(hours * 3600 / step)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(windows, WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    recordings = np.repeat(np.arange(windows // 40 + 1), 40)[:windows]
    bank = Bank(
        vectors, np.zeros((windows, 1, 3), np.int16), recordings % 20, recordings,
        tuple(f"recording {n}" for n in range(recordings[-1] + 1)),
    )  # fmt: skip
    took = []
    for given in ({}, {"genre": 3}, {"genre": 3, "without": ["recording 3"]}):
        begin = time.process_time()
        for row in range(20):
            bank.found(vectors[row], count, **given)  # type: ignore[arg-type]
        took.append(1e3 * (time.process_time() - begin) / 20)
    return f"{hours:g} h, {windows} windows with mirror images", *took


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 60, 180])
    parser.add_argument("--hours", type=float, nargs="+", default=[1, 100])
    parser.add_argument("--model", type=Path, help="a trained folder; else the one that ships")
    asked = parser.parse_args()
    headline()
    danced(asked.model, 8)  # to warm up
    table(
        ("song", "real time", "ms a token, first half", "second half",
         "memory, MB (estimated)", "time (estimated)"),
        [danced(asked.model, seconds) for seconds in sorted(asked.seconds)],
    )  # fmt: skip
    print()
    table(
        ("bank", "ms, any style", "ms, one style", "ms, a recording left out"),
        [retrieved(hours) for hours in asked.hours],
    )


if __name__ == "__main__":
    main()
