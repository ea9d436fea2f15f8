"""`macedance generate`: a song and one picture become a dance video.

The whole story: picture -> the person in it; song -> features -> dance (Motion Expert) -> the
dance before a camera, in that person's proportions -> frames (Appearance Expert) -> mp4 with the
song. Dance and video stay in the run's folder, and the next run of the same command finds them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.generation.dance import (
    DANCE_RECORD,
    dance_estimate,
    finished_dance,
    refuse_unable,
)
from pipelines.generation.settings import OF_WAN, GenerateConfig
from pipelines.media.shape import frame_rate, parse_size
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import OutOfResources, UnsuitableInput, is_out_of_space
from pipelines.support.files import atomic_path, check_writable, sha256_file
from pipelines.support.options import identity
from pipelines.support.progress import Progress
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord, installed_versions, recorded_run
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.appearance_expert.interface import Frame
    from pipelines.keypoints.person import ReferencePerson
    from pipelines.keypoints.staged import StagedDance
    from pipelines.media.video_writer import VideoWriter
    from pipelines.motion.motion import Motion

LONGER_SIDE = 960
_MUCH_MISSING = 0.1
VIDEO_RECORD = "appearance.json"


def plan(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """What `generate` would do, without doing it: inputs read, the run named, stages listed."""
    from pipelines.appearance_expert.experts import describe_cost
    from pipelines.media.audio import probe_audio

    config.validate()
    refuse_unable(config)
    assert config.song is not None
    info = probe_audio(config.song)
    seconds = max(0.0, info.seconds - config.start)
    seconds = min(seconds, config.duration or seconds)
    run = _run_name(config)
    folder = Workspace(config.workspace).generation(run)
    facts: dict[str, Any] = {
        "song": str(config.song),
        "seconds": round(seconds, 3),
        "frames": round(int(seconds * MOTION_FPS) / MOTION_FPS * frame_rate(config.fps)),
        "run": run,
        "folder": str(folder),
        "finished": [
            stage
            for stage, name in (("dance", DANCE_RECORD), ("video", VIDEO_RECORD))
            if finished_stage(folder / name, progress) is not None
        ],
    }
    facts |= dance_estimate(config, seconds)
    if not config.motion_only:
        assert config.picture is not None
        width, height = _canvas(config)
        facts |= {"picture": str(config.picture), "size": f"{width}x{height}"}
        choice = _choice(config)
        facts |= choice
        if choice["appearance"] == "wan":
            facts |= describe_cost(
                config.model, config.device, config.wan(), (width, height), seconds,
                float(frame_rate(config.fps)),
            )  # fmt: skip
        facts["output"] = str(config.output)
    return facts


def generate(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """Make the dance and, unless told otherwise, the video.

    What can be refused is refused before the first stage: flags, targets, missing weights.

    Returns:
        A JSON-able summary: output, folder, seconds, draft, scores, stage times.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    config.validate()
    refuse_unable(config)
    check_writable([path for _, path in config.targets()])
    run = _run_name(config)
    _refuse_unreadable(config)
    workspace = Workspace(config.workspace)
    folder = workspace.generation(run)
    records = [folder / "run.json", workspace.run_record(run)]
    with (
        alone_in(folder, progress),
        recorded_run(records, "generate", run, config.resolved(), config.seed) as record,
    ):
        for path in config.inputs().values():
            record.read(path)
        drawn = None if config.motion_only else finished_stage(folder / VIDEO_RECORD, progress)
        # First, because a picture that will not do should not cost minutes of choreography.
        person = None if config.motion_only or drawn else _person(config, record, progress)
        dance = finished_dance(config, folder, record, progress)
        _hand_over_motion(config, folder, record)
        if person is not None:
            drawn = _video(config, dance, person, folder, record, progress)
        elif drawn is not None:
            progress.say("the video is there from an earlier run")
            _warn_of(drawn, progress)
        if drawn is not None:
            _hand_over_video(config, folder, drawn, record)
        record.facts["run"] = run
    return _summary(config, folder, record, dance)


