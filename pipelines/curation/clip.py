"""The kept clips of one shot: encoded once, copied out one by one, each finished by clip.json."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.curation.observations import Observations
from pipelines.curation.selection import Candidate, looks_in
from pipelines.curation.settings import CurateConfig
from pipelines.curation.watching import Watched
from pipelines.keypoints.skeletons import COCO_17
from pipelines.media.cutting import EncodedSpan, encode_span, write_sound
from pipelines.media.wild_video import WildVideo, examine_video
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path, sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import (
    KEYPOINTS,
    MOTION,
    SOUND,
    VIDEO,
    finish_clip,
    finished_clip,
)
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import installed_versions
from pipelines.workspace.stages import alone_in

_FILES = (VIDEO, KEYPOINTS, MOTION, SOUND)
_LONGEST_SPAN = 60
"""Seconds that are encoded in one go."""


@dataclass(frozen=True)
class ShotJob:
    """Overlapping kept clips of one shot, and which part of the data set they belong to."""

    config: CurateConfig
    watched: Watched
    clips: tuple[Candidate, ...]
    split: str


def make_clips(job: ShotJob) -> int:
    """Make those clips of a shot that are not there; returns how many were made.

    Raises:
        UnsuitableInput: the source has changed, or can no longer be read.
    """
    missing = [one for one in job.clips if not _finished(job, one)]
    scratch = job.watched.folder.parent / f"cut-{job.clips[0].clip}"
    if not missing:
        if scratch.exists():  # left by a run that was killed behind its last clip
            with alone_in(scratch, SILENT):
                shutil.rmtree(scratch, ignore_errors=True)
        return 0
    source = job.watched.source.path
    video = examine_video(source)
    if _changed(source, job.watched):
        raise UnsuitableInput(f"{source}: has changed since it was watched", "run it again")
    seen = job.watched.observations()
    # All kept clips of the shot, also those that are there: key frames, and so the bytes of a
    # clip, must not depend on where an earlier run stopped.
    span = min(one.start for one in job.clips), max(one.stop for one in job.clips)
    with alone_in(scratch, SILENT):
        try:
            # A name of its own: the encoder of a killed run may still be writing to its file.
            part = Path(tempfile.mkdtemp(prefix=".span-", suffix=".part", dir=scratch))
            stream = part / "span.h264"
            starts = [one.start for one in job.clips]
            encode_span(video, span, starts, video.fitted(job.config.longest_side), stream)
            with EncodedSpan(video, span, stream) as encoded:
                for one in missing:
                    _make(job, one, video, encoded, seen, part)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return len(missing)


def clip_facts(job: ShotJob, one: Candidate, size: tuple[int, int]) -> dict[str, Any]:
    """What clip.json says of a clip."""
    facts, fps = job.watched.facts, job.watched.fps
    frames = one.stop - one.start
    return {
        "id": one.clip,
        "maker": "curate",
        "source": {
            "file": str(job.watched.source.path),
            "sha256": job.watched.sha256,
            "start": round(float(one.start / fps), 6),
            "seconds": round(float(frames / fps), 6),
        },
        "seconds": round(float(frames / fps), 6),
        "fps": round(float(fps), 6),
        "width": size[0],
        "height": size[1],
        "frames": frames,
        "genre": one.genre or job.watched.source.genre,
        "has_sound": bool(facts["has_sound"]),
        "kept": one.kept,
        "reasons": one.reasons,
        "split": job.split,
        "scores": one.scores,
        "named": one.named,
        "shot": one.shot,
        "finder": facts["finder"],
        "seed": job.config.seed,
        "macedance": installed_versions().get("macedance", ""),
    }


def update_clip(folder: Path, changes: dict[str, Any]) -> None:
    """Write facts of a finished clip anew where they differ, such as whether it is kept."""
    facts = finished_clip(folder, SILENT)
    if facts is not None and any(facts.get(name) != value for name, value in changes.items()):
        files = [name for name in _FILES if (folder / name).is_file()]
        finish_clip(folder, facts | changes, files)


def changing_facts(job: ShotJob, one: Candidate) -> dict[str, Any]:
    """Those facts of a clip that follow from options, and may differ from run to run."""
    names = ("kept", "reasons", "split", "scores", "named", "genre", "shot", "seed")
    facts = clip_facts(job, one, (0, 0))
    return {name: facts[name] for name in names}


def _changed(source: Path, watched: Watched) -> bool:
    """Whether the file is another one than was watched; read again only if it was touched."""
    if source.stat().st_mtime_ns == watched.facts.get("mtime_ns"):
        return False
    return sha256_file(source) != watched.sha256


def _finished(job: ShotJob, one: Candidate) -> bool:
    folder = Workspace(job.config.workspace).clip(one.clip)
    if finished_clip(folder, SILENT) is None:
        return False
    with alone_in(folder, SILENT):
        update_clip(folder, changing_facts(job, one))
    return True


def _make(
    job: ShotJob, one: Candidate, video: WildVideo, encoded: EncodedSpan, seen: Observations,
    scratch: Path,
) -> None:  # fmt: skip
    folder = Workspace(job.config.workspace).clip(one.clip)
    size = video.fitted(job.config.longest_side)
    with alone_in(folder, SILENT):
        if finished_clip(folder, SILENT) is not None:
            return
        sound = None
        if video.has_sound:
            sound = scratch / "sound.wav"
            write_sound(video, one.start, one.stop - one.start, sound)
        encoded.write_clip(one.start, one.stop, sound, folder / VIDEO)
        _write_keypoints(folder / KEYPOINTS, one, seen, float(video.fps), size)
        finish_clip(folder, clip_facts(job, one, size), [VIDEO, KEYPOINTS])


def _write_keypoints(
    path: Path, one: Candidate, seen: Observations, fps: float, size: tuple[int, int]
) -> None:
    """The main person's points in the frames that were looked at; docs/formats.md."""
    inside = looks_in(seen, one)
    points = seen.points[inside]
    frames = seen.look_frame[inside] - one.start
    step = float(np.median(np.diff(frames))) if len(frames) > 1 else 1.0
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            skeleton=np.array(COCO_17),
            xy=(points[..., :2] * size).astype(np.float32),
            visibility=points[..., 2].astype(np.float32),
            depth=np.zeros(points.shape[:2], np.float32),
            frame=frames.astype(np.int64),
            people=seen.people[inside],
            fps=np.float64(fps / step),
            width=np.int64(size[0]),
            height=np.int64(size[1]),
        )


def shot_jobs(
    config: CurateConfig, watched: Watched, candidates: Sequence[Candidate], split: str
) -> list[ShotJob]:
    """Jobs for all kept clips: a shot's clips together as far as they overlap.

    A job spans a minute or so at most, which is what a kill can cost.
    """
    groups: list[list[Candidate]] = []
    for one in sorted((c for c in candidates if c.kept), key=lambda c: (c.start, c.stop)):
        group = groups[-1] if groups else []
        together = (
            group
            and group[0].shot == one.shot
            and one.start < max(other.stop for other in group)
            and one.stop - group[0].start <= _LONGEST_SPAN * watched.fps
        )
        if together:
            group.append(one)
        else:
            groups.append([one])
    return [ShotJob(config, watched, tuple(group), split) for group in groups]
