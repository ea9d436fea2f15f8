"""One clip of a dance: its files, and clip.json when all of them are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipelines.body.bodies import as_skin
from pipelines.keypoints.files import save_exact_keypoints
from pipelines.keypoints.pose_drawing import draw_pose
from pipelines.keypoints.projection import see_dance
from pipelines.media.audio import probe_audio
from pipelines.media.shape import frame_rate
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.formats import export_motion
from pipelines.motion.motion import Motion
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.source import Source, load_dance
from pipelines.rendering.stage import Stage, look_and_body
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import (
    KEYPOINTS,
    POSE_VIDEO,
    VIDEO,
    finish_clip,
    finished_clip,
)
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import installed_versions
from pipelines.workspace.stages import alone_in

Song = tuple[Path, float]
"""A sound file, and the second of it at which a clip begins."""


@dataclass(frozen=True)
class ClipJob:
    """One clip to make: frames `start` to `stop` of a source at the video's frame rate.

    Attributes:
        front: heading of the camera that looks at the front of the whole dance.
        music_start: seconds into the song at frame 0 of the dance.
    """

    config: RenderConfig
    source: Source
    clip: str
    sha256: str
    music_sha256: str | None
    music_start: float
    start: int
    stop: int
    front: float


def make_clip(job: ClipJob) -> str:
    """Make one clip unless it is there; returns its id."""
    config = job.config
    if config.crew() > 1:
        cv2.setNumThreads(1)  # the other workers have the other cores
    folder = Workspace(config.workspace).clip(job.clip)
    with alone_in(folder, SILENT):
        if finished_clip(folder, SILENT) is not None:
            return job.clip
        dance = load_dance(job.source, config).sliced(job.start, job.stop)
        look, body = look_and_body(config, dance, job.clip)
        stage = Stage(config, dance, look, body, job.front)
        try:
            audio = _clip_audio(job)
            _write_clip(folder, stage, audio)
            files = [VIDEO, POSE_VIDEO, KEYPOINTS, *_clip_exports(folder, stage)]
            finish_clip(folder, _clip_facts(job, stage, dance, audio), files)
        finally:
            stage.close()
    return job.clip


def _write_clip(folder: Path, stage: Stage, audio: Song | None) -> None:
    """video.mp4, pose.mp4 and keypoints.npz, in one pass over the frames."""
    dance, (width, height) = stage.dance, stage.config.picture_size()
    seen = see_dance(
        dance.rotations(), dance.trans, stage.cameras, dance.fps, stage.body.offsets
    )  # fmt: skip
    visibility = np.empty(seen.depth.shape)
    song, start = audio if audio is not None else (None, 0.0)
    rate = frame_rate(stage.config.fps)
    with (
        VideoWriter(folder / VIDEO, width, height, rate, audio=song, audio_start=start) as video,
        VideoWriter(folder / POSE_VIDEO, width, height, rate, exact_colours=True) as poses,
    ):
        for frame, (picture, surface) in enumerate(stage.frames()):
            video.write(picture)
            visibility[frame] = seen.visible(frame, surface)
            # OpenCV counts from pixel centres.
            poses.write(draw_pose(seen.xy[frame] - 0.5, seen.facing[frame], width, height))
    save_exact_keypoints(folder / KEYPOINTS, seen, visibility)


def _clip_audio(job: ClipJob) -> Song | None:
    """The song and where in it the clip begins; None where there is no song, or it is over."""
    if job.source.music is None:
        return None
    start = job.music_start + job.start / job.config.rate()
    info = probe_audio(job.source.music)
    return None if info.exact and start >= info.seconds else (job.source.music, start)


def _clip_exports(folder: Path, stage: Stage) -> list[str]:

    names = [f"motion.{kind}" for kind in dict.fromkeys(stage.config.export)]
    for name in names:
        export_motion(stage.dance, folder / name, as_skin(stage.body))
    return names


def _clip_facts(job: ClipJob, stage: Stage, dance: Motion, audio: Song | None) -> dict[str, Any]:

    config, (width, height) = job.config, job.config.picture_size()
    return {
        "id": job.clip,
        "maker": "render",
        "source": {
            "file": str(job.source.motion),
            "sha256": job.sha256,
            "start": round(job.source.skip_seconds + job.start / dance.fps, 6),
            "seconds": round(dance.seconds, 6),
        },
        "music": None
        if audio is None
        else {"file": str(audio[0]), "sha256": job.music_sha256, "start": round(audio[1], 6)},
        "seconds": round(dance.seconds, 6),
        "fps": round(config.rate(), 6),
        "width": width,
        "height": height,
        "frames": dance.frames,
        "genre": job.source.genre or dance.genre,
        "has_sound": audio is not None,
        "kept": True,
        "scores": {},
        "camera": config.camera,
        "body": config.body,
        "varied": config.vary,
        "renderer": stage.renderer.name,
        "seed": config.seed,
        "macedance": installed_versions().get("macedance", ""),
    }
