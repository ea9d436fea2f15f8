"""Watching one video through: every stage's observations from one decode, kept chunk by chunk."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.curation.chunks import CHUNK, Chunk, ahead, chunks_of, steps_for
from pipelines.curation.observations import (
    Observations,
    joined,
    load_observations,
    save_observations,
)
from pipelines.curation.settings import CurateConfig
from pipelines.curation.sources import RawVideo
from pipelines.media.ffmpeg import command, running
from pipelines.media.video import Frame
from pipelines.media.wild_video import WildVideo, examine_video
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.keypoints.people import PeopleFinder, Person

VERSION = 4
"""Of what observations hold; another one makes every video be watched again."""

OBSERVATIONS, RECORD = "observations.npz", "watched.json"

_THUMB_SIDE, _THUMB_QUALITY, _LOOKS_PER_THUMB = 192, 72, 6
_LISTEN_RATE = 8000


@dataclass(frozen=True)
class WatchJob:
    """One video to watch."""

    config: CurateConfig
    source: RawVideo


@dataclass(frozen=True)
class Watched:
    """A video that has been watched.

    Attributes:
        sha256: of the file. folder: with observations.npz and watched.json.
        fresh: whether it was watched now, and not by an earlier run.
        facts: what watched.json holds.
    """

    source: RawVideo
    sha256: str
    folder: Path
    fresh: bool
    facts: dict[str, Any]

    @property
    def fps(self) -> Fraction:
        """Of the grid."""
        return Fraction(*self.facts["fps"])

    def observations(self) -> Observations:
        """All that was seen."""
        seen = load_observations(self.folder / OBSERVATIONS)
        assert seen is not None, "its SHA-256 has just been checked"
        return seen


def watched_folder(config: CurateConfig, sha256: str) -> Path:
    """Where the observations of a video with this content go."""
    who = content_id(sha256, finder=config.finder_name(), version=VERSION)
    return Workspace(config.workspace).curation(content_id(sha256)) / who


def already_watched(config: CurateConfig, source: RawVideo, sha256: str) -> Watched | None:
    """A video that an earlier run has watched to its end."""
    folder = watched_folder(config, sha256)
    facts = finished_stage(folder / RECORD, SILENT)
    return None if facts is None else Watched(source, sha256, folder, False, facts)


def watch(job: WatchJob) -> Watched:
    """Watch a video, or what is left of it, unless that has been done.

    Raises:
        UnsuitableInput: it cannot be read to its end.
        MissingAsset: a detector or ffmpeg is not there.
    """
    video = examine_video(job.source.path)
    touched = job.source.path.stat().st_mtime_ns
    sha256 = sha256_file(job.source.path)
    folder = watched_folder(job.config, sha256)
    done = already_watched(job.config, job.source, sha256)
    if done is not None:
        _tidy(folder)  # the run that finished it may have been killed before it came to this
        return done
    with alone_in(folder, SILENT):
        done = already_watched(job.config, job.source, sha256)
        if done is not None:
            return done
        _share_cores(job.config.crew())
        seen = _see(job.config, video, folder)
        level, remarks = _listen(video)
        save_observations(folder / OBSERVATIONS, seen)
        facts = {
            "file": str(job.source.path), "sha256": sha256, "width": video.width,
            "height": video.height, "fps": [video.fps.numerator, video.fps.denominator],
            "frames": seen.frames, "has_sound": video.has_sound,
            "remarks": [*video.remarks, *remarks], "finder": job.config.finder_name(),
            "sound_level": level, "mtime_ns": touched,
        }  # fmt: skip
        finish_stage(folder / RECORD, facts, [OBSERVATIONS])
        _tidy(folder)
    return Watched(job.source, sha256, folder, True, facts)


def _share_cores(workers: int) -> None:
    """Threads of torch and OpenCV in a worker: more than its share of the cores only disturb."""
    if workers > 1:
        import torch

        share = max(1, len(os.sched_getaffinity(0)) // workers)
        torch.set_num_threads(share)
        cv2.setNumThreads(share)


def _see(config: CurateConfig, video: WildVideo, folder: Path) -> Observations:
    """Go on where an earlier run stopped: chunks that are there are not looked at again."""
    from pipelines.keypoints.finders import finder_for

    parts: list[Observations] = []
    while (part := load_observations(_part(folder, len(parts)))) is not None:
        parts.append(part)
    if parts and parts[-1].frames < CHUNK:
        return joined(parts)
    with (
        finder_for(config.person_detector, config.pose_model, config.device) as finder,
        closing(ahead(chunks_of(video, len(parts)))) as chunks,
    ):
        for chunk in chunks:
            part = observe(chunk, video.fps, finder)
            save_observations(_part(folder, len(parts)), part)
            parts.append(part)
    return joined(parts)


def observe(chunk: Chunk, fps: Fraction, finder: PeopleFinder) -> Observations:
    """What every stage sees in one chunk."""
    from pipelines.curation.picture import black_bars, perceptual_hash
    from pipelines.curation.shots import cut_probabilities

    looks = sorted(chunk.looks)
    people, main = _people(chunk, looks, finder)
    step = steps_for(fps).flow
    pairs = [f for f in sorted(chunk.greys) if f >= chunk.start and f - step in chunk.greys]
    boxes = np.array(
        [_share(person, chunk.looks[f]) for person, f in zip(main, looks, strict=True)]
    )
    boxes = boxes.reshape(-1, 4)
    thumbs = [f for f in looks if (f // steps_for(fps).look) % _LOOKS_PER_THUMB == 0]
    jpegs = [_jpeg(chunk.looks[f]) for f in thumbs]
    return Observations(
        cut=cut_probabilities(chunk.tiny),
        flow_frame=np.array(pairs, np.int64),
        motion=np.array([_motion(chunk, f, step, fps, looks, boxes) for f in pairs], np.float32),
        look_frame=np.array(looks, np.int64),
        people=np.array(people, np.int16),
        box=boxes.astype(np.float32),
        points=np.array(
            [_points(person, chunk.looks[f]) for person, f in zip(main, looks, strict=True)],
            np.float32,
        ).reshape(-1, 17, 3),
        bars=np.array([black_bars(chunk.looks[f]) for f in looks], np.float32),
        hash=np.array([perceptual_hash(chunk.looks[f]) for f in looks], np.uint64),
        thumb_frame=np.array(thumbs, np.int64),
        thumb_bytes=np.frombuffer(b"".join(jpegs), np.uint8),
        thumb_size=np.array([len(jpeg) for jpeg in jpegs], np.int64),
    )


def _people(
    chunk: Chunk, looks: list[int], finder: PeopleFinder
) -> tuple[list[int], list[Person | None]]:
    from pipelines.curation.performers import performers

    counts: list[int] = []
    main: list[Person | None] = []
    last: Person | None = None
    for frame in looks:
        several = bool(counts) and counts[-1] > 1
        found = performers(finder.find(chunk.looks[frame], last, several))
        last = found[0] if found else None
        counts.append(len(found))
        main.append(last)
    return counts, main


def _motion(
    chunk: Chunk, frame: int, step: int, fps: Fraction, looks: list[int],
    boxes: NDArray[np.float64],
) -> float:  # fmt: skip
    from pipelines.curation.stillness import body_heights_per_second

    if not looks:
        return float("nan")
    box = boxes[int(np.argmin(np.abs(np.array(looks) - frame)))]
    known = None if np.isnan(box).any() else box
    before, after = chunk.greys[frame - step], chunk.greys[frame]
    return body_heights_per_second(before, after, known, float(step / fps))


def _share(person: Person | None, picture: Frame) -> NDArray[np.float64]:
    if person is None:
        return np.full(4, np.nan)
    height, width = picture.shape[:2]
    share: NDArray[np.float64] = person.box / (width, height, width, height)
    return share


def _points(person: Person | None, picture: Frame) -> NDArray[np.float64]:
    if person is None:
        return np.zeros((17, 3))
    height, width = picture.shape[:2]
    points: NDArray[np.float64] = person.points / (width, height, 1)
    return points


def _jpeg(picture: Frame) -> bytes:
    scale = min(1.0, _THUMB_SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _THUMB_QUALITY])[1])


def _listen(video: WildVideo) -> tuple[list[float], list[str]]:
    """Loudness of each second in dB of full scale, and a remark where it cannot be heard."""
    from pipelines.media.cutting import heard_from

    if not video.has_sound:
        return [], []
    sound = heard_from(video, 0, _LISTEN_RATE).output("pipe:1", format="f32le", ac=1)
    levels: list[float] = []
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with running(command(sound), stdin=nothing, stdout=pipe, stderr=nothing) as process:
        assert process.stdout is not None
        while second := process.stdout.read(4 * _LISTEN_RATE):
            samples = np.nan_to_num(np.frombuffer(second[: len(second) // 4 * 4], "<f4"))
            power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
            levels.append(round(10 * np.log10(max(power, 1e-12)), 1))
        broken = process.wait() != 0
    return levels, ["its sound cannot be decoded to the end"] if broken else []


def _part(folder: Path, number: int) -> Path:
    return folder / f"chunk-{number:06d}.npz"


def _tidy(folder: Path) -> None:
    for part in list(folder.glob("chunk-*.npz")):
        part.unlink(missing_ok=True)
