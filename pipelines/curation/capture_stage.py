"""All kept clips captured, in processes that may crash, and what follows for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from pipelines.curation.capturing import CaptureJob, capture_clip, capture_jobs
from pipelines.curation.clip import ShotJob, changing_facts, update_clip
from pipelines.curation.decisions import note_captures
from pipelines.curation.engine import spread
from pipelines.curation.funnel import Count, Funnel
from pipelines.curation.report import Gallery
from pipelines.curation.selection import judge_capture
from pipelines.curation.settings import CurateConfig
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.clips import OVERLAY, finished_clip
from pipelines.workspace.layout import Workspace


def capture_all(
    config: CurateConfig,
    shots: Sequence[ShotJob],
    funnel: Funnel,
    gallery: Gallery,
    progress: Progress,
) -> None:
    """Capture each clip that is not captured yet; poor ones leave the table, with their grade."""
    workspace = Workspace(config.workspace)
    jobs = [
        job
        for shot in shots
        for job in capture_jobs(shot)
        if finished_clip(workspace.clip(job.one.clip), SILENT) is not None
    ]
    funnel.captured = Count()
    touched: dict[int, ShotJob] = {}
    with (
        progress.stage("capturing dances", len(jobs), "clips") as advance,
        closing(spread(capture_clip, jobs, config.crew(), config.engine, apart=True)) as results,
    ):
        for job, result in results:
            advance(1)
            if isinstance(result, Exception):
                folder = workspace.clip(job.one.clip)
                funnel.note_failure(folder, result, progress)
                continue
            _take_in(job, result, funnel, gallery)
            touched[id(job.shot)] = job.shot
    for shot in touched.values():
        note_captures(shot)


def _take_in(job: CaptureJob, facts: dict[str, Any], funnel: Funnel, gallery: Gallery) -> None:
    one, shot = job.one, job.shot
    folder = Workspace(shot.config.workspace).clip(one.clip)
    fps = float(shot.watched.fps)
    judge_capture(one, facts["grade"], shot.config)
    update_clip(folder, changing_facts(shot, one) | {"capture": facts})
    if "seconds" in facts:
        assert funnel.captured is not None
        if one.kept:
            funnel.captured.add(facts["seconds"])
        if (folder / OVERLAY).is_file():
            gallery.add_capture(
                one, shot.watched.source.name, fps, (folder / OVERLAY).read_bytes(),
                facts["remarks"],
            )  # fmt: skip
    if not one.kept:
        funnel.turn_down(one, fps)
