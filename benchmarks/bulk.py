"""What many hours cost: `curate`, `render` and dances by `generate` per core-hour, and their disk.

    python benchmarks/bulk.py [VIDEO ...]

CPU time hardly depends on what else the machine does. Without a VIDEO `curate` gets 40 s of the
example dancer at 1280x720, of which it keeps all; `render` 60 s of dance in windows at 540x960; and
`generate` the dance library's 60 s to a song. Starting a process is part of it, so that hours of
material cost a little less than this.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from curate import make_video
from render import dance_of

from pipelines.media.wild_video import examine_video
from pipelines.motion.npz import save_npz
from pipelines.music.compose import compose
from pipelines.music.instruments import RATE

ROOT = Path(__file__).parents[1]


def spent(*words: str | Path) -> float:
    """CPU seconds of a command and all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "macedance_cli.app", *words], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def megabytes(folder: Path) -> float:
    """Of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def row(what: str, seconds: float, cpu: float, size: float) -> None:
    """Print a line: hours per core-hour, and GB per hour."""
    print(f"{what:<40}{seconds / cpu:>14.2f}{size * 3.6 / seconds:>12.2f}", flush=True)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = [Path(argument) for argument in sys.argv[1:]]
        videos = given or [make_video(folder / "dancer.mp4", 40, 1.0)]
        watched = sum(one.frames / float(one.fps) for one in map(examine_video, videos))
        save_npz(dance_of(1800), folder / "dance.npz")
        song = folder / "song.wav"
        from pipelines.media.audio import write_wav

        write_wav(song, compose(60.0, 120.0, "pop", 0), RATE)
        print(f"{'hours of':<40}{'per core-hour':>14}{'GB per hour':>12}")
        cpu = spent("curate", *videos, "--workspace", folder / "c", "--test-share", "0",
                    "--workers", "1")  # fmt: skip
        row("video, curated", watched, cpu, megabytes(folder / "c"))
        cpu = spent("render", "--src", folder / "dance.npz", "--windows", "--workspace",
                    folder / "r", "--workers", "1")  # fmt: skip
        row("dance, rendered in windows (540x960)", 60.0, cpu, megabytes(folder / "r"))
        cpu = spent("generate", song, "--motion-only", "--motion-out", folder / "d.npz",
                    "--workspace", folder / "g")  # fmt: skip
        row("dance, by the library", 60.0, cpu, megabytes(folder / "g"))


if __name__ == "__main__":
    main()
