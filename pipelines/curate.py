"""`macedance curate`: raw videos become clean clips of single dancers, with reasons.

The whole story: videos -> each watched through once (cuts, people, motion, bars, fingerprints,
sound; all kept) -> shots and windows, a score for each rule, and what is dropped and why -> the
kept clips of each shot, encoded once and copied out -> their dances in 3D, where asked for -> one
table of all clips, the decisions and a report. A video or shot that fails costs its own clips, not
the run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.curation.funnel import Funnel, failure
from pipelines.curation.settings import CurateConfig
from pipelines.support.files import sha256_json
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.clips import write_clip_table
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run
from pipelines.workspace.shards import Shard, shard_from

if TYPE_CHECKING:
    from pipelines.curation.clip import ShotJob
    from pipelines.curation.report import Gallery
    from pipelines.curation.sources import RawVideo
    from pipelines.curation.watching import Watched

__all__ = ["CurateConfig", "curate", "failure", "plan"]


def plan(config: CurateConfig, progress: Progress) -> dict[str, Any]:
    """What `curate` would do, without doing it: headers are read, nothing is written."""
    from pipelines.curation.watching import already_watched
    from pipelines.media.wild_video import examine_video
    from pipelines.support.errors import MacedanceError
    from pipelines.support.files import sha256_file

    config.validate()
    funnel = Funnel()
    videos = _videos(config, _shard(config), funnel, SILENT)
    watched, seconds, left = 0, 0.0, 0.0
    for source in videos:
        try:
            video = examine_video(source.path)
        except MacedanceError as error:
            funnel.note_failure(source.path, error, SILENT)
            continue
        done = already_watched(config, source, sha256_file(source.path)) is not None
        watched += done
        seconds += video.seconds
        left += 0.0 if done else video.seconds
    return {
        "videos": funnel.found,
        "failed": [f"{one['file']}: {one['reason']}" for one in funnel.failed],
        "seconds": round(seconds, 1),
        "watched": watched,
        "seconds_to_watch": round(left, 1),
        "finder": config.finder_name(),
        "engine": config.engine,
        "workers": config.crew(),
        "folder": str(Workspace(config.workspace).clip_table.parent),
    }


def curate(config: CurateConfig, progress: Progress) -> dict[str, Any]:
    """Make clips out of videos.

    Returns:
        A JSON-able summary: the funnel; in "failed" what could not be read, and why.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    from pipelines.curation.capture_stage import capture_all
    from pipelines.curation.decisions import write_decisions
    from pipelines.curation.report import Gallery, write_report

    config.validate()
    workspace, shard = Workspace(config.workspace), _shard(config)
    run = f"curate-{_run_digest(config, shard)}"
    with recorded_run([workspace.run_record(run)], "curate", run, config, config.seed) as record:
        funnel, gallery = Funnel(overlap=config.overlap), Gallery(config.seed)
        with record.timed("watching"):
            videos = _videos(config, shard, funnel, progress)
            watched = _watch_all(config, videos, funnel, progress)
        with record.timed("selection"):
            jobs = _select(config, watched, funnel, gallery)
        try:
            with record.timed("cutting"):
                _cut_all(config, jobs, funnel, progress)
            if config.captures():
                with record.timed("capture"):
                    capture_all(config, jobs, funnel, gallery, progress)
        finally:
            with record.timed("table"):
                workspace.clip_table.parent.mkdir(parents=True, exist_ok=True)
                rows = write_clip_table(workspace, progress)
                decisions = write_decisions(workspace)
        report = workspace.root / "curation" / _report_name(shard)
        write_report(report, config, funnel, gallery)
        summary = funnel.summary() | {
            "table": str(workspace.clip_table), "rows": rows, "decisions": str(decisions),
            "report": str(report), "run": run, "stage_seconds": dict(record.seconds),
        }  # fmt: skip
        record.facts.update(summary)
        error = failure(summary)
        record.exit_code = 0 if error is None else error.exit_code
    funnel.tell(progress)
    return summary


def _videos(
    config: CurateConfig, shard: Shard, funnel: Funnel, progress: Progress
) -> list[RawVideo]:
    from pipelines.curation.sources import list_videos

    listing = list_videos(config.sources(), config.labels)
    for path, reason in listing.failed:
        funnel.note_failure(path, reason, progress)
    funnel.note_labels(listing.unused, config.labels, progress)
    mine = [video for video in listing.videos if shard.owns(video.name)]
    mine = mine[: config.limit]
    funnel.found = len(mine)
    return mine


