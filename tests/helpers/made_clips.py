"""A kept clip on disk, as `curate` leaves it, without watching a video."""

from __future__ import annotations

import os
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.curation.capturing import CaptureJob, capture_clip
from pipelines.curation.clip import ShotJob, clip_facts
from pipelines.curation.selection import Candidate
from pipelines.curation.settings import CurateConfig
from pipelines.curation.sources import RawVideo
from pipelines.curation.watching import Watched
from pipelines.media.video_writer import VideoWriter
from pipelines.workspace.clips import VIDEO, finish_clip
from pipelines.workspace.layout import Workspace

START, FRAMES, FPS = 20, 50, 10


def capture_or_crash(job: CaptureJob) -> dict[str, Any]:
    """As capture_clip; the finder's process dies over a clip whose name says so."""
    if "crash" in job.one.clip:
        os.kill(os.getpid(), signal.SIGKILL)
    return capture_clip(job)


def kept_clip(root: Path, song: Path | None = None, name: str = "c1", **options: Any) -> ShotJob:
    """Five grey seconds at 10 frames a second, from second 2 of a source of 12 seconds."""
    config = CurateConfig(workspace=root / "ws", **options)
    facts = {"width": 96, "height": 64, "fps": [FPS, 1], "frames": 120, "finder": "blazepose",
             "has_sound": song is not None, "sound_level": [], "mtime_ns": 0}  # fmt: skip
    source = RawVideo(root / "salsa" / "film.mp4", "salsa/film.mp4", "salsa")
    watched = Watched(source, "ab" * 32, root / "ws" / "curation" / "a" / "b", True, facts)
    one = Candidate(name, "s", START, START + FRAMES, {"motion": 0.4})
    job = ShotJob(config, watched, (one,), "train")
    folder = Workspace(config.workspace).clip(name)
    folder.mkdir(parents=True, exist_ok=True)
    with VideoWriter(
        folder / VIDEO, 96, 64, Fraction(FPS), preset="ultrafast", audio=song
    ) as writer:
        for _ in range(FRAMES):
            writer.write(np.full((64, 96, 3), 120, np.uint8))
    finish_clip(folder, clip_facts(job, one, (96, 64)), [VIDEO])
    return job
