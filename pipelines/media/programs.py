"""Where ffmpeg lies. Imports nothing but the standard library, so that `doctor` can ask, too."""

from __future__ import annotations

import shutil


def find_ffmpeg() -> str | None:
    """The ffmpeg on PATH, else the one that imageio-ffmpeg's wheel carries; None without either."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        carried: str = get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        return None
    return shutil.which(carried)
