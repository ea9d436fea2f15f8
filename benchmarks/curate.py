"""Seconds of video per second that `curate` manages, by stage and whole, beside three yardsticks.

    python benchmarks/curate.py [VIDEO ...]

The yardsticks: each stage's own floor (decoding alone, TransNetV2 alone, encoding alone, ...); what
these floors allow when they share the cores; and the obvious script, which runs every stage over
every frame, one stage after another, with a decode each and default presets. Without a VIDEO it
makes two of the example dancer, 1280x720.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from pipelines.curate import CurateConfig
from pipelines.curate import curate as run_curate
from pipelines.curation.chunks import CHUNK, LOOK_SIDE, steps_for
from pipelines.curation.shots import CONTEXT, _network, cut_probabilities
from pipelines.curation.stillness import body_heights_per_second
from pipelines.keypoints.finders import EmbeddedFinder
from pipelines.media.cutting import CRF, PRESET, encode_span
from pipelines.media.video import read_frames
from pipelines.media.video_writer import VideoWriter
from pipelines.media.wild_video import WildVideo, examine_video, grid_frames
from pipelines.support.progress import SILENT

ROOT = Path(__file__).parents[1]
WHOLE_BOX = np.array([0.3, 0.1, 0.7, 0.9])


def make_video(path: Path, seconds: float, speed: float) -> Path:
    """The example dancer swaying before a textured wall, 1280x720 at 30 frames a second."""
    picture = cv2.imread(str(ROOT / "examples" / "dancer.png"))[..., ::-1]
    dancer = cv2.resize(picture, (405, 720), interpolation=cv2.INTER_AREA).astype(np.float32)
    matte = (np.abs(dancer - dancer[:, 4:5]).max(-1) > 40).astype(np.float32)
    matte[:, :30] = matte[:, 378:] = 0
    rough = np.random.default_rng(round(speed * 10)).uniform(90, 200, (45, 80, 3))
    wall = cv2.resize(rough.astype(np.float32), (1280, 720), interpolation=cv2.INTER_CUBIC)
    with VideoWriter(path, 1280, 720, Fraction(30)) as video:
        for number in range(round(seconds * 30)):
            shift = np.float32([[1, 0, 430 + 60 * np.sin(number * speed / 5)], [0, 1, 0]])
            moved = cv2.warpAffine(dancer, shift, (1280, 720))
            cover = cv2.warpAffine(matte, shift, (1280, 720))[..., None]
            video.write((wall * (1 - cover) + moved * cover).clip(0, 255).astype(np.uint8))
    return path


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock seconds, and CPU seconds of this process and of the programs it waits for.

    The second hardly depends on what else the machine is doing.
    """
    wall, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    return time.perf_counter() - wall, sum(after[:4]) - sum(before[:4])


def cpu_timed(work: Callable[[], object]) -> float:
    """CPU seconds."""
    return measured(work)[1]


