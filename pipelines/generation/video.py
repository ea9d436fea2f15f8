"""The video of a dance: the person is found, the dance put before a camera, its frames drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.experts import Choice
from pipelines.generation.run_name import order
from pipelines.generation.settings import GenerateConfig
from pipelines.media.shape import canvas_size, frame_rate
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord
from pipelines.workspace.stages import finish_stage

if TYPE_CHECKING:
    from pipelines.appearance_expert.interface import Frame
    from pipelines.keypoints.person import ReferencePerson
    from pipelines.keypoints.staged import StagedDance
    from pipelines.media.video_writer import VideoWriter
    from pipelines.motion.motion import Motion

VIDEO_RECORD = "appearance.json"
FINDING, DRAWING_POSE, DRAWING = "finding the person", "drawing the pose", "drawing the video"
"""Stages, as they are told."""
_MUCH_MISSING = 0.1


def checked_person(config: GenerateConfig, progress: Progress) -> ReferencePerson:
    """The person, once it is told what of them will move, and drawn if --preview asks for that.

    Raises as `find_person`.
    """
    from pipelines.keypoints.visible import movement_words, pose_picture
    from pipelines.media.image import save_png

    with progress.stage(FINDING):
        person = find_person(config)
    words, whole = movement_words(person)
    (progress.say if whole else progress.warn)(words)
    if config.preview is not None:
        save_png(config.preview, pose_picture(person))
    return person


def find_person(config: GenerateConfig) -> ReferencePerson:
    """The person of the picture; raises UnsuitableInput, naming the picture, where none is seen."""
    from pipelines.keypoints.detector import detect_person
    from pipelines.media.image import load_picture, picture_size

    assert config.picture is not None
    picture = load_picture(config.picture)
    size = picture_size(config.picture)
    try:
        return detect_person(picture, config.ref_keypoints, config.ref_mask, size)
    except UnsuitableInput as error:
        if any(str(path) in error.what for path in config.inputs().values()):
            raise
        raise UnsuitableInput(f"{config.picture}: {error.what}", error.hint) from error


def finished_video(
    config: GenerateConfig,
    choice: Choice,
    dance: Motion,
    person: ReferencePerson,
    folder: Path,
    record: RunRecord,
    progress: Progress,
) -> dict[str, Any]:
    """Draw out.mp4, with pose.mp4 and keypoints.npz beside it, into `folder`.

    Returns what the Appearance Expert says of it.
    """
    with record.timed("staging"):
        staged = _staged(config, dance, person)
    # The paper's way, for those who are driven by skeletons.
    if getattr(choice.options, "projector", "exact") == "rendered":
        with record.timed("projector"):
            staged = _projected_by_detector(staged, progress)
    _draw_pose(config, staged, folder, record, progress)
    report = _draw_video(config, choice, person, staged, folder, record, progress)
    finish_stage(folder / VIDEO_RECORD, report, ["out.mp4", "pose.mp4", "keypoints.npz"])
    return report


def warn_of(report: dict[str, Any], progress: Progress) -> None:
    """Say again what the run that drew the video said: nobody may take a draft for the real one."""
    if report.get("draft"):
        progress.warn(f"the video is a draft made by the {report.get('backend', 'puppet')}")
    for warning in report.get("warnings", []):
        progress.warn(warning)


def _staged(config: GenerateConfig, dance: Motion, person: ReferencePerson) -> StagedDance:
    from pipelines.keypoints.staging import stage_dance

    height, width = person.image.shape[:2]
    timed = dance.resampled(float(frame_rate(config.fps)))
    size = canvas_size(width, height, config.size)
    return stage_dance(timed.rotations(), timed.trans, timed.fps, person, *size)


def _projected_by_detector(staged: StagedDance, progress: Progress) -> StagedDance:
    from pipelines.keypoints.rendered import found_in_rendering

    with progress.stage("drawing the body to find its pose", len(staged.xy), "frames") as advance:
        found, missing = found_in_rendering(staged, lambda: advance(1))
    if missing > _MUCH_MISSING:
        progress.warn(f"the pose detector misses {missing:.0%} of the points in the drawn body")
    return found


def _draw_pose(
    config: GenerateConfig, staged: StagedDance, folder: Path, record: RunRecord, progress: Progress
) -> None:
    from pipelines.keypoints.files import save_keypoints
    from pipelines.keypoints.pose_drawing import draw_pose
    from pipelines.media.video_writer import VideoWriter

    save_keypoints(folder / "keypoints.npz", staged)
    poses = (
        draw_pose(xy, visibility, staged.width, staged.height)
        for xy, visibility in zip(staged.xy, staged.visibility, strict=True)
    )
    with record.timed("pose video"):
        video = VideoWriter(
            folder / "pose.mp4", staged.width, staged.height, frame_rate(config.fps),
            exact_colours=True,
        )  # fmt: skip
        _write(DRAWING_POSE, poses, len(staged.xy), video, progress)


def _draw_video(
    config: GenerateConfig,
    choice: Choice,
    person: ReferencePerson,
    staged: StagedDance,
    folder: Path,
    record: RunRecord,
    progress: Progress,
) -> dict[str, Any]:
    from pipelines.media.video_writer import VideoWriter

    wanted = replace(
        order(config), canvas=lambda: (staged.width, staged.height), folder=folder / "segments",
        prompts=Workspace(config.workspace).appearance_model("prompts"),
    )  # fmt: skip
    backend = choice.load(wanted, progress)
    with record.timed("video"):
        video = VideoWriter(
            folder / "out.mp4", staged.width, staged.height, frame_rate(config.fps),
            audio=config.song, audio_start=config.start,
        )  # fmt: skip
        frames = backend.frames(person, staged, config.seed)
        _write(DRAWING, frames, len(staged.xy), video, progress)
    return {"backend": backend.name, "draft": choice.expert.draft, **backend.report()}


def _write(
    name: str, frames: Iterable[Frame], count: int, writer: VideoWriter, progress: Progress
) -> None:
    with progress.stage(name, count, "frames") as advance, writer as video:
        for frame in frames:
            video.write(frame)
            advance(1)
