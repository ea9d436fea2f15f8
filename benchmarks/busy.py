"""How commands fare on a busy machine: alone, two at once, and beside a program on every core.

    python benchmarks/busy.py [--runs 3] [--only curate "dance, mace"]

Prints seconds by the clock and ratios to the run alone, all measured in one go; each run begins
with an empty workspace. What is expected: two at once at most 2.2 times one alone, beside a program
that keeps every core busy at most 2.5 times. "same" is yes where every run has made the same bytes:
one that had a single thread, those alone, at once and beside others.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from same_bytes import digests

ROOT = Path(__file__).parents[1]
SONG, PICTURE = ROOT / "examples" / "song.wav", ROOT / "examples" / "dancer.png"
TINY = ROOT / "pipelines" / "appearance_expert" / "tiny" / "weights"
HOG = "while True: pass"
DANCE = ("generate", str(SONG), "--motion-only", "--motion-out")
PREPARED = (
    *((*DANCE, f"dances/{seed}.npz", "--seed", str(seed), "--duration", "8") for seed in range(3)),
    ("generate", str(SONG), str(PICTURE), "-o", "video.mp4", "--motion", "dances/0.npz", "--size",
     "240", "--duration", "6"),
    ("render", "--src", "dances/0.npz", "--size", "64x96", "--workspace", "clips"),
)  # fmt: skip
"""What the commands read is made first; {here} in them is where it lies."""
COMMANDS = {
    "dance, library": (*DANCE, "dance.npz"),
    "dance, mace": (*DANCE, "dance.npz", "--expert", "mace", "--duration", "6"),
    "video, puppet": ("generate", str(SONG), str(PICTURE), "-o", "out.mp4", "--duration", "4",
                      "--size", "480"),
    "render": ("render", "{here}/dances/0.npz", "--music", str(SONG), "-o", "look.mp4", "--size",
               "360x480", "--export", "glb"),
    "render, clips": ("render", "--src", "{here}/dances", "--vary", "--size", "180x320",
                      "--workers", "2"),
    "curate": ("curate", "--src", "{here}/video.mp4", "--test-share", "0"),
    "evaluate, dances": ("evaluate", "--protocol", "motion-3d", "--pred", "{here}/dances",
                         "--music", str(SONG)),
    "evaluate, videos": ("evaluate", "--protocol", "motion-appearance", "--pred",
                         "{here}/video.mp4"),
    "train-motion": ("train-motion", "--data", "{here}/dances", "--music", "compose", "--preset",
                     "tiny", "--window", "60", "--batch-size", "8", "--steps", "20", "--device",
                     "cpu", "--run", "r"),
    "train-motion, library": ("train-motion", "--expert", "library", "--data", "{here}/dances",
                              "--run", "r"),
    "train-appearance": ("train-appearance", "--data", "{here}/clips", "--model", str(TINY),
                         "--size", "64x96", "--frames", "9", "--steps", "4", "--sample-every", "0",
                         "--device", "cpu", "--run", "r"),
}  # fmt: skip
Digests = dict[str, list[str]]


def main() -> None:
    """Measure every command in every situation, the situations in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        (here / "dances").mkdir()
        for arguments in PREPARED:
            _finish([_begin(arguments, here)])
        heads = ("alone", 8), ("two", 8), ("ratio", 7), ("beside", 8), ("ratio", 7), ("same", 6)
        print(f"{'':<22}" + "".join(head.rjust(width) for head, width in heads))
        for name in asked.only:
            print(_row(name, [part.format(here=here) for part in COMMANDS[name]], asked.runs))


def _row(name: str, arguments: Sequence[str], runs: int) -> str:
    """The row of one command."""
    made: list[Digests] = []
    _seconds(arguments, 1, made, OMP_NUM_THREADS="1")  # and what is compiled once is compiled
    alone, two, beside = [], [], []
    for _ in range(runs):
        alone.append(_seconds(arguments, 1, made))
        two.append(_seconds(arguments, 2, made))
        beside.append(_beside(arguments, made))
    one, both, busy = (statistics.median(times) for times in (alone, two, beside))
    same = "yes" if all(each == made[0] != {} for each in made) else _difference(made)
    return f"{name:<22}{one:8.1f}{both:8.1f}{both / one:7.2f}{busy:8.1f}{busy / one:7.2f}{same:>6}"


def _difference(made: Sequence[Digests]) -> str:
    """Which files are not the same in all runs."""
    names = {name for one in made for name in one if one[name] != made[0].get(name)}
    return "  NO: " + (", ".join(sorted(names)) or "nothing was made")


def _seconds(
    arguments: Sequence[str], count: int, made: list[Digests], **variables: str
) -> float:  # fmt: skip
    """Until the last of so many of the same command, begun together, has ended.

    What each has made joins `made`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / str(number) for number in range(count)]
        for folder in folders:
            folder.mkdir()
        begin = time.perf_counter()
        _finish([_begin(arguments, folder, **variables) for folder in folders])
        took = time.perf_counter() - begin
        made += [digests(folder) for folder in folders]
        return took


def _begin(arguments: Sequence[str], folder: Path, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "macedance_cli.app", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _finish(running: Sequence[subprocess.Popen[str]]) -> None:
    for process in running:
        _, said = process.communicate()
        assert process.returncode == 0, said


def _beside(arguments: Sequence[str], made: list[Digests]) -> float:
    """The command beside a program that keeps every core busy."""
    hogs = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(os.cpu_count() or 1)]
    try:
        return _seconds(arguments, 1, made)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


if __name__ == "__main__":
    main()
