"""`macedance render`: 3D dances become videos, keypoints and files that other tools open.

The whole story: motion files, with their songs -> dances at the video's frame rate -> windows ->
for each, a body that dances before a camera -> video with sound, exact keypoints, pose video ->
clip.json, and at the end one table of all clips. One file with -o is only looked at.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.media.shape import frame_rate
from pipelines.rendering.funnel import Funnel, failure
from pipelines.rendering.settings import RenderConfig, readable_sha256
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import check_writable, sha256_file, sha256_json
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.clips import finished_clip, write_clip_table
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run
from pipelines.workspace.shards import Shard, shard_from

__all__ = ["RenderConfig", "failure", "plan", "render"]

if TYPE_CHECKING:
    from pipelines.body.mesh import Body
    from pipelines.body.variety import Look
    from pipelines.datasets.listing import ListedTake
    from pipelines.motion.motion import Motion
    from pipelines.rendering.clip import ClipJob
    from pipelines.rendering.source import Source


@dataclass
class Examined:
    """What is known of one source before anything is drawn."""

    sha256: str
    seconds: float
    jobs: list[ClipJob] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    finished_seconds: float = 0.0
    music_missing: bool = False


def plan(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """What `render` would do, without doing it: every file is read, nothing is written."""
    config.validate()
    if config.dance is not None:
        from pipelines.rendering.source import load_dance

        dance = load_dance(_single_source(config), config)
        return {
            "dance": str(config.dance),
            "seconds": round(dance.seconds, 3),
            "frames": dance.frames,
            "output": [str(path) for path in config.targets()],
            "renderer": _renderer_name(config),
        }
    funnel, jobs = _examine_all(config, _shard(config), progress)
    return {
        "dances": funnel.dances,
        "failed": [f"{entry['file']}: {entry['reason']}" for entry in funnel.failed],
        "too_short": funnel.too_short,
        "skipped": funnel.skipped,
        "clips": len(jobs) + len(funnel.there),
        "finished": len(funnel.there),
        "frames": sum(job.stop - job.start for job in jobs),
        "seconds": round(funnel.clip_seconds, 1),
        "folder": str(Workspace(config.workspace).clip_table.parent),
        "renderer": _renderer_name(config),
    }


def render(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """Make the video of one dance, or the clips of many.

    Returns:
        A JSON-able summary. Of many dances it lists in "failed" which could not be rendered, and
        why; the others are done all the same.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    config.validate()
    if config.body_model is not None:
        from pipelines.body.smpl_model import load_smpl

        load_smpl(config.body_model)
    return _render_one(config, progress) if config.dance else _render_many(config, progress)


# One dance, to look at -------------------------------------------------------------------------


