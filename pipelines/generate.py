"""`macedance generate`: a song and one picture become a dance video.

The whole story: picture -> the person in it; song -> features -> dance (Motion Expert) -> the
dance before a camera, in that person's proportions -> frames (Appearance Expert) -> mp4 with the
song. Dance and video stay in the run's folder, and the next run of the same command finds them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.experts import unseen_cost
from pipelines.generation.captured import captured_before, with_captured
from pipelines.generation.dance import dance_estimate, finished_dance, found_dance, refuse_unable
from pipelines.generation.expected import expected_stages
from pipelines.generation.many import dances_alone, failure, items_of, make_many
from pipelines.generation.outputs import hand_over, refuse_others
from pipelines.generation.page import PAGE_FILE, PAGE_RECORD, finished_page
from pipelines.generation.run_name import canvas, chosen, order, run_name
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.storyboard import storyboard, with_plan
from pipelines.generation.video import VIDEO_RECORD, checked_person, finished_video, warn_of
from pipelines.media.shape import frame_rate
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import check_writable
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord, recorded_run
from pipelines.workspace.stages import alone_in, finished_stage

__all__ = ["GenerateConfig", "bars", "failure", "generate", "plan"]

_HARDLY = 0.1
"""Seconds of a song that nobody misses."""

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion


def plan(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """What `generate` would do, without doing it: inputs read, the run named, stages listed."""
    config = with_plan(config)
    if config.many:
        return _plan_many(dances_alone(config), progress)
    config = config.validate().with_output()
    if config.motion_from is not None:
        known = captured_before(config)
        if known is None:
            return _plan_capture(config, progress)
        config = known
    refuse_unable(config)
    seconds, rate = _seconds(config, progress), frame_rate(config.fps)
    config.direction().refuse_outside(seconds)
    unseen = unseen_cost(
        config.appearance, config.drawing_given(), order(config), seconds, float(rate)
    )
    if unseen is not None and not config.motion_only:
        return _plan_without_weights(config, seconds, unseen)
    run = run_name(config)
    folder = Workspace(config.workspace).generation(run)
    refuse_others(config, _made_before(config, folder))
    facts: dict[str, Any] = {
        "song": str(config.song),
        "seconds": round(seconds, 3),
        "frames": round(int(seconds * MOTION_FPS) / MOTION_FPS * rate),
        "run": run,
        "folder": str(folder),
        "finished": _finished(config, folder, progress),
    }
    facts |= dance_estimate(config, seconds)
    if not config.motion_only:
        width, height = canvas(config)
        choice = chosen(config)
        facts |= {"picture": str(config.picture), "size": f"{width}x{height}"}
        facts |= choice.facts()
        facts |= choice.expert.cost(order(config), choice.options, seconds, float(rate))
        facts["output"] = str(config.output)
        if config.preview is not None:
            checked_person(config, progress)
            facts["preview"] = str(config.preview)
    return facts


def bars(config: GenerateConfig, progress: Progress) -> str:
    """The song's bars and sections as a storyboard that can be saved and used (TOML).

    A song of more than ten minutes has bars only.
    """
    from pipelines.motion_expert.library.song_plan import plan_song
    from pipelines.music.features import song_features
    from pipelines.music.sections import sections_from, song_sections

    config = with_plan(config).validate()
    assert config.song is not None
    with progress.stage("listening to the song"):
        heard = song_features(config.song, config.start, config.duration, progress)
        try:
            whole = song_features(config.song) if config.start or config.duration else heard
            sections = sections_from(song_sections(whole), config.start)
        except UnsuitableInput:
            sections = []
    return storyboard(config, plan_song(heard.values), sections)


def _plan_without_weights(
    config: GenerateConfig, seconds: float, cost: dict[str, str]
) -> dict[str, Any]:
    """Whether it would fit; without its weights a run has no name yet."""
    width, height = canvas(config)
    facts: dict[str, Any] = {"song": str(config.song), "seconds": round(seconds, 3)}
    facts |= dance_estimate(config, seconds)
    facts |= {"picture": str(config.picture), "size": f"{width}x{height}"}
    return facts | {"appearance": config.appearance, "draft": False, **cost,
                    "output": str(config.output)}  # fmt: skip


def _plan_capture(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """A run is named by its dance, which is to be captured first."""
    seconds = round(_seconds(config, progress), 3)
    return {"song": str(config.song), "seconds": seconds, "capture": str(config.motion_from)}


def _plan_many(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """Of many the first in full, and how many there are."""
    items, left = items_of(config)
    facts = {"items": len(items), "left_out": left, "names": [item.name for item in items]}
    if not items:
        return facts
    return facts | {f"first_{key}": value for key, value in plan(items[0].config, progress).items()}


def _seconds(config: GenerateConfig, progress: Progress) -> float:
    """How long the dance is to be; a song that ends before that is told of."""
    from pipelines.media.audio import probe_audio

    assert config.song is not None
    left = max(0.0, probe_audio(config.song).seconds - config.start)
    if config.duration is not None and left < config.duration - _HARDLY:
        progress.warn(
            f"{config.song} ends {left:.1f} s after --start: the dance is shorter than "
            f"--duration {config.duration:g}"
        )
    return min(left, config.duration or left)


def _finished(config: GenerateConfig, folder: Path, progress: Progress) -> list[str]:
    """The stages that an earlier run has finished."""
    dance = ["dance"] if found_dance(config, folder, progress) is not None else []
    drawn = finished_stage(folder / VIDEO_RECORD, progress) is not None
    return dance + (["video"] if drawn else [])


def _made_before(config: GenerateConfig, folder: Path) -> dict[Path, Path]:
    """For the outputs that are there already, the finished files that would be handed over."""
    made: dict[Path, Path] = {}
    if not any(path.exists() for _, path in config.targets()):
        return made
    if config.output is not None and finished_stage(folder / VIDEO_RECORD, SILENT) is not None:
        made[config.output] = folder / "out.mp4"
    if config.motion_out is not None:
        place = found_dance(config, folder, SILENT)
        if place is not None:
            made[config.motion_out] = place / f"motion{config.motion_out.suffix}"
    page = config.page_file()
    if page is not None and finished_stage(folder / PAGE_RECORD, SILENT) is not None:
        made[page] = folder / PAGE_FILE
    return made


def generate(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """Make the dance and, unless told otherwise, the video.

    What can be refused is refused before the first stage: flags, targets, missing weights.

    Returns:
        A JSON-able summary: output, folder, seconds, draft, scores, stage times. Of folders that of
        `make_many`.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    config = with_plan(config)
    if config.many:
        return make_many(dances_alone(config), generate, progress)
    config = config.validate().with_output()
    filmed = config.motion_from
    config = with_captured(config, progress)
    refuse_unable(config)
    check_writable([path for _, path in config.targets()])
    run = run_name(config)
    # A song that is none is told at once, not after the picture has been searched.
    seconds = _seconds(config, progress)
    config.direction().refuse_outside(seconds)
    workspace = Workspace(config.workspace)
    folder = workspace.generation(run)
    refuse_others(config, _made_before(config, folder))
    records = [folder / "run.json", workspace.run_record(run)]
    with (
        alone_in(folder, progress),
        recorded_run(
            records, "generate", run, config.resolved(), config.seed,
            [path for _, path in config.targets()],
        ) as record,
    ):  # fmt: skip
        for path in (*config.inputs().values(), *([filmed] if filmed is not None else [])):
            record.read(path)
        dance = _dance_and_video(config, filmed, folder, seconds, record, progress)
        record.facts["run"] = run
    return _summary(config, folder, record, dance)


