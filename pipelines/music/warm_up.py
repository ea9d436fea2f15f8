"""librosa without its half-minute start: its compiled loops kept in a writable cache."""

from __future__ import annotations

import fcntl
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def import_librosa() -> Any:
    """The librosa module, with all its compiled code cached where it can be written.

    numba caches beside the source file, which fails in a read-only site-packages. Unless the user
    chose a folder with `NUMBA_CACHE_DIR`, librosa's code goes to the user's cache folder; other
    modules' code stays where it was, whichever is imported first.
    """
    if "librosa.beat" not in sys.modules:
        with _everything_cached():
            librosa: Any = importlib.import_module("librosa")
            _ = librosa.onset.onset_strength, librosa.beat.beat_track, librosa.feature.mfcc
            _ = librosa.core.audio, librosa.core.pitch, librosa.core.constantq
    return sys.modules["librosa"]


@contextmanager
def _everything_cached() -> Iterator[None]:
    import numba

    folder, decorator = numba.config.CACHE_DIR, numba.guvectorize

    def cached(*arguments: Any, **options: Any) -> Any:
        return decorator(*arguments, **{**options, "cache": True})

    numba.config.CACHE_DIR = folder or str(compile_cache_folder())
    # librosa 0.11 leaves one loop of its beat tracker uncached: 2 s in every process.
    numba.guvectorize = cached
    try:
        with _alone(Path(numba.config.CACHE_DIR)):
            yield
    finally:
        numba.config.CACHE_DIR, numba.guvectorize = folder, decorator


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Let no other process compile into this cache meanwhile.

    A universal function and the loop in it are cached apart. Of two processes that compile them at
    once each may leave one, and whoever finds that pair jumps to an address that is not there.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def compile_cache_folder() -> Path:
    """A writable folder for compiled code: the user's cache, else the temporary folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "macedance" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        # Never a guessable shared folder: numba trusts what it finds in its cache.
        return Path(tempfile.mkdtemp(prefix="macedance-numba-"))
