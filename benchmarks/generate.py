"""`macedance generate` from the shell: a song and a picture in, an mp4 out, everything included.

python benchmarks/generate.py [--seconds 10] [--size 540x960] [--song SONG] [--picture PICTURE]

Wall seconds of the whole process and of its stages, and its peak memory; beside it how long
`macedance --help` takes. Run once before, so that compiled loops are in numba's cache.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import EXAMPLES, best_seconds, headline, table

PROGRAM = [sys.executable, "-m", "macedance_cli.app"]


def generate(asked: argparse.Namespace, seconds: float) -> tuple[float, dict[str, float]]:
    """Wall seconds of one run in an empty workspace, and those of its stages."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *PROGRAM, "generate", str(asked.song), str(asked.picture),
            "-o", f"{folder}/out.mp4", "--workspace", f"{folder}/workspace", "--json",
            "--size", asked.size, "--duration", str(seconds),
        ]  # fmt: skip
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return time.perf_counter() - begin, json.loads(done.stdout)["stage_seconds"]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--size", default="540x960")
    parser.add_argument("--song", type=Path, default=EXAMPLES / "song.wav")
    parser.add_argument("--picture", type=Path, default=EXAMPLES / "dancer.png")
    asked = parser.parse_args()
    headline()
    generate(asked, 2)
    took, stages = generate(asked, asked.seconds)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    rows = [*stages.items(), ("start, end, imports", took - sum(stages.values())),
            ("everything", took)]  # fmt: skip
    table((f"{asked.seconds:g} s at {asked.size}", "s"), rows)
    help_took = best_seconds(
        lambda: subprocess.run([*PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
    )
    table(("", ""), [("macedance --help, s", help_took), ("largest process, GB", memory)])


if __name__ == "__main__":
    main()
