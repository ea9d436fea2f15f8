"""The page that `generate --page` writes beside the video: the dance from all sides, with sound.

Beside it stand the video itself and the one that the dance was captured from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.generation.settings import GenerateConfig
from pipelines.support.files import sha256_file
from pipelines.support.progress import Progress
from pipelines.workspace.run_record import RunRecord
from pipelines.workspace.stages import finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion

PAGE_FILE, PAGE_RECORD = "dance.html", "page.json"
_VERSION = 2
"""Of what a page holds; one of an earlier version is written anew."""


def finished_page(
    config: GenerateConfig, dance: Motion, videos: Mapping[str, Path], folder: Path,
    record: RunRecord, progress: Progress,
) -> Path:  # fmt: skip
    """The page in the run's folder, made unless an earlier run has made it of this dance.

    Args:
        videos: name -> file, that stand beside the dance; a page with others is written anew.
    """
    holds = {
        "version": _VERSION,
        "videos": {name: sha256_file(path) for name, path in videos.items()},
    }
    if finished_stage(folder / PAGE_RECORD, progress) != holds:
        with record.timed("page"), progress.stage("writing the page"):
            _write(config, dance, videos, folder / PAGE_FILE, progress)
        finish_stage(folder / PAGE_RECORD, holds, [PAGE_FILE])
    return folder / PAGE_FILE


def _write(
    config: GenerateConfig, dance: Motion, videos: Mapping[str, Path], target: Path,
    progress: Progress,
) -> None:  # fmt: skip
    from pipelines.body.bodies import as_skin, open_body
    from pipelines.body.variety import Look
    from pipelines.motion.front import front_of
    from pipelines.page.checks import with_checks
    from pipelines.page.listening import with_song
    from pipelines.page.writing import Page, PageDance, PageVideo, write_page

    assert config.song is not None
    shown = PageDance(config.song.stem, dance, as_skin(open_body("anny", Look())), front_of(dance))
    beside = [PageVideo(name, path) for name, path in videos.items()]
    page = Page([shown], videos=beside)
    page = with_song(page, config.song, config.start, config.workspace, progress)
    write_page(with_checks(page), target)