def _refuse_unreadable(config: GenerateConfig) -> None:
    """A song or clip that is none is told at once, not after the picture has been searched."""
    from pipelines.media.audio import probe_audio
    from pipelines.media.video import probe_video

    inputs = config.inputs()
    probe_audio(inputs["song"])
    if "face" in inputs:
        probe_video(inputs["face"])


def _hand_over_motion(config: GenerateConfig, folder: Path, record: RunRecord) -> None:
    if config.motion_out is None:
        return
    copy_atomically(folder / f"motion{config.motion_out.suffix}", config.motion_out)
    record.wrote(config.motion_out)


# The video ------------------------------------------------------------------------------------


def _video(
    config: GenerateConfig,
    dance: Motion,
    person: ReferencePerson,
    folder: Path,
    record: RunRecord,
    progress: Progress,
) -> dict[str, Any]:
    with record.timed("staging"):
        staged = _staged(config, dance, person)
    if config.projector == "rendered" and _choice(config)["appearance"] != "puppet":
        with record.timed("projector"):
            staged = _projected_by_detector(staged, progress)
    report = _draw(config, person, staged, folder, record, progress)
    finish_stage(folder / VIDEO_RECORD, report, ["out.mp4", "pose.mp4", "keypoints.npz"])
    return report


def _hand_over_video(
    config: GenerateConfig, folder: Path, report: dict[str, Any], record: RunRecord
) -> None:
    assert config.output is not None
    record.facts["appearance"] = report
    copy_atomically(folder / "out.mp4", config.output)
    record.wrote(config.output)


def _person(config: GenerateConfig, record: RunRecord, progress: Progress) -> ReferencePerson:
    with record.timed("person"), progress.stage("finding the person"):
        return _found_person(config)


def _found_person(config: GenerateConfig) -> ReferencePerson:
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


def _staged(config: GenerateConfig, dance: Motion, person: ReferencePerson) -> StagedDance:
    from pipelines.keypoints.staging import stage_dance

    height, width = person.image.shape[:2]
    canvas = canvas_size(width, height, config.size)
    timed = dance.resampled(float(frame_rate(config.fps)))
    return stage_dance(timed.rotations(), timed.trans, timed.fps, person, *canvas)


def _projected_by_detector(staged: StagedDance, progress: Progress) -> StagedDance:
    from pipelines.keypoints.rendered import found_in_rendering

    with progress.stage("drawing the body to find its pose", len(staged.xy), "frames") as advance:
        found, missing = found_in_rendering(staged, lambda: advance(1))
    if missing > _MUCH_MISSING:
        progress.warn(f"the pose detector misses {missing:.0%} of the points in the drawn body")
    return found


def _draw(
    config: GenerateConfig,
    person: ReferencePerson,
    staged: StagedDance,
    folder: Path,
    record: RunRecord,
    progress: Progress,
) -> dict[str, Any]:
    from pipelines.appearance_expert.experts import load_backend
    from pipelines.keypoints.files import save_keypoints
    from pipelines.keypoints.pose_drawing import draw_pose
    from pipelines.media.video_writer import VideoWriter

    save_keypoints(folder / "keypoints.npz", staged)
    poses = (
        draw_pose(xy, visibility, staged.width, staged.height)
        for xy, visibility in zip(staged.xy, staged.visibility, strict=True)
    )
    size, rate = (staged.width, staged.height), frame_rate(config.fps)
    with record.timed("pose video"):
        pose_video = VideoWriter(folder / "pose.mp4", *size, rate, exact_colours=True)
        _write("drawing the pose", poses, len(staged.xy), pose_video, progress)
    backend = load_backend(
        config.appearance,
        config.model,
        config.device,
        progress,
        wan=config.wan(),
        folder=folder / "segments",
        prompt_cache=config.workspace / "models" / "appearance" / "prompts",
        canvas=size,
    )
    with record.timed("video"):
        video = VideoWriter(
            folder / "out.mp4", *size, rate, audio=config.song, audio_start=config.start
        )
        frames = backend.frames(person, staged, config.seed)
        _write("drawing the video", frames, len(staged.xy), video, progress)
    report = {"backend": backend.name, "draft": backend.name == "puppet", **backend.report()}
    return report


