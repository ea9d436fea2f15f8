"""The page that `render DANCE -o PAGE.html` writes: the dance, and what lies beside it."""

from __future__ import annotations

from pathlib import Path

from pipelines.body.bodies import as_skin
from pipelines.body.mesh import Body
from pipelines.motion.front import front_of
from pipelines.motion.motion import Motion
from pipelines.page.checks import with_checks
from pipelines.page.listening import with_song
from pipelines.page.writing import Page, PageDance, PageVideo, write_page
from pipelines.rendering.listing import single_source
from pipelines.rendering.settings import VIDEO_SUFFIXES, RenderConfig
from pipelines.rendering.source import load_dance
from pipelines.rendering.stage import look_and_body
from pipelines.support.errors import BadUsage
from pipelines.support.files import sha256_file
from pipelines.support.progress import Progress

LONGEST_SECONDS = 600.0


def draw_page(config: RenderConfig, dance: Motion, body: Body, progress: Progress) -> None:
    """Write `config.output` with the dance, those beside it, the song and videos.

    Raises:
        BadUsage: a dance of more than ten minutes.
        UnsuitableInput: a file beside it cannot be read.
    """
    assert config.output is not None and config.dance is not None
    beside = config.all_beside()
    videos = [path for path in beside if path.suffix.lower() in VIDEO_SUFFIXES]
    dances = [_seen(config.dance, dance, body)]
    for path in beside:
        if path not in videos:
            other = load_dance(single_source(config, path), config, resample=False)
            _, its_body = look_and_body(config, other, sha256_file(path))
            dances.append(_seen(path, other, its_body))
    page = Page(dances, videos=[PageVideo(path.name, path) for path in videos])
    if page.seconds > LONGEST_SECONDS:
        raise BadUsage(f"{page.seconds:.0f} s of dance are too long for a page of at most 600 s",
                       "cut the dance, or draw a video")  # fmt: skip
    if config.music is not None:
        page = with_song(page, config.music, 0.0, config.workspace, progress)
    with progress.stage("writing the page", 1, "pages") as advance:
        write_page(with_checks(page), config.output)
        advance(1)


def _seen(path: Path, dance: Motion, body: Body) -> PageDance:
    return PageDance(path.stem, dance, as_skin(body), front_of(dance))
