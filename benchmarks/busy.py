"""How a command fares on a busy machine: alone, two at once, and beside a program on every core.

    python benchmarks/busy.py [--runs 3]

Prints seconds by the clock and ratios to the run alone, all measured in one go; each run begins
with an empty workspace. What is expected: two at once at most 2.2 times one alone, beside a program
that keeps every core busy at most 2.5 times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SONG, PICTURE = ROOT / "examples" / "song.wav", ROOT / "examples" / "dancer.png"
HOG = "while True: pass"
COMMANDS = {
    "dance, library": ("generate", str(SONG), "--motion-only", "--motion-out", "dance.npz"),
    "dance, mace": ("generate", str(SONG), "--motion-only", "--motion-out", "dance.npz",
                    "--expert", "mace"),
    "video, puppet": ("generate", str(SONG), str(PICTURE), "-o", "out.mp4", "--duration", "4",
                      "--size", "480"),
}  # fmt: skip


def main() -> None:
    """Measure every command in every situation, the situations in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print(f"{'':<16}{'alone':>8}{'two':>8}{'ratio':>7}{'beside':>8}{'ratio':>7}")
    for name, arguments in COMMANDS.items():
        _seconds(arguments, 1)  # what is compiled once is compiled now
        alone, two, beside = [], [], []
        for _ in range(asked.runs):
            alone.append(_seconds(arguments, 1))
            two.append(_seconds(arguments, 2))
            beside.append(_beside(arguments))
        one, both, busy = (statistics.median(times) for times in (alone, two, beside))
        print(f"{name:<16}{one:8.1f}{both:8.1f}{both / one:7.2f}{busy:8.1f}{busy / one:7.2f}")


def _seconds(arguments: tuple[str, ...], count: int) -> float:
    """Until the last of so many of the same command, begun together, has ended."""
    command = [sys.executable, "-m", "macedance_cli.app", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / str(number) for number in range(count)]
        begin = time.perf_counter()
        for folder in folders:
            folder.mkdir()
        running = [
            subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
            for folder in folders
        ]  # fmt: skip
        codes = [process.wait() for process in running]
        assert codes == [0] * count, codes
        return time.perf_counter() - begin


def _beside(arguments: tuple[str, ...]) -> float:
    """The command beside a program that keeps every core busy."""
    hogs = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(os.cpu_count() or 1)]
    try:
        return _seconds(arguments, 1)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


if __name__ == "__main__":
    main()
