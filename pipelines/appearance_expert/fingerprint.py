"""Digests that tell a model from the one that lay in the same folder before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.support.files import sha256_file, sha256_json

SMALL = 256 << 20
"""Bytes; files of less are read, of larger ones name, size and time of the last change count."""


def files_digest(files: Iterable[Path], root: Path) -> str:
    """Digest of files by their names below `root` and their content; large ones are not read."""
    entries = []
    for file in sorted(files):
        known = file.stat()
        large = known.st_size >= SMALL
        content = [known.st_size, known.st_mtime_ns] if large else sha256_file(file)
        entries.append([file.relative_to(root).as_posix(), content])
    return sha256_json(entries)
