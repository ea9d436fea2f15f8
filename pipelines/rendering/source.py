"""A dance on disk, read as the rest of `render` wants it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pipelines.foot_restoration.treatment import treated
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.rendering.settings import RenderConfig
from pipelines.support.errors import UnsuitableInput

LONGEST_SECONDS = 1800.0
_USUAL_FPS = 120.0


@dataclass(frozen=True)
class Source:
    """One dance on disk, and what its data set says of it.

    Attributes:
        motion, music: the files; no song: None.
        genre: as the data set names it.
        skip_seconds: at the start of dance and song, not to be shown.
        true_fps: the frame rate where the file says 120 and is known to lie.
    """

    motion: Path
    music: Path | None = None
    genre: str | None = None
    skip_seconds: float = 0.0
    true_fps: float | None = None


def load_dance(source: Source, config: RenderConfig, resample: bool = True) -> Motion:
    """The dance, without what is to be skipped; at the video's frame rate unless told otherwise.

    Raises:
        UnsuitableInput: no motion that can be read, or more than half an hour of it.
    """
    stamp = source.motion.stat().st_mtime_ns if source.motion.exists() else 0
    return _read(source, stamp, config.motion_fps, config.feet, config.rate() if resample else None)


# Clips of one dance come one after the other, so its file is read once.
@lru_cache(maxsize=2)
def _read(
    source: Source, stamp: int, motion_fps: float | None, feet: str, rate: float | None
) -> Motion:
    path = source.motion
    motion = load_motion(path, fps_override=motion_fps)
    if source.true_fps is not None and motion_fps is None and motion.fps == _USUAL_FPS:
        motion = replace(motion, fps=source.true_fps)
    if motion.seconds > LONGEST_SECONDS:
        raise UnsuitableInput(
            f"{path}: {motion.seconds / 60:.0f} minutes, more than {LONGEST_SECONDS / 60:.0f}",
            "split it into single dances",
        )
    skip = round(source.skip_seconds * motion.fps)
    if skip >= motion.frames:
        raise UnsuitableInput(
            f"{path}: ends within the {source.skip_seconds:g} s that are to be skipped"
        )
    motion = treated(motion.sliced(skip, motion.frames), feet)
    return motion if rate is None else motion.resampled(rate)