def _warn_of(report: dict[str, Any], progress: Progress) -> None:
    """Say again what the run that drew the video said: nobody may take a draft for the real one."""
    if report.get("draft"):
        progress.warn(f"the video is a draft made by the {report.get('backend', 'puppet')}")
    for warning in report.get("warnings", []):
        progress.warn(warning)


def _write(
    name: str, frames: Iterable[Frame], count: int, writer: VideoWriter, progress: Progress
) -> None:
    with progress.stage(name, count, "frames") as advance, writer as video:
        for frame in frames:
            video.write(frame)
            advance(1)


def _summary(
    config: GenerateConfig, folder: Path, record: RunRecord, dance: Motion
) -> dict[str, Any]:
    output = config.motion_out if config.motion_only else config.output
    return {
        "output": str(output or folder / "motion.npz"),
        "folder": str(folder),
        "run": record.run,
        "seconds": round(dance.seconds, 3),
        "motion": record.facts.get("motion"),
        "appearance": record.facts.get("appearance"),
        "stage_seconds": record.seconds,
    }


# Small matters --------------------------------------------------------------------------------


def canvas_size(width: int, height: int, size: str | None) -> tuple[int, int]:
    """The video's even size for a picture: as asked, or the picture's shape, longer side 960."""
    asked = (None, LONGER_SIDE) if size is None else parse_size(size)
    if asked[0] is not None:
        return asked[0], asked[1]
    scale = asked[1] / max(width, height)
    return max(64, round(width * scale / 2) * 2), max(64, round(height * scale / 2) * 2)


def _canvas(config: GenerateConfig) -> tuple[int, int]:
    from pipelines.media.image import picture_size

    assert config.picture is not None
    return canvas_size(*picture_size(config.picture), config.size)


def _run_name(config: GenerateConfig) -> str:
    """The run's name follows from the content of its inputs and what it is asked to make.

    "auto" counts as what it stands for here: once the weights are there, another video is due.
    So it is with another version of macedance.
    """
    assert config.song is not None
    _, expert = config.motion_expert()
    options = identity(config) | identity(config.dance_options())
    for name, path in config.inputs().items():
        options[f"{name}_sha256"] = _readable_sha256(path)
    options["motion_model"] = expert.identity(config.motion_model)
    options["macedance"] = installed_versions().get("macedance", "")
    appearance = "none" if config.motion_only else _choice(config)["appearance"]
    if not config.motion_only:
        options["appearance"] = appearance
    if appearance in ("none", "puppet"):
        options = {key: value for key, value in options.items() if key not in OF_WAN}
    else:
        # The files count by what they hold, not by where they lie.
        options |= {"lora": [scale for _, scale in config.wan().overlay.loras]}
        options["face"] = "clip" if "face_sha256" in options else config.face
        gguf = config.gguf
        options["gguf"] = None if gguf is None else [gguf.name, gguf.stat().st_size]
    stem = "".join(c if c.isalnum() else "-" for c in config.song.stem)[:40].strip("-")
    return f"{stem or 'song'}-{content_id(options['song_sha256'], **options)}"


def _choice(config: GenerateConfig) -> dict[str, Any]:
    """The Appearance Expert that "auto" stands for here, and why."""
    from pipelines.appearance_expert.experts import describe_choice

    if config.appearance == "puppet":
        return describe_choice(config.appearance, config.model, config.device)
    return describe_choice(
        config.appearance, config.model, config.device, config.wan(), _canvas(config)
    )


def _readable_sha256(path: Path) -> str:
    if not path.is_file():
        raise UnsuitableInput(
            f"{path}: no such file" if not path.exists() else f"{path}: not a file"
        )
    try:
        return sha256_file(path)
    except PermissionError as error:
        raise UnsuitableInput(f"{path}: may not be read ({error.strerror})") from error


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file so that `target` appears whole or not at all; the errors name both."""
    kept = f"what was made is kept as {source}"
    try:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        if is_out_of_space(error):
            raise OutOfResources(f"{target}: the disk is full", kept) from error
        reason = (error.strerror or type(error).__name__).lower()
        raise UnsuitableInput(f"{target}: cannot be written ({reason})", kept) from error
