"""The dance of a kept clip in 3D: motion.npz beside the video, with its own stretch of the sound.

One more stage: a clip whose capture.json fits its files is not looked at again. A clip that shows
no dance that can be captured is noted as such, with the reason, and has no motion.npz.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.capture.finding import FINDER
from pipelines.curation.clip import ShotJob
from pipelines.curation.selection import Candidate
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path, sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import (
    CAPTURE_RECORD,
    KEYPOINTS,
    MOTION,
    OVERLAY,
    SOUND,
    VIDEO,
    finish_clip,
    finished_clip,
)
from pipelines.workspace.layout import Workspace
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.capture.fit import Captured
    from pipelines.motion.motion import Motion

VERSION = 3
"""Of the fit; another one makes every clip be captured again."""

_SHOWN, _HEIGHT, _QUALITY = 6, 160, 75


@dataclass(frozen=True)
class CaptureJob:
    """One clip to capture.

    Attributes:
        given: another estimator's motion of the whole source video, or of the clip itself if it
            bears the clip's name; None: the embedded finder looks.
    """

    shot: ShotJob
    one: Candidate
    given: Path | None = None


def capture_clip(job: CaptureJob) -> dict[str, Any]:
    """What is known of a clip's capture, which is made unless it is there.

    Returns:
        JSON-able: grade, start and seconds of the motion within the clip, by whom, remarks and
        figures; where there is none, grade 0 and the reason.

    Raises:
        MissingAsset: the finder is not there. UnsuitableInput: the clip is gone.
    """
    folder = Workspace(job.shot.config.workspace).clip(job.one.clip)
    with alone_in(folder, SILENT):
        clip = finished_clip(folder, SILENT)
        if clip is None:
            raise UnsuitableInput(f"{folder}: the clip is not there", "run it again")
        maker = _maker(job)
        facts = finished_stage(folder / CAPTURE_RECORD, SILENT)
        if facts is not None and facts.get("maker") == maker:
            return facts
        _forget(folder, clip)
        try:
            facts, files = _captured(job, folder)
        except UnsuitableInput as error:
            facts, files = {"grade": 0.0, "reason": error.what}, []
        facts["maker"] = maker
        finish_stage(folder / CAPTURE_RECORD, facts, files)
        return facts


def _forget(folder: Path, clip: dict[str, Any]) -> None:
    """Take an earlier capture away; first out of the clip's record, which is whole without it."""
    if "capture" in clip:
        files = [name for name in (VIDEO, KEYPOINTS) if (folder / name).is_file()]
        finish_clip(folder, {k: v for k, v in clip.items() if k != "capture"}, files)
    for name in (CAPTURE_RECORD, MOTION, SOUND, OVERLAY):
        (folder / name).unlink(missing_ok=True)


def capture_jobs(shot: ShotJob) -> list[CaptureJob]:
    """A job for each clip of a shot, with the motion of the folder that bears its name, if any."""
    place = shot.config.capture_from
    if place is None:
        return [CaptureJob(shot, one) for one in shot.clips]
    source = Path(shot.watched.source.name).with_suffix("")
    jobs = []
    for one in shot.clips:
        found = _named(place, (one.clip, source.as_posix(), source.name))
        if found is None and not shot.config.capture:
            continue
        jobs.append(CaptureJob(shot, one, found))
    return jobs


def _named(place: Path, names: tuple[str, ...]) -> Path | None:
    """The motion file of one of these names: NAME.suffix, or the only one within NAME/."""
    from pipelines.motion.formats import MOTION_SUFFIXES

    for name in names:
        near = [p for s in MOTION_SUFFIXES if (p := place / f"{name}{s}").is_file()]
        if near:
            return near[0]
        within = place / name
        if within.is_dir():
            known = sorted(p for p in within.iterdir() if p.suffix.lower() in MOTION_SUFFIXES)
            if known:
                return known[0]
    return None


def _maker(job: CaptureJob) -> str:
    if job.given is None:
        return f"{FINDER}, fit {VERSION}"
    return f"{job.given.name} {sha256_file(job.given)[:16]}, fit {VERSION}"


def _captured(job: CaptureJob, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Write the files of a capture; its facts, and their names."""
    from pipelines.motion.npz import save_npz

    files = [MOTION]
    if job.given is not None:
        motion, start = _cut_out(job), 0.0
        facts: dict[str, Any] = {"grade": 1.0, "remarks": [f"from {job.given.name}"]}
    else:
        from pipelines.capture.finding import find_landmarks
        from pipelines.capture.fit import fit

        found = fit(find_landmarks(folder / VIDEO))
        motion, start = found.motion, found.start
        facts = {
            "grade": found.grade, "remarks": list(found.remarks), "figures": found.figures.plain(),
        }  # fmt: skip
        _write_overlay(folder, found)
        files.append(OVERLAY)
    motion = replace(
        motion, genre=job.one.genre or job.shot.watched.source.genre, source=job.one.clip
    )
    save_npz(motion, folder / MOTION)
    if job.shot.watched.facts["has_sound"]:
        _write_sound(folder, start, motion.seconds)
        files.append(SOUND)
    return facts | {"start": round(start, 6), "seconds": round(motion.seconds, 6)}, files


def _cut_out(job: CaptureJob) -> Motion:
    """The clip's stretch of a motion that others estimated of its source video."""
    from pipelines.motion.formats import load_motion
    from pipelines.support.conventions import MOTION_FPS

    assert job.given is not None
    fps, frames = job.shot.watched.fps, job.one.stop - job.one.start
    motion = load_motion(job.given)
    # Estimators count frames and do not know the rate: one motion frame is one of the video's.
    own = job.given.stem == job.one.clip or job.given.parent.name == job.one.clip
    of_video = frames if own else job.shot.watched.facts["frames"]
    if abs(motion.frames - of_video) <= max(2, 0.01 * of_video):
        motion = replace(motion, fps=float(fps))
    begin = 0.0 if own else float(job.one.start / fps)
    motion = motion.resampled(MOTION_FPS)
    first, count = round(begin * MOTION_FPS), round(float(frames / fps) * MOTION_FPS)
    if first + count > motion.frames + MOTION_FPS // 2:
        raise UnsuitableInput(
            f"{job.given}: lasts {motion.seconds:.1f} s, the clip needs it up to "
            f"{begin + float(frames / fps):.1f} s"
        )
    return motion.sliced(first, first + count)


def _write_sound(folder: Path, start: float, seconds: float) -> None:
    """What is heard while the captured stretch is seen."""
    from pipelines.media.cutting import write_sound
    from pipelines.media.wild_video import examine_video

    # Thousandths of a second as frames: the cut is one by time.
    video = replace(examine_video(folder / VIDEO), fps=Fraction(1000))
    with atomic_path(folder / SOUND) as temporary:
        write_sound(video, round(1000 * start), round(1000 * seconds), temporary)


def _write_overlay(folder: Path, found: Captured) -> None:
    import cv2

    from pipelines.capture.overlay import overlay_strip

    strip = overlay_strip(folder / VIDEO, found, _SHOWN, _HEIGHT)
    bgr = cv2.cvtColor(strip, cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    with atomic_path(folder / OVERLAY) as temporary:
        temporary.write_bytes(data)
