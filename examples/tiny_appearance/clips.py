"""Clips as arrays: what `macedance render --windows --vary` makes of dances, without a codec.

    python examples/tiny_appearance/clips.py OUT --base DANCES --target DANCES --held DANCES

Legend: T frames, H x W pixels. All arrays are uint8 RGB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from pipelines.appearance_expert.tiny.architecture import FPS, HEIGHT, WIDTH
from pipelines.appearance_expert.training.frames import (
    Dancer,
    draw_skeleton,
    window_for,
)
from pipelines.datasets.cmu import true_fps
from pipelines.keypoints.person import FACE_NAMES, POINT
from pipelines.keypoints.projection import see_dance
from pipelines.motion.front import front_of
from pipelines.rendering.clip import ClipJob
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.source import Source, load_dance
from pipelines.rendering.stage import Stage, look_and_body
from pipelines.support.files import sha256_file
from pipelines.workspace.clip_windows import random_windows
from pipelines.workspace.identity import content_id

CAMERAS = {"base": (("follow", 11), ("follow", 12), ("follow", 13)),
           "target": (("front", 21), ("front", 22)), "held": (("front", 31),)}  # fmt: skip
"""Cameras and seeds of each domain: in the general one the camera goes with the dancer."""

RENDERED = (216, 288)
"""Width and height of the clips. The model's frame is cut out of them around the dancer: a picture
that is wider than a dancer's arms reach would show a small dancer."""

_FACES = [POINT[name] for name in FACE_NAMES]
MOTIONS = (".npz", ".bvh", ".amc")


@dataclass(frozen=True)
class ClipArrays:
    """One clip.

    Attributes:
        name: its id. domain: "base", "target" or "held".
        video, pose: (T, H, W, 3).
    """

    name: str
    domain: str
    video: np.ndarray
    pose: np.ndarray


def motion_files(folder: Path) -> list[Path]:
    """Every motion file under a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix in MOTIONS)


def clip_jobs(motions: list[Path], camera: str, seed: int) -> list[ClipJob]:
    """The clips that `render` cuts out of dances, seen by one camera."""
    config = RenderConfig(
        src=tuple(motions), windows=True, camera=camera, vary=True, renderer="builtin",
        size="{}x{}".format(*RENDERED), fps=FPS, seed=seed,
    )  # fmt: skip
    jobs = []
    for motion in motions:
        source = Source(motion, true_fps=true_fps(motion))
        dance, digest = load_dance(source, config), sha256_file(motion)
        front = front_of(dance)
        for window in random_windows(dance.frames, dance.fps, digest, seed):
            clip = content_id(
                digest, **config.shaping(), music=None, skip=0.0, genre=None,
                start=window.start, stop=window.stop,
            )  # fmt: skip
            jobs.append(
                ClipJob(config, source, clip, digest, None, 0.0, window.start, window.stop, front)
            )
    return jobs


def drawn(job: ClipJob, domain: str) -> ClipArrays:
    """Draw one clip and its skeletons."""
    dance = load_dance(job.source, job.config).sliced(job.start, job.stop)
    look, body = look_and_body(job.config, dance, job.clip)
    stage = Stage(job.config, dance, look, body, job.front)
    try:
        seen = see_dance(
            dance.rotations(), dance.trans, stage.cameras, dance.fps, stage.body.offsets
        )  # fmt: skip
        pictures, visibility = [], np.empty(seen.depth.shape)
        for number, (picture, surface) in enumerate(stage.frames()):
            pictures.append(picture)
            visibility[number] = seen.visible(number, surface)
    finally:
        stage.close()
    shown = np.ones(visibility.shape)
    shown[:, _FACES] = visibility[:, _FACES]
    shown[seen.depth <= 0] = 0
    dancer = Dancer(seen.xy - 0.5, shown)
    window = window_for(*RENDERED, (WIDTH, HEIGHT), dancer.centre())
    numbers = range(len(pictures))
    return ClipArrays(
        job.clip, domain, np.stack([window.cut(picture) for picture in pictures]),
        np.stack([draw_skeleton(dancer, n, window) for n in numbers]),
    )  # fmt: skip


def draw_all(work: list[tuple[ClipJob, str]], workers: int, folder: Path) -> Iterator[Path]:
    """Draw many clips in several processes; yields the file of each as it is done.

    Loops are compiled before the processes part, which then share them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    yield _draw_into((*work[0], folder))
    with multiprocessing.get_context("fork").Pool(workers, _lower_priority) as pool:
        yield from filter(None, pool.imap_unordered(_draw_into, [(*w, folder) for w in work[1:]]))


def read_clip(file: Path) -> ClipArrays:
    """A clip that `draw_all` has written."""
    with np.load(file) as arrays:
        domain, name = file.stem.split("-", 1)
        return ClipArrays(name, domain, arrays["video"], arrays["pose"])


def _lower_priority() -> None:
    os.nice(5)
    cv2.setNumThreads(1)


def _draw_into(item: tuple[ClipJob, str, Path]) -> Path | None:
    job, domain, folder = item
    target = folder / f"{domain}-{job.clip}.npz"
    if not target.is_file():
        try:
            clip = drawn(job, domain)
        except Exception:
            # One clip less is no reason to lose the others.
            traceback.print_exc()
            return None
        temporary = folder / f".{target.name}"
        np.savez(temporary, video=clip.video, pose=clip.pose)
        temporary.replace(target)
    return target


def main() -> None:
    """Draw the clips of all three domains into one folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    for domain in CAMERAS:
        parser.add_argument(f"--{domain}", type=Path, required=True, help="folder of motions")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--clips", type=int, default=0, help="at most so many of a domain")
    parser.add_argument("--frames", type=int, default=34, help="at most so many of a clip")
    options = parser.parse_args()
    work = []
    for domain, cameras in CAMERAS.items():
        motions = motion_files(getattr(options, domain))
        jobs = [
            replace(job, stop=min(job.stop, job.start + options.frames))
            for camera, seed in cameras
            for job in clip_jobs(motions, camera, seed)
        ]
        jobs.sort(key=lambda job: job.clip)
        work += [(job, domain) for job in jobs[: options.clips or None]]
    # Held-out ones first: they are few, and needed for certain; the others mixed.
    work.sort(key=lambda item: (item[1] != "held", item[0].clip))
    print(len(work), "clips", flush=True)
    for file in draw_all(work, options.workers, options.out) if work else ():
        print(file, flush=True)


if __name__ == "__main__":
    main()