def _watch_all(
    config: CurateConfig, videos: Sequence[RawVideo], funnel: Funnel, progress: Progress
) -> list[Watched]:
    from pipelines.curation.engine import spread
    from pipelines.curation.watching import WatchJob, watch

    jobs = [WatchJob(config, video) for video in videos]
    found: dict[str, Watched] = {}
    with (
        progress.stage("watching videos", len(jobs), "videos") as advance,
        closing(spread(watch, jobs, config.crew(), config.engine)) as results,
    ):
        for job, result in results:
            advance(1)
            file = job.source.path
            if isinstance(result, Exception):
                funnel.note_failure(file, result, progress)
                continue
            for remark in result.facts["remarks"]:
                funnel.note_remark(file, remark, progress)
            twin = found.get(result.sha256)
            if twin is not None and twin.source.name != result.source.name:
                first, second = sorted([twin, result], key=_labelled_first)
                funnel.note_remark(
                    second.source.path, f"the same file as {first.source.path}", progress
                )
                result = first
            found[result.sha256] = result
    for one in found.values():
        funnel.read.add(one.facts["frames"] / float(one.fps))
    return sorted(found.values(), key=_labelled_first)


def _labelled_first(one: Watched) -> tuple[bool, str, str]:
    """Of what repeats each other the first stays, and one with a label tells more."""
    return one.source.genre is None, one.source.name, one.sha256


def _select(
    config: CurateConfig, watched: Sequence[Watched], funnel: Funnel, gallery: Gallery
) -> list[ShotJob]:
    """Decide over every window of every video; what is decided is written down, video by video."""
    from pipelines.curation.clip import shot_jobs
    from pipelines.curation.decisions import decide
    from pipelines.curation.selection import (
        Before,
        candidates_of,
        distinct_frames,
        drop_repeats,
        held_out,
    )

    before = Before()
    jobs: list[ShotJob] = []
    for one in watched:
        seen = one.observations()
        candidates, shots = candidates_of(config, one, seen)
        if config.max_duplicate > 0:
            drop_repeats(config, candidates, seen, before)
        fps = float(one.fps)
        for shot in shots:
            funnel.shots.add(shot.frames / fps)
        funnel.distinct_seconds += distinct_frames(candidates) / fps
        for candidate in candidates:
            funnel.count(candidate, fps)
            pictures = seen.thumbnails(candidate.start, candidate.stop)
            gallery.add(candidate, one.source.name, fps, pictures)
        split = "test" if held_out(one.sha256, config) else "train"
        funnel.test_clips += sum(candidate.kept for candidate in candidates) * (split == "test")
        made = shot_jobs(config, one, candidates, split)
        decide(config, one, candidates, split)
        jobs += made
    return jobs


def _cut_all(
    config: CurateConfig, jobs: Sequence[ShotJob], funnel: Funnel, progress: Progress
) -> None:
    from pipelines.curation.clip import make_clips
    from pipelines.curation.engine import spread

    clips = sum(len(job.clips) for job in jobs)
    failed: set[Path] = set()
    with (
        progress.stage("cutting clips", clips, "clips") as advance,
        closing(spread(make_clips, jobs, config.crew(), config.engine)) as results,
    ):
        for job, result in results:
            advance(len(job.clips))
            if not isinstance(result, Exception):
                funnel.made += result
                continue
            for one in job.clips:
                funnel.kept.number -= 1
                funnel.kept.seconds -= (one.stop - one.start) / float(job.watched.fps)
            if job.watched.source.path not in failed:
                failed.add(job.watched.source.path)
                funnel.note_failure(job.watched.source.path, result, progress)


def _shard(config: CurateConfig) -> Shard:
    return shard_from(config.shard, os.environ)


def _report_name(shard: Shard) -> str:
    return "report.html" if shard.count == 1 else f"report-{shard.index}-of-{shard.count}.html"


def _run_digest(config: CurateConfig, shard: Shard) -> str:
    given = {
        "src": list(map(str, config.sources())), "labels": str(config.labels),
        "limit": config.limit, "shard": [shard.index, shard.count], "finder": config.finder_name(),
        **config.thresholds(),
    }  # fmt: skip
    return sha256_json(given)[:16]
