"""The page that `generate --page` writes beside the video: the dance from all sides, with sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.generation.settings import GenerateConfig
from pipelines.support.progress import Progress
from pipelines.workspace.run_record import RunRecord
from pipelines.workspace.stages import finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion

PAGE_FILE, PAGE_RECORD = "dance.html", "page.json"


def finished_page(
    config: GenerateConfig, dance: Motion, folder: Path, record: RunRecord, progress: Progress
) -> Path:
    """The page in the run's folder, made unless an earlier run has made it of this dance."""
    if finished_stage(folder / PAGE_RECORD, progress) is None:
        with record.timed("page"), progress.stage("writing the page"):
            _write(config, dance, folder / PAGE_FILE, progress)
        finish_stage(folder / PAGE_RECORD, {}, [PAGE_FILE])
    return folder / PAGE_FILE


def _write(config: GenerateConfig, dance: Motion, target: Path, progress: Progress) -> None:
    from pipelines.body.bodies import as_skin, open_body
    from pipelines.body.variety import Look
    from pipelines.motion.front import front_of
    from pipelines.page.checks import with_checks
    from pipelines.page.listening import with_song
    from pipelines.page.writing import Page, PageDance, write_page

    assert config.song is not None
    shown = PageDance(config.song.stem, dance, as_skin(open_body("anny", Look())), front_of(dance))
    page = with_song(Page([shown]), config.song, config.start, config.workspace, progress)
    write_page(with_checks(page), target)
