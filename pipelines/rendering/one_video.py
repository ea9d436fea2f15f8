"""The video of one whole dance, to look at."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from pipelines.body.mesh import Body
from pipelines.body.renderer import open_renderer
from pipelines.body.stick_body import skeleton_body
from pipelines.body.variety import Look
from pipelines.media.audio import probe_audio
from pipelines.media.shape import frame_rate
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.front import front_of
from pipelines.motion.motion import Motion
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.stage import Stage
from pipelines.support.progress import Progress


def draw_video(
    config: RenderConfig, dance: Motion, look: Look, body: Body, progress: Progress
) -> None:
    """Write `config.output`: the dance, at the video's frame rate, with its song."""
    assert config.output is not None
    width, height = config.picture_size()
    stage = Stage(config, dance, look, body, front_of(dance))
    if config.music is not None:
        _listen(config.music, dance.seconds, progress)
    with ExitStack() as stack:
        stack.callback(stage.close)
        say_renderer(stage.renderer.name, config, progress)
        advance = stack.enter_context(progress.stage("drawing the dance", dance.frames, "frames"))
        rate = frame_rate(config.fps)
        video = stack.enter_context(
            VideoWriter(config.output, width, height, rate, audio=config.music)
        )
        for picture, _ in stage.frames():
            video.write(picture)
            advance(1)


def renderer_name(config: RenderConfig) -> str:
    """Who draws here; found by opening a small picture."""
    renderer = open_renderer(skeleton_body(), 64, 64, config.renderer)
    renderer.close()
    return renderer.name


def say_renderer(name: str, config: RenderConfig, progress: Progress) -> None:
    """Say so where the slower renderer was not asked for."""
    if name == "built-in" and config.renderer == "auto":
        progress.say("drawing with the built-in renderer: no graphics card with OpenGL here")


def _listen(song: Path, seconds: float, progress: Progress) -> None:
    """Refuse a song that cannot be heard; warn where it ends before the dance."""
    info = probe_audio(song)
    if info.exact and info.seconds < seconds - 1:
        progress.warn(f"{song}: ends after {info.seconds:.1f} s, the dance after {seconds:.1f} s")
