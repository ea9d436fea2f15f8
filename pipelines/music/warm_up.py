"""librosa without its half-minute start: its compiled loops kept in a writable cache."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


def import_librosa() -> Any:
    """The librosa module, with numba's compiled code cached where it can be written.

    numba caches beside the source file; in a read-only site-packages that fails or is lost, so
    `NUMBA_CACHE_DIR` is set, unless it is already, before numba is first imported.
    """
    if "numba" not in sys.modules and "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = str(compile_cache_folder())
    librosa: Any = importlib.import_module("librosa")
    with _everything_cached():
        _ = librosa.onset.onset_strength, librosa.beat.beat_track, librosa.feature.mfcc
    return librosa


@contextmanager
def _everything_cached() -> Iterator[None]:
    """librosa 0.11 leaves one function of its beat tracker uncached: 2 s in every process."""
    import numba

    original = numba.guvectorize

    def cached(*arguments: Any, **options: Any) -> Any:
        return original(*arguments, **{**options, "cache": True})

    numba.guvectorize = cached
    try:
        yield
    finally:
        numba.guvectorize = original


def compile_cache_folder() -> Path:
    """A writable folder for compiled code: the user's cache, else the temporary folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "macedance" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"macedance-numba-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def warm_up() -> None:
    """Compile what the features need once, so that later processes load it from the cache."""
    from pipelines.music.features import SAMPLE_RATE, extract_features

    seconds = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    extract_features((np.sin(2 * np.pi * 440 * seconds) * (seconds % 0.5 < 0.05)), SAMPLE_RATE)
