"""MEGADance's networks on dance that they never saw, beside each other: Table 4 with intervals.

    python benchmarks/megadance_held_out.py --tokenizers runs/tokens0 runs/tokens1
    python benchmarks/megadance_held_out.py --generators runs/without-mamba/best --data pairs/

Tokenizers: 8 s of each take of the library that ships that is held out, through the tokens and
back. Generators: cross-entropy of a token (both halves) over windows of the pairs that are marked
as held out, as `prepare_dance.py` leaves them. 95 % intervals resample choreographies; the last
column is the difference to the last row, choreography by choreography. With `--genres` each
generator also foretells them as dance of other genres, and of none: does an expert know its genre?
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from measure import EXAMPLES
from quality.measures import grouped_mean
from quality.real_dance import parted

from pipelines.datasets.paired import load_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.splits import HELD_OUT
from pipelines.datasets.windows import Windows
from pipelines.motion.representation import encode
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library
from pipelines.motion_expert.megadance.checkpoint import load_megadance, load_tokenizer
from pipelines.motion_expert.megadance.token_music import clock_of_tokens, music_of_tokens
from pipelines.motion_expert.megadance.tokenizer.losses import reconstruction
from pipelines.support.conventions import MOTION_FPS

FIGURES = ("smpl_mse", "smpl_mae", "joint_mse", "joint_mae", "drift")
WINDOW, STRIDE = 192, 192
"""Frames of a window that a generator is judged on, and from one to the next."""
OTHERS = 4
"""Wrong genres that it is told with `--genres`."""


@dataclass(frozen=True)
class Judged:
    """What was measured of one network: a value for each window, and whose choreography it is."""

    values: dict[str, np.ndarray]
    groups: list[str]
    notes: str = ""


@torch.inference_mode()
def rebuilt(folder: Path, seconds: float) -> Judged:
    """Held-out takes through a tokenizer's tokens and back."""
    network, library = load_tokenizer(folder)[0], load_library(SHIPPED)
    names = (EXAMPLES / "held_out_takes.txt").read_text().splitlines()
    frames, found, groups = round(seconds * MOTION_FPS), [], []
    codes: tuple[set[int], set[int]] = (set(), set())
    for take in parted(library, [name for name in names if name])[1]:
        x_TK = torch.from_numpy(encode(library.recorded(take)))
        for start in range(0, len(x_TK) - frames + 1, frames):
            part = x_TK[None, start : start + frames]
            found.append([float(v) for v in reconstruction(network, part).values()])
            groups.append(take.group)
            ids = network.up.fsq.ids(network(part).tokens)
            for half in (0, 1):
                codes[half].update(ids[..., half].flatten().tolist())
    columns = dict(zip(FIGURES, np.array(found).T, strict=True))
    tokens = len(found) * frames // 8
    return Judged(columns, groups, f"{len(codes[0])}, {len(codes[1])} codes in {tokens} tokens")


@torch.inference_mode()
def foretold(folder: Path, data: Path, in_step: bool, others: int = 0) -> list[Judged]:
    """Tokens of held-out pairs, as a generator foretells each from those before it.

    Args:
        folder: the generator's. data: pairs. in_step: they are moved into step first.
        others: also as dance of so many other genres, spread evenly over those it knows.

    Returns:
        Told the right genre; with `others` also the mean over wrong ones, and told none.
    """
    model = load_megadance(folder)
    shape = model.generator.config
    held = _held_out(data)
    windows = Windows(held, shape.genres, WINDOW, STRIDE, find_ones=shape.beat_gate,
                      in_step=in_step)  # fmt: skip
    losses = []
    for row in range(len(windows)):
        batch = windows.gather(np.array([row]))
        tokens = model.tokenizer.encode(torch.from_numpy(batch.motion))
        music = model.standardizer.transform(music_of_tokens(batch.music))
        if shape.beat_gate:
            music = np.concatenate([music, clock_of_tokens(batch.clock)], axis=-1)
        heard = torch.from_numpy(music[:, :-1] if shape.late_music else music[:, 1:])
        asked = told_genres(int(batch.genre[0]), len(shape.genres), others)
        found = []
        for genre in asked:
            logits = model.generator(tokens[:, :-1], heard, torch.tensor([genre]))
            found.append(float(model.generator.loss(logits, tokens[:, 1:])))
        losses.append([found[0], np.mean(found[1:-1]), found[-1]] if others else found)
    groups = [held[number].group for number in windows.sequence_of]
    return [Judged({"cross_entropy": column}, groups) for column in np.array(losses).T]


def told_genres(right: int, known: int, others: int) -> list[int]:
    """The right genre; with `others` also so many wrong ones of `known`, and last -1 for none."""
    if not others:
        return [right]
    wrong = [genre for genre in range(known) if genre != right]
    chosen = np.linspace(0, len(wrong) - 1, min(others, len(wrong))).round().astype(int)
    return [right, *(wrong[n] for n in chosen), -1]


def _held_out(data: Path) -> list[PairedSequence]:
    pairs = [load_pair(path) for path in sorted(data.glob("*.npz"))]
    held = [p for p in pairs if p.split in HELD_OUT and p.motion.frames >= WINDOW]
    if not held:
        raise SystemExit(f"{data}: no pairs of {WINDOW / MOTION_FPS:g} s that are held out")
    return held


def table(rows: dict[str, Judged]) -> str:
    """Markdown: a row for each network, and how far its last figure is from the last row's."""
    last = list(rows.values())[-1]
    names = list(last.values)
    lines = [f"| | {' | '.join(names)} | codes | {names[-1]} beside the last |",
             f"|--|{'--|' * (len(names) + 2)}"]  # fmt: skip
    judged = "joint_mae" if "joint_mae" in names else names[-1]
    lines[0] = lines[0].replace(f"{names[-1]} beside", f"{judged} beside")
    for label, row in rows.items():
        cells = [shown(row.values[name], row.groups) for name in names]
        beside = shown(row.values[judged] - last.values[judged], row.groups)
        lines.append(f"| {label} | {' | '.join(cells)} | {row.notes} | {beside} |")
    return "\n".join(lines)


def shown(values: np.ndarray, groups: Sequence[str]) -> str:
    """A mean with its interval."""
    mean, (low, high) = grouped_mean(values, groups)
    return f"{mean:.4g} [{low:.4g}, {high:.4g}]"


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tokenizers", nargs="*", type=Path, default=[])
    parser.add_argument("--generators", nargs="*", type=Path, default=[])
    parser.add_argument("--data", type=Path, help="pairs, for generators")
    parser.add_argument("--in-step", action="store_true", help="pairs are moved into step first")
    parser.add_argument("--genres", action="store_true", help="told other genres too, and none")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a tokenizer's windows")
    asked = parser.parse_args(arguments)
    if asked.generators and asked.data is None:
        parser.error("--generators: needs --data, the pairs to judge on")
    if asked.tokenizers:
        print(table({str(f): rebuilt(f, asked.seconds) for f in asked.tokenizers}))
    if asked.generators and not asked.genres:
        print(table({str(f): foretold(f, asked.data, asked.in_step)[0] for f in asked.generators}))
    for folder in asked.generators if asked.genres else ():
        right, wrong, none = foretold(folder, asked.data, asked.in_step, OTHERS)
        rows = {"another genre": wrong, "no genre": none, "its genre": right}
        print(table({f"{folder}, told {name}": row for name, row in rows.items()}), flush=True)


if __name__ == "__main__":
    main()
