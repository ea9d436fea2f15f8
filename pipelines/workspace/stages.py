"""What a later run of the same command may rely on: finished stages, and nobody else at work."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipelines.support.errors import UnsuitableInput, is_out_of_space
from pipelines.support.files import read_json, sha256_file, write_json
from pipelines.support.progress import Progress

_FILES = "files"


def finish_stage(record: Path, facts: dict[str, Any], files: Sequence[str]) -> None:
    """Note that a stage is done: its facts, and the SHA-256 of the files beside `record`."""
    digests = {name: sha256_file(record.parent / name) for name in files}
    write_json(record, {**facts, _FILES: digests})


def finished_stage(record: Path, progress: Progress) -> dict[str, Any] | None:
    """The facts of a finished stage, or None where it has to be done (again).

    A file that is missing, cut short or changed since makes the stage undone; `progress` hears of
    it, unless the stage was never finished.
    """
    if not record.exists():
        return None
    try:
        facts = dict(read_json(record))
        digests = dict(facts.pop(_FILES))
    except (OSError, ValueError, TypeError, KeyError):
        progress.warn(f"{record}: damaged, so its stage is done again")
        return None
    for name, digest in digests.items():
        file = record.parent / name
        if not file.is_file() or sha256_file(file) != digest:
            progress.warn(f"{file}: missing, damaged or changed, so it is made again")
            return None
    return facts


@contextmanager
def alone_in(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold `folder` (made if need be) for one process; another one waits here for its turn.

    The lock goes with the process, however that ends. What a killed process left half-written is
    removed. Raises UnsuitableInput where there can be no such folder.
    """
    handle = _made(folder)
    alone = False
    try:
        # Some network file systems know no locks; there the last of two writers wins.
        with suppress(OSError):
            _lock(handle, folder, progress)
            alone = True
            _sweep(folder)
        yield
    except BaseException:
        # A stop may fall between any two steps, so also just before a clean-up begins.
        if alone:
            _sweep(folder)
        raise
    finally:
        os.close(handle)


def _made(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY)
    except OSError as error:
        if is_out_of_space(error):
            raise
        reason = (error.strerror or type(error).__name__).lower()
        raise UnsuitableInput(
            f"{folder}: the folder cannot be made ({reason})", "choose another --workspace"
        ) from error


def _lock(handle: int, folder: Path, progress: Progress) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        progress.say(f"another process is at work in {folder}; waiting for it to end")
        fcntl.flock(handle, fcntl.LOCK_EX)


def _sweep(folder: Path) -> None:
    for part in folder.glob(".*.part*"):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
