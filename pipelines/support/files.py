"""Files that appear whole or not at all, and the hashes that name them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pipelines.support.errors import OutOfResources, UnsuitableInput, is_out_of_space
from pipelines.support.part_files import part_affixes, sweep_once
from pipelines.support.stops import held_back

_CHUNK = 1 << 20
_before_placing: ContextVar[Callable[[Path, Path], None] | None] = ContextVar(
    "before_placing", default=None
)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`, with its suffix; fsynced and renamed on success.

    The temporary name starts with a dot. If the block raises, the temporary file is removed and
    `target` is untouched. What a killed process left half made in the folder is removed, too.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep_once(target.parent)
    temporary = None
    try:
        with held_back():
            prefix, suffix = part_affixes(target)
            handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=target.parent)
            os.close(handle)
            temporary = Path(name)
        yield temporary
        # At the end: some writers put a file of their own, for the owner alone, in its place.
        temporary.chmod(0o666 & ~_umask())
        _fsync(temporary)
        if (note := _before_placing.get()) is not None:
            note(target, temporary)
        os.replace(temporary, target)
        _fsync(target.parent)
    except OSError as error:
        # The system does not say which file the disk is too full for.
        if is_out_of_space(error) and error.filename is None:
            error.filename = str(target)
        raise
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def noted_before_placing(note: Callable[[Path, Path], None]) -> Iterator[None]:
    """Inside, `note(target, whole file)` is called before `atomic_path` puts a file in place."""
    token = _before_placing.set(note)
    try:
        yield
    finally:
        _before_placing.reset(token)


def write_bytes(target: Path, data: bytes) -> None:
    """Write `data` to `target` atomically."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 `text` to `target` atomically."""
    write_bytes(target, text.encode())


def write_json(target: Path, value: Any) -> None:
    """Write `value` as indented JSON to `target` atomically; NaN is refused."""
    write_text(target, json.dumps(value, indent=2, sort_keys=False, allow_nan=False) + "\n")


class NotJson(UnsuitableInput, ValueError):
    """A file holds no JSON. Who expects that catches ValueError; to all others it is bad input."""


def read_json(source: Path) -> Any:
    """Read a JSON file, with a byte-order mark or without; raises NotJson."""
    try:
        return json.loads(source.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotJson(f"{source}: is not JSON, or damaged ({error})") from error


def natural_order(path: Path) -> list[tuple[int, str]]:
    """A key to sort files by as people count: 2 comes before 10, padded with zeros or not."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def sha256_file(source: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_json(value: Any) -> str:
    """Hex SHA-256 of a JSON-able value, independent of key order."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file so that `target` appears whole or not at all; the errors name both.

    Raises OutOfResources for a full disk, UnsuitableInput where it may not be written.
    """
    kept = f"what was made is kept as {source}"
    try:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        if is_out_of_space(error):
            raise OutOfResources(f"{target}: the disk is full", kept) from error
        reason = (error.strerror or type(error).__name__).lower()
        raise UnsuitableInput(f"{target}: cannot be written ({reason})", kept) from error


def link_atomically(source: Path, target: Path) -> None:
    """As `copy_atomically`, but without room of its own where the file system can do that."""
    try:
        with atomic_path(target) as temporary:
            temporary.unlink()
            os.link(source, temporary)
    except OSError:
        copy_atomically(source, target)


def readable_sha256(source: Path) -> str:
    """Hex SHA-256 of a file that a user named; raises UnsuitableInput that says why it is none."""
    if not source.is_file():
        raise UnsuitableInput(
            f"{source}: no such file" if not source.exists() else f"{source}: not a file"
        )
    try:
        return sha256_file(source)
    except PermissionError as error:
        raise UnsuitableInput(f"{source}: may not be read ({error.strerror})") from error


def check_writable(paths: list[Path]) -> None:
    """Raise UnsuitableInput before any work if an output's folder is missing or not writable."""
    for path in paths:
        folder = path.parent
        if not folder.is_dir():
            raise UnsuitableInput(f"{path}: the folder {folder} does not exist", "create it first")
        if not os.access(folder, os.W_OK):
            raise UnsuitableInput(f"{path}: no permission to write into {folder}")


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