def _render_one(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    from pipelines.body.bodies import as_skin
    from pipelines.motion.formats import export_motion
    from pipelines.rendering.source import load_dance
    from pipelines.rendering.stage import look_and_body

    assert config.dance is not None
    targets = config.targets()
    check_writable(targets)
    source = _single_source(config)
    sha256 = readable_sha256(config.dance)
    run = f"render-{content_id(sha256, **config.shaping(), targets=list(map(str, targets)))}"
    record_file = Workspace(config.workspace).run_record(run)
    with recorded_run([record_file], "render", run, config, config.seed) as record:
        record.inputs[str(config.dance)] = sha256
        original = load_dance(source, config, resample=False)
        look, body = look_and_body(config, original, sha256)
        exports = [path for path in targets if path.suffix != ".mp4"]
        with record.timed("export"):
            for path in exports:
                export_motion(original, path, as_skin(body))
        if targets[0].suffix == ".mp4":
            with record.timed("video"):
                _single_video(config, original.resampled(config.rate()), look, body, progress)
        for path in targets:
            record.wrote(path)
    return {
        "output": [str(path) for path in targets],
        "seconds": round(original.seconds, 3),
        "run": run,
        "stage_seconds": record.seconds,
    }


def _single_source(config: RenderConfig) -> Source:
    from pipelines.datasets.cmu import true_fps
    from pipelines.rendering.source import Source

    assert config.dance is not None
    return Source(config.dance, config.music, true_fps=true_fps(config.dance))


def _single_video(
    config: RenderConfig, dance: Motion, look: Look, body: Body, progress: Progress
) -> None:
    from pipelines.media.video_writer import VideoWriter
    from pipelines.rendering.stage import Stage, front_of

    assert config.output is not None
    width, height = config.picture_size()
    stage = Stage(config, dance, look, body, front_of(dance))
    if config.music is not None:
        _listen(config.music, dance.seconds, progress)
    with ExitStack() as stack:
        stack.callback(stage.close)
        _say_renderer(stage.renderer.name, config, progress)
        advance = stack.enter_context(progress.stage("drawing the dance", dance.frames, "frames"))
        rate = frame_rate(config.fps)
        video = stack.enter_context(
            VideoWriter(config.output, width, height, rate, audio=config.music)
        )
        for picture, _ in stage.frames():
            video.write(picture)
            advance(1)


def _say_renderer(name: str, config: RenderConfig, progress: Progress) -> None:
    if name == "built-in" and config.renderer == "auto":
        progress.say("drawing with the built-in renderer: no graphics card with OpenGL here")


def _listen(song: Path, seconds: float, progress: Progress) -> None:
    """Refuse a song that cannot be heard; warn where it ends before the dance."""
    from pipelines.media.audio import probe_audio

    info = probe_audio(song)
    if info.exact and info.seconds < seconds - 1:
        progress.warn(f"{song}: ends after {info.seconds:.1f} s, the dance after {seconds:.1f} s")


# Many dances, as clips -------------------------------------------------------------------------


def _render_many(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    workspace, shard = Workspace(config.workspace), _shard(config)
    run = f"render-{_run_digest(config, shard)}"
    with recorded_run([workspace.run_record(run)], "render", run, config, config.seed) as record:
        with record.timed("reading"):
            funnel, jobs = _examine_all(config, shard, progress)
        try:
            with record.timed("drawing"):
                _make_all(config, jobs, funnel, progress)
        finally:
            with record.timed("table"):
                rows = write_clip_table(workspace, progress)
        summary = funnel.summary() | {"table": str(workspace.clip_table), "rows": rows, "run": run}
        record.facts.update(summary)
        error = failure(summary)
        record.exit_code = 0 if error is None else error.exit_code
    funnel.tell(progress)
    return summary


def _examine_all(
    config: RenderConfig, shard: Shard, progress: Progress
) -> tuple[Funnel, list[ClipJob]]:
    """Read every dance of this shard and list the clips that it gives and that are not there."""
    from pipelines.support.parallel import each

    sources, skipped = _sources(config)
    mine = [source for name, source in sources if shard.owns(name)]
    funnel = Funnel(dances=len(mine), skipped=skipped)
    jobs: list[ClipJob] = []
    examine = partial(_examine, config)
    with (
        progress.stage("reading dances", len(mine), "dances") as advance,
        closing(each(examine, mine, config.workers)) as results,
    ):
        for source, result in results:
            advance(1)
            if isinstance(result, Exception):
                funnel.note_failure(source.motion, result, progress)
            else:
                _count(funnel, source, result)
                jobs += result.jobs
    funnel.clip_seconds += sum(job.stop - job.start for job in jobs) / config.rate()
    if funnel.silent:
        progress.warn(f"{len(funnel.silent)} dances have no song in {config.music}: silent clips")
    return funnel, sorted(jobs, key=lambda job: (str(job.source.motion), job.start))


def _count(funnel: Funnel, source: Source, found: Examined) -> None:
    funnel.read += 1
    funnel.seconds += found.seconds
    funnel.clip_seconds += found.finished_seconds
    funnel.there += found.finished
    if not found.jobs and not found.finished:
        funnel.too_short.append(str(source.motion))
    if found.music_missing:
        funnel.silent.append(str(source.motion))


def _make_all(
    config: RenderConfig, jobs: Sequence[ClipJob], funnel: Funnel, progress: Progress
) -> None:
    from pipelines.rendering.clip import make_clip
    from pipelines.support.parallel import each

    if jobs:
        _say_renderer(_renderer_name(config), config, progress)
    failed: set[Path] = set()
    with (
        progress.stage("drawing clips", len(jobs), "clips") as advance,
        closing(each(make_clip, jobs, config.workers)) as results,
    ):
        for job, result in results:
            advance(1)
            if not isinstance(result, Exception):
                funnel.made.append(result)
                continue
            funnel.clip_seconds -= (job.stop - job.start) / config.rate()
            if job.source.motion not in failed:
                failed.add(job.source.motion)
                funnel.note_failure(job.source.motion, result, progress)


# Which dances, which windows -------------------------------------------------------------------


def _sources(config: RenderConfig) -> tuple[list[tuple[str, Source]], list[str]]:
    """Every dance with a name that does not depend on where the folder lies; and what is none."""
    from pipelines.datasets.cmu import true_fps
    from pipelines.motion.formats import readable
    from pipelines.rendering.source import Source

    found: list[tuple[str, Source]] = []
    skipped: list[str] = []
    songs = _songs(config.music)
    for folder in config.src:
        takes, lines = _takes(folder)
        skipped += lines
        for take in takes:
            music = take.music if songs is None else _song_of(take.motion.stem, songs)
            source = Source(
                take.motion, music, take.genre, take.skip_seconds, true_fps(take.motion)
            )
            inside = folder if folder.is_dir() else folder.parent
            found.append((take.motion.relative_to(inside).as_posix(), source))
    if not found:
        raise UnsuitableInput(
            f"{', '.join(map(str, config.src))}: no motion file in there",
            f"known are {readable()}: docs/formats.md",
        )
    return found, skipped


def _takes(folder: Path) -> tuple[list[ListedTake], list[str]]:
    """The dances under a folder: by the rules of its data set, or whatever is a motion file."""
    from pipelines.datasets.layouts import list_every_dance
    from pipelines.datasets.listing import ListedTake

    if folder.is_file():
        return [ListedTake(folder.stem, folder)], []
    listing = list_every_dance(folder)
    return listing.takes, listing.skipped


def _songs(folder: Path | None) -> dict[str, Path] | None:
    from pipelines.datasets.listing import sounds_under

    return None if folder is None else sounds_under(folder)


def _song_of(dance: str, songs: dict[str, Path]) -> Path | None:
    """The song of the same name, or one whose name is a part of it, as AIST++ has them (mBR0)."""
    names = [dance, *(part for part in dance.split("_") if not part.isdigit())]
    return next((songs[name] for name in names if name in songs), None)


def _examine(config: RenderConfig, source: Source) -> Examined:
    from pipelines.curation.windows import Window, random_windows
    from pipelines.rendering.clip import ClipJob
    from pipelines.rendering.source import load_dance
    from pipelines.rendering.stage import front_of

    sha256 = readable_sha256(source.motion)
    dance = load_dance(source, config)
    found = Examined(sha256, dance.seconds)
    found.music_missing = config.music is not None and source.music is None
    music_sha256 = None
    if source.music is not None:
        from pipelines.media.audio import probe_audio

        probe_audio(source.music)
        music_sha256 = sha256_file(source.music)
    whole = [Window(0, dance.frames)]
    windows = (
        random_windows(dance.frames, dance.fps, sha256, config.seed) if config.windows else whole
    )
    front = front_of(dance)
    for window in windows:
        clip = content_id(
            sha256, **config.shaping(), music=music_sha256, skip=source.skip_seconds,
            genre=source.genre, start=window.start, stop=window.stop,
        )  # fmt: skip
        job = ClipJob(config, source, clip, sha256, music_sha256, source.skip_seconds,
                      window.start, window.stop, front)  # fmt: skip
        if finished_clip(Workspace(config.workspace).clip(clip), SILENT) is None:
            found.jobs.append(job)
        else:
            found.finished.append(clip)
            found.finished_seconds += window.frames / dance.fps
    return found


# Small matters ---------------------------------------------------------------------------------


def _shard(config: RenderConfig) -> Shard:
    return shard_from(config.shard, os.environ)


def _run_digest(config: RenderConfig, shard: Shard) -> str:
    given = {
        "src": list(map(str, config.src)), "music": str(config.music), "windows": config.windows,
        "shard": [shard.index, shard.count], **config.shaping(),
    }  # fmt: skip
    return sha256_json(given)[:16]


def _renderer_name(config: RenderConfig) -> str:
    from pipelines.body.renderer import open_renderer
    from pipelines.body.stick_body import skeleton_body

    renderer = open_renderer(skeleton_body(), 64, 64, config.renderer)
    renderer.close()
    return renderer.name
