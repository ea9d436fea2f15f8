"""What is known of a dance before anything is drawn: that it can be read, and its clips."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.media.audio import probe_audio
from pipelines.motion.front import front_of
from pipelines.rendering.clip import ClipJob
from pipelines.rendering.settings import RenderConfig, readable_sha256
from pipelines.rendering.source import Source, load_dance
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.clip_windows import Window, random_windows
from pipelines.workspace.clips import finished_clip
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace


@dataclass
class Examined:
    """One source.

    Attributes:
        seconds: its length.
        jobs: clips to make. finished: ids of clips that are there, finished_seconds long.
        music_missing: songs were given, and none is its.
    """

    seconds: float
    jobs: list[ClipJob] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    finished_seconds: float = 0.0
    music_missing: bool = False


def examine(config: RenderConfig, source: Source) -> Examined:
    """Read a dance, and its song's header, and list the clips that it gives.

    Raises:
        UnsuitableInput: dance or song cannot be read.
    """
    sha256 = readable_sha256(source.motion)
    dance = load_dance(source, config)
    found = Examined(dance.seconds)
    found.music_missing = config.music is not None and source.music is None
    music_sha256 = None
    if source.music is not None:
        probe_audio(source.music)
        music_sha256 = sha256_file(source.music)
    windows = [Window(0, dance.frames)]
    if config.windows:
        windows = random_windows(dance.frames, dance.fps, sha256, config.seed)
    front = front_of(dance)
    for window in windows:
        clip = content_id(
            sha256, **config.shaping(), music=music_sha256, skip=source.skip_seconds,
            genre=source.genre, start=window.start, stop=window.stop,
        )  # fmt: skip
        if finished_clip(Workspace(config.workspace).clip(clip), SILENT) is not None:
            found.finished.append(clip)
            found.finished_seconds += window.frames / dance.fps
            continue
        found.jobs.append(
            ClipJob(
                config, source, clip, sha256, music_sha256, source.skip_seconds,
                window.start, window.stop, front,
            )
        )  # fmt: skip
    return found