def floors(video: WildVideo, folder: Path) -> dict[str, float]:
    """CPU seconds that each stage needs alone for a whole video, fed from memory."""
    step = steps_for(video.fps)
    frames = list(grid_frames(video, video.fitted(LOOK_SIDE)))
    tiny = np.stack([cv2.resize(f, (48, 27), interpolation=cv2.INTER_AREA) for f in frames])
    greys = [
        cv2.cvtColor(cv2.resize(f, (320, 180), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for f in frames[:: step.flow]
    ]

    def decode() -> None:
        subprocess.run(
            ["ffmpeg", "-v", "error", "-threads", "1", "-i", video.path, "-an", "-f", "null", "-"],
            check=True,
        )

    def cuts() -> None:
        for start in range(0, len(tiny), CHUNK):
            wanted = np.arange(start - CONTEXT, min(start + CHUNK, len(tiny)) + CONTEXT)
            cut_probabilities(tiny[np.clip(wanted, 0, len(tiny) - 1)])

    def flow() -> None:
        for before, after in itertools.pairwise(greys):
            body_heights_per_second(before, after, WHOLE_BOX, 1 / 8)

    def people() -> None:
        with EmbeddedFinder() as finder:
            for frame in frames[:: step.look]:
                finder.find(frame)

    def encode() -> None:
        encode_span(video, (0, len(frames)), [0], video.fitted(1280), folder / "floor.h264")

    cuts()
    return {
        "decoding": cpu_timed(decode),
        "TransNetV2": cpu_timed(cuts),
        "optical flow": cpu_timed(flow),
        "finding people": cpu_timed(people),
        "decoding and encoding": cpu_timed(encode),
    }


def obvious(path: Path, folder: Path) -> dict[str, tuple[float, float]]:
    """Wall-clock and CPU seconds of each step of the obvious script for one video."""
    greys: list[np.ndarray] = []

    def cuts() -> None:
        _network().predict_video(str(path), quiet=True)

    def flow() -> None:
        estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        for frame in read_frames(path):
            greys.append(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
            if len(greys) > 1:
                estimator.calc(greys[-2], greys[-1], None)
                del greys[0]

    def people() -> None:
        with EmbeddedFinder() as finder:
            for frame in read_frames(path):
                finder.find(frame)

    def encode() -> None:
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", path, "-c:v", "libx264", "-c:a", "aac",
             folder / "obvious.mp4"], check=True,
        )  # fmt: skip

    steps = {"cuts": cuts, "flow": flow, "people": people, "encoding": encode}
    return {name: measured(step) for name, step in steps.items()}


def peak_memory(path: Path, folder: Path) -> float:
    """MB of the largest process of `curate` on one video."""
    process = subprocess.Popen(
        [sys.executable, "-m", "macedance_cli.app", "curate", "--src", path, "--workers", "1",
         "--workspace", folder / f"memory-{path.stem}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss / 1024


def whole(paths: list[Path], folder: Path, workers: int) -> tuple[float, float, dict[str, float]]:
    """Wall-clock and CPU seconds of the pipeline over all videos, and wall-clock of its stages."""
    config = CurateConfig(
        src=tuple(paths), workspace=folder / f"ws{workers}", workers=workers, test_share=0.0,
        max_duplicate=0.0,
    )  # fmt: skip
    found: dict[str, float] = {}

    def run() -> None:
        found.update(run_curate(config, SILENT)["stage_seconds"])

    wall, cpu = measured(run)
    return wall, cpu, found


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [Path(argument) for argument in sys.argv[1:]] or [
            make_video(folder / f"dancer{n}.mp4", 12, 1 + n) for n in range(2)
        ]
        videos = [examine_video(path) for path in paths]
        seconds = sum(video.frames / float(video.fps) for video in videos)
        cores = len(os.sched_getaffinity(0))
        print(f"{len(paths)} videos, {seconds:.0f} s, x264 {PRESET} crf {CRF}, {cores} cores")
        print(f"{'':<46}{'wall s':>9}{'CPU s':>9}{'video s per s':>15}")
        floor = sum(floor_rows(videos, seconds, folder)) / cores
        show("all floors, sharing the cores", floor, floor * cores, seconds / floor)
        wall, cpu, stages = whole(paths, folder, cores)
        for stage, share in stages.items():
            show(f"curate: {stage}", share, None, seconds / max(share, 1e-3))
        show("curate, whole, with starting its workers", wall, cpu, seconds / wall)
        steps: dict[str, tuple[float, float]] = {}
        for path in paths:
            for step, (took, worked) in obvious(path, folder).items():
                before = steps.get(step, (0.0, 0.0))
                steps[step] = before[0] + took, before[1] + worked
        for step, (took, worked) in steps.items():
            show(f"obvious script: {step}", took, worked, seconds / took)
        slow = sum(took for took, _ in steps.values())
        worked = sum(worked for _, worked in steps.values())
        show("obvious script, whole", slow, worked, seconds / slow)
        print(f"curate / floors: wall {wall / floor:.2f}, CPU {cpu / floor / cores:.2f}")
        print(f"obvious script / curate: wall {slow / wall:.2f}, CPU {worked / cpu:.2f}")
        for path in (
            make_video(folder / "short.mp4", 8, 1.0),
            make_video(folder / "long.mp4", 40, 1.0),
        ):
            print(f"peak memory, {path.stem} video: {peak_memory(path, folder):.0f} MB", flush=True)


def floor_rows(videos: list[WildVideo], seconds: float, folder: Path) -> list[float]:
    """Print each stage's floor; CPU seconds of each."""
    total: dict[str, float] = {}
    for video in videos:
        for stage, spent in floors(video, folder).items():
            total[stage] = total.get(stage, 0.0) + spent
    for stage, spent in total.items():
        show(f"floor, one core: {stage}", spent, spent, seconds / spent)
    return list(total.values())


def show(what: str, wall: float, cpu: float | None, rate: float) -> None:
    """Print a row."""
    print(
        f"{what:<46}{wall:>9.2f}{'' if cpu is None else f'{cpu:.2f}':>9}{rate:>15.2f}", flush=True
    )


if __name__ == "__main__":
    main()