def _dance_and_video(
    config: GenerateConfig, filmed: Path | None, folder: Path, seconds: float, record: RunRecord,
    progress: Progress,
) -> Motion:  # fmt: skip
    drawn = None if config.motion_only else finished_stage(folder / VIDEO_RECORD, progress)
    if drawn is None:
        progress.expect(expected_stages(config, seconds))
    person = None
    if not config.motion_only and (drawn is None or config.preview is not None):
        # First, because a picture that will not do should not cost minutes of choreography.
        with record.timed("person"):
            person = checked_person(config, progress)
    dance = finished_dance(config, folder, record, progress)
    if config.motion_out is not None:
        made = folder / f"motion{config.motion_out.suffix}"
        hand_over(made, config.motion_out, record, progress)
    if person is not None and drawn is None:
        drawn = finished_video(config, chosen(config), dance, person, folder, record, progress)
    elif drawn is not None:
        progress.say("the video is there from an earlier run")
        warn_of(drawn, progress)
    if drawn is not None:
        assert config.output is not None
        record.facts["appearance"] = drawn
        hand_over(folder / "out.mp4", config.output, record, progress)
    page = config.page_file()
    if page is not None:
        videos = {} if filmed is None else {filmed.name: filmed}
        if drawn is not None and config.output is not None:
            videos[config.output.name] = folder / "out.mp4"
        made = finished_page(config, dance, videos, folder, record, progress)
        hand_over(made, page, record, progress)
    return dance


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
