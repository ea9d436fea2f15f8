"""MEGADance: tokens to a song, in times real time; what a token costs early and late in a song.

OMP_NUM_THREADS=1 python benchmarks/megadance.py [--seconds 10 180] [--presets small]

On a CPU by the time that its cores were busy. Untrained networks: the numbers in the weights do not
matter here. Beside a loop that computes the last 22 tokens anew for each token, as the published
code does.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace

import torch
from measure import finish, headline, table
from torch import Tensor

from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.generator.sampling import Sampling, choose, continued
from pipelines.motion_expert.megadance.presets import FRAMES, GENERATORS, LEVELS, TOKENIZERS
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer

FPS = 30
GENRES = tuple(f"genre {n}" for n in range(16))
GREEDY = Sampling(temperature=0)
Row = tuple[object, ...]


def tokens_of(seconds: float) -> int:
    """Tokens of so much music."""
    return -(-round(seconds * FPS) // FRAMES)


@torch.inference_mode()
def without_memory(network: Generator, first: Tensor, music_tF: Tensor) -> Tensor:
    """As `continued` with one genre, with the window's tokens computed anew each time."""
    tokens, genre = first[:, None], torch.zeros(len(first), dtype=torch.int64, device=first.device)
    for place in range(len(music_tF) - 1):
        begin = max(0, place + 1 - network.config.reach)
        heard = music_tF[begin + 1 : place + 2].expand(len(first), -1, -1)
        logits = network(tokens[:, begin:], heard, genre)[:, -1]
        chosen = choose(logits, network.flat, GREEDY, torch.Generator()).to(first.device)
        tokens = torch.cat([tokens, chosen[:, None]], dim=1)
    return tokens


def measured(preset: str, seconds: float, device: torch.device, plain: bool) -> Row:
    """A row of the table."""
    # Beside other programs a core's own time says more than the clock on the wall.
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    torch.manual_seed(0)
    network = Generator(replace(GENERATORS[preset], genres=GENRES)).eval().to(device)
    tokenizer = Tokenizer(TOKENIZERS[preset]).eval().to(device)
    count = tokens_of(seconds)
    music = torch.randn(count, 35, device=device)
    first = torch.zeros(1, 2, len(LEVELS), dtype=torch.int64, device=device)
    at: list[float] = []
    begin = clock()
    tokens = continued(network, first, music, [0] * count, GREEDY, torch.Generator(),
                       lambda: at.append(clock()))  # fmt: skip
    tokenizer.decode(tokens, round(seconds * FPS))
    finish()
    took = clock() - begin
    half = len(at) // 2
    early = 1e3 * (at[half] - at[1]) / (half - 1)
    late = 1e3 * (at[-1] - at[half]) / (len(at) - 1 - half)
    loop = "–"
    if plain:
        begin = clock()
        without_memory(network, first, music)
        finish()
        loop = f"{seconds / (clock() - begin):.1f} x"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    label = f"{preset}, {seconds:g} s"
    return label, f"{seconds / took:.1f} x", early, late, loop, f"{memory:.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 180])
    parser.add_argument("--presets", nargs="+", default=["small"], choices=GENERATORS)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    headline()
    device = torch.device(asked.device)
    for preset in asked.presets:
        measured(preset, 4, device, plain=True)  # to warm up
    # The loop is timed over the shortest song alone: what a token costs there, it costs everywhere.
    table(
        ("song", "real time", "ms a token, first half", "second half", "loop without memory",
         "memory, MB"),
        [measured(preset, seconds, device, plain=seconds == min(asked.seconds))
         for preset in asked.presets for seconds in sorted(asked.seconds)],
    )  # fmt: skip


if __name__ == "__main__":
    main()
