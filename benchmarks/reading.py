"""Reading one of our own clips: all frames in order, and a few by their numbers.

Prints a table of ffmpeg beside decord: frames per second, and what the process then holds at most.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipelines.media.indexed_video import frames_at
from pipelines.media.video_writer import VideoWriter

WIDTH, HEIGHT, FRAMES = 432, 768, 300
WANTED = {"all in order": set(range(FRAMES)), "8 of 300": set(range(33, FRAMES, 36))}


def write_clip(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT // 24, WIDTH // 24, 3), np.uint8)
    picture = noise.repeat(24, 0).repeat(24, 1)
    with VideoWriter(path, WIDTH, HEIGHT, Fraction(30)) as video:
        for number in range(FRAMES):
            video.write(np.roll(picture, (3 * number, 2 * number), (0, 1)))


def measure(path: Path, reader: str, numbers: set[int]) -> None:
    if reader == "ffmpeg":
        sys.modules["decord"] = None  # type: ignore[assignment]
    begin = time.perf_counter()
    if reader == "decord":
        import decord

        frames = decord.VideoReader(str(path), num_threads=1)
        found = sum(frames[number].asnumpy().any() for number in sorted(numbers))
    else:
        found = sum(frame.any() for _, frame in frames_at(path, numbers))
    rate = found / (time.perf_counter() - begin)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{reader:8} {len(numbers):4d} frames  {rate:8.1f} frames/s  {memory:6.0f} MB", flush=True
    )


def main() -> None:
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), sys.argv[2], WANTED[sys.argv[3]])
        return
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip)
        for wanted in WANTED:
            for reader in ("ffmpeg", "decord"):
                subprocess.run([sys.executable, __file__, clip, reader, wanted], check=True)


if __name__ == "__main__":
    main()
