"""Extractors against the same algorithms as published loops; a whole evaluation of keypoint files.

python benchmarks/evaluate.py [--clips 500] [--loops 500]

Features of synthetic dances of 5 s: CPU seconds of ours and of the loops over the same clips, how
many times faster, and the largest relative difference, which must stay below 1e-9. Then `evaluate`
over 2 x 500 keypoint files with 500 songs, in a process of its own: seconds, seconds once the
songs' beats are known, and peak memory beside that of a fifth of the clips. --loops N runs the
loops on N clips only and scales their time.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from measure import headline, table
from published import features as published

from pipelines.evaluation.poses_2d_published import geometric_2d_official, kinetic_2d_official
from pipelines.keypoints.skeletons import COCO_25_EASY_VITPOSE
from pipelines.media.audio import write_wav
from pipelines.metrics.geometric import PUBLISHED_FRAME_TIME, geometric_features
from pipelines.metrics.kinetic import kinetic_features_fairmotion, kinetic_features_megadance

FRAMES, FPS = 150, 30.0
LEAST_SPEEDUP, LARGEST_DIFFERENCE = 100, 1e-9
Float = np.ndarray
Extractor = Callable[[Float], Float]


def dances(count: int) -> list[Float]:
    """Joints (T, 24, 3), z up, that swing about a standing pose."""
    from pipelines.body.skeleton import OFFSETS, PARENTS

    rest = np.zeros((24, 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            rest[joint] = rest[parent] + OFFSETS[joint]
    rest = np.stack([rest[:, 0], -rest[:, 2], rest[:, 1] + 0.95], axis=-1)
    seconds = np.arange(FRAMES)[:, None, None] / FPS
    made = []
    for seed in range(count):
        random = np.random.default_rng(seed)
        rate, phase = random.uniform(0.5, 2.5, (2, 1, 24, 3))
        swing = random.uniform(0, 0.25, (1, 24, 3)) * np.sin(2 * np.pi * rate * seconds + 6 * phase)
        made.append(rest + swing - (rest + swing)[:1, :1])
    return made


def poses(dance: Float) -> Float:
    """The same as easy_ViTPose would store it: (T, 25, 3) of y, x, score, in pixels."""
    numbers = [15, 15, 15, 15, 15, 12, 16, 17, 18, 19, 20, 21, 1, 2, 0, 4, 5, 7, 8, 10, 10, 7, 11,
               11, 8]  # fmt: skip
    chosen = dance[:, numbers]
    y, x = 500 - 250 * chosen[..., 2], 400 + 250 * chosen[..., 0]
    return np.stack([y, x, np.full(x.shape, 0.9)], axis=-1)


def y_up(dance: Float) -> Float:
    """(x, y, z) with z up to (x, y, z) with y up."""
    return np.stack([dance[..., 0], dance[..., 2], -dance[..., 1]], axis=-1)


EXTRACTORS: dict[str, tuple[Extractor, Extractor, bool]] = {
    "kinetic, mint to Lodge": (
        kinetic_features_fairmotion, lambda d: published.kinetic_fairmotion(y_up(d)), False,
    ),
    "kinetic, MEGADance": (
        kinetic_features_megadance, lambda d: published.kinetic_megadance(y_up(d)), False,
    ),
    "geometric": (
        lambda d: geometric_features(d, PUBLISHED_FRAME_TIME, published_move=True),
        lambda d: published.geometric(y_up(d)), False,
    ),
    "kinetic, MACE 2D": (kinetic_2d_official, published.kinetic_2d, True),
    "geometric, MACE 2D": (geometric_2d_official, published.geometric_2d, True),
}  # fmt: skip


def extractor_rows(clips: Sequence[Float], loops: int) -> list[tuple[object, ...]]:
    rows = []
    for name, (ours, theirs, flat) in EXTRACTORS.items():
        inputs = [poses(clip) for clip in clips] if flat else clips
        ours(inputs[0])
        begin = time.process_time()
        fast = [ours(clip) for clip in inputs]
        quick = time.process_time() - begin
        begin = time.process_time()
        slow = [theirs(clip) for clip in inputs[:loops]]
        spent = (time.process_time() - begin) * len(inputs) / len(slow)
        apart = max(
            float((np.abs(a - b) / np.maximum(np.abs(b), 1)).max())
            for a, b in zip(fast, slow, strict=False)
        )
        good = apart <= LARGEST_DIFFERENCE and spent / quick >= LEAST_SPEEDUP
        rows.append((name, quick, spent, spent / quick, f"{apart:.1e}", "yes" if good else "NO"))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def write_set(folder: Path, clips: Sequence[Float], with_music: bool) -> None:
    """Keypoint files, and a song of 5 s of its own for each."""
    folder.mkdir(parents=True)
    for number, clip in enumerate(clips):
        content = {"video_name": f"{number}.mp4", "fps": FPS, "total_frames": FRAMES,
                   "skeleton": list(COCO_25_EASY_VITPOSE),
                   "keypoints": poses(clip).round(3).tolist()}  # fmt: skip
        (folder / f"{number:04}.json").write_text(json.dumps(content))
    if not with_music:
        return
    music = folder.with_name("music")
    music.mkdir()
    rate = 16_000
    for number in range(len(clips)):
        random = np.random.default_rng(number)
        samples = random.normal(0, 0.01, 5 * rate)
        for start in np.arange(random.uniform(0, 0.5), 4.9, 60 / random.uniform(90, 150)):
            first = int(start * rate)
            samples[first : first + 400] += np.sin(np.arange(400) * 0.4)
        write_wav(music / f"{number:04}.wav", samples, rate)


def whole_evaluation(folder: Path, profile: str) -> tuple[float, float, float]:
    """Seconds of the command, seconds when only the beats are known, and peak resident MiB."""
    workspace = folder / f"workspace-{profile}"
    command = [
        sys.executable, "-m", "macedance_cli.app", "evaluate", "--protocol", "motion-appearance",
        "--profile", profile, "--pred", str(folder / "pred"), "--truth", str(folder / "truth"),
        "--music", str(folder / "music"), "--workspace", str(workspace),
    ]  # fmt: skip
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - begin)
        if done.returncode != 0:
            sys.exit(done.stderr)
        shutil.rmtree(workspace / "evaluations")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return seconds[0], seconds[1], peak


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=500)
    parser.add_argument("--loops", type=int, default=500)
    arguments = parser.parse_args()
    headline()
    clips = dances(arguments.clips)
    header = (f"{len(clips)} clips of {FRAMES} frames", "ours, s", "loops, s", "x", "difference",
              f">= {LEAST_SPEEDUP} x and <= {LARGEST_DIFFERENCE:g}")  # fmt: skip
    table(header, extractor_rows(clips, arguments.loops))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        # The smaller set first: the peak of children only ever grows.
        for count in (len(clips) // 5, len(clips)):
            folder = Path(scratch, str(count))
            write_set(folder / "pred", clips[:count], with_music=True)
            write_set(folder / "truth", dances(2 * count)[count:], with_music=False)
            for profile in ("strict", "mace2d-official"):
                cold, warm, peak = whole_evaluation(folder, profile)
                rows.append((f"{count} clips, {profile}", cold, warm, f"{peak:.0f}"))
    header = ("evaluate, keypoint files with music", "s", "s, beats known", "peak MiB")
    table(header, rows)


if __name__ == "__main__":
    main()
