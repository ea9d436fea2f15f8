"""`macedance render`: 3D dances become videos, keypoints and files that other tools open.

The whole story: motion files, with their songs -> dances at the video's frame rate -> windows ->
for each, a body that dances before a camera -> video with sound, exact keypoints, pose video ->
clip.json, and at the end one table of all clips. One file with -o is only looked at.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.rendering.funnel import Funnel, failure
from pipelines.rendering.settings import PAGE, RenderConfig, readable_sha256
from pipelines.support.files import check_writable, sha256_json
from pipelines.support.progress import Progress
from pipelines.workspace.clips import write_clip_table
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run
from pipelines.workspace.shards import Shard, shard_from

__all__ = ["RenderConfig", "failure", "plan", "render"]

if TYPE_CHECKING:
    from pipelines.rendering.clip import ClipJob


def plan(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """What `render` would do, without doing it: every file is read, nothing is written."""
    from pipelines.rendering.listing import single_source
    from pipelines.rendering.one_video import renderer_name
    from pipelines.rendering.source import load_dance

    config.validate()
    if config.check or config.mend:
        return {"dance": str(config.dance), "check": config.check, "mend": config.mend,
                "output": [] if config.output is None else [str(config.output)]}  # fmt: skip
    if config.dance is not None:
        dance = load_dance(single_source(config), config)
        return {
            "dance": str(config.dance),
            "seconds": round(dance.seconds, 3),
            "frames": dance.frames,
            "output": [str(path) for path in config.targets()],
            "renderer": renderer_name(config),
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
        "renderer": renderer_name(config),
    }


def render(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """Make the video of one dance, or the clips of many.

    Returns:
        A JSON-able summary, with --check its "flaws". Of many dances it lists in "failed" which
        could not be rendered, and why; the others are done all the same.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    config.validate()
    if config.check or config.mend:
        return _check_one(config, progress)
    if config.body_model is not None:
        from pipelines.body.smpl_model import load_smpl

        load_smpl(config.body_model)
    if config.control is not None:
        return _render_control(config, progress)
    return _render_one(config, progress) if config.dance else _render_many(config, progress)


def _check_one(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """What is wrong with a dance, and with --mend what is left of it."""
    from pipelines.generation.dancing_anew import DancingAnew
    from pipelines.rendering.checking import checked

    check_writable(config.targets() if config.mend else [])
    if not config.redo:
        return checked(config, progress)
    assert config.music is not None
    return checked(config, progress, DancingAnew(config.music, config.seed, progress))


def _render_control(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """The folder that another video model takes."""
    from pipelines.rendering.control import CONTROL_TOOLS, found_person, write_control
    from pipelines.rendering.listing import single_source
    from pipelines.rendering.source import load_dance

    assert config.dance is not None and config.reference is not None
    target = config.targets()[0]
    check_writable([target])
    sha256, picture = readable_sha256(config.dance), readable_sha256(config.reference)
    run = f"render-{content_id(sha256, **config.shaping(), picture=picture, target=str(target))}"
    record_file = Workspace(config.workspace).run_record(run)
    with recorded_run([record_file], "render", run, config, config.seed) as record:
        record.inputs |= {str(config.dance): sha256, str(config.reference): picture}
        dance = load_dance(single_source(config), config, resample=False)
        tool = CONTROL_TOOLS[config.control or ""]
        with record.timed("person"), progress.stage("finding the person"):
            person = found_person(config.reference)
        with record.timed("control"):
            made = write_control(tool, dance, person, target, progress)
        record.facts.update(made)
    return {"output": [str(target)], "seconds": round(dance.seconds, 3), **made, "run": run}


def _render_one(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    from pipelines.body.bodies import as_skin
    from pipelines.motion.formats import export_motion
    from pipelines.rendering.listing import single_source
    from pipelines.rendering.one_video import draw_video
    from pipelines.rendering.source import load_dance
    from pipelines.rendering.stage import look_and_body

    assert config.dance is not None
    targets = config.targets()
    check_writable(targets)
    source = single_source(config)
    sha256 = readable_sha256(config.dance)
    run = f"render-{content_id(sha256, **config.shaping(), targets=list(map(str, targets)))}"
    record_file = Workspace(config.workspace).run_record(run)
    with recorded_run([record_file], "render", run, config, config.seed, targets) as record:
        record.inputs[str(config.dance)] = sha256
        original = load_dance(source, config, resample=False)
        look, body = look_and_body(config, original, sha256)
        exports = [path for path in targets if path.suffix not in (".mp4", PAGE)]
        with record.timed("export"):
            for path in exports:
                said = export_motion(original, path, as_skin(body))
                if said:
                    progress.warn(said)
        if targets[0].suffix == ".mp4":
            with record.timed("video"):
                draw_video(config, original.resampled(config.rate()), look, body, progress)
        if targets[0].suffix == PAGE:
            from pipelines.rendering.page import draw_page

            record.inputs |= {str(path): readable_sha256(path) for path in config.all_beside()}
            with record.timed("page"):
                draw_page(config, original, body, progress)
        for path in targets:
            record.wrote(path)
    return {
        "output": [str(path) for path in targets],
        "seconds": round(original.seconds, 3),
        "run": run,
        "stage_seconds": record.seconds,
    }


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
    from pipelines.rendering.examination import examine
    from pipelines.rendering.listing import list_sources
    from pipelines.support.parallel import each

    sources, skipped = list_sources(config)
    mine = [source for name, source in sources if shard.owns(name)]
    funnel = Funnel(dances=len(mine), skipped=skipped)
    jobs: list[ClipJob] = []
    with (
        progress.stage("reading dances", len(mine), "dances") as advance,
        closing(each(partial(examine, config), mine, config.crew())) as results,
    ):
        for source, result in results:
            advance(1)
            if isinstance(result, Exception):
                funnel.note_failure(source.motion, result, progress)
            else:
                funnel.count(source, result)
                jobs += result.jobs
    funnel.clip_seconds += sum(job.stop - job.start for job in jobs) / config.rate()
    if funnel.silent:
        progress.warn(f"{len(funnel.silent)} dances have no song in {config.music}: silent clips")
    return funnel, sorted(jobs, key=lambda job: (str(job.source.motion), job.start))


def _make_all(
    config: RenderConfig, jobs: Sequence[ClipJob], funnel: Funnel, progress: Progress
) -> None:
    from pipelines.rendering.clip import make_clip
    from pipelines.rendering.one_video import renderer_name, say_renderer
    from pipelines.support.parallel import each

    if jobs:
        say_renderer(renderer_name(config), config, progress)
    failed: set[Path] = set()
    with (
        progress.stage("drawing clips", len(jobs), "clips") as advance,
        closing(each(make_clip, jobs, config.crew())) as results,
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


def _shard(config: RenderConfig) -> Shard:
    return shard_from(config.shard, os.environ)


def _run_digest(config: RenderConfig, shard: Shard) -> str:
    given = {
        "src": list(map(str, config.src)), "music": str(config.music), "windows": config.windows,
        "shard": [shard.index, shard.count], **config.shaping(),
    }  # fmt: skip
    return sha256_json(given)[:16]
