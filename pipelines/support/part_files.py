"""Names of files in the making, by which a later run knows those of a run that was killed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path

_STEM = 40
"""Characters of a name that its part file repeats; the whole could exceed 255 bytes."""
_NAME = re.compile(r"\..*-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-(?P<begun>\d+)-\w+\.part")

_swept: set[Path] = set()


def part_affixes(target: Path) -> tuple[str, str]:
    """Prefix and suffix of a hidden name beside `target` that tells who is making it."""
    process = os.getpid()
    owner = f"{_machine()}-{process}-{_begun(process) or 0}"
    return f".{target.stem[:_STEM]}-{owner}-", f".part{target.suffix}"


def sweep_once(folder: Path) -> None:
    """Remove what killed processes of this machine left half made in `folder`.

    Looks once per process and folder, so that many files do not cost many listings.
    """
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(".") and _is_stale(entry.name):
                _remove(Path(entry.path))


def _remove(part: Path) -> None:
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part, ignore_errors=True)
        return
    with suppress(OSError):
        part.unlink()


def _is_stale(name: str) -> bool:
    """Whether a process of this machine that lives no more made it."""
    made = _NAME.match(name)
    if made is None or made["machine"] != _machine():
        return False
    # Numbers of processes are used again; the time of birth tells who it was.
    begun = int(made["begun"])
    return begun > 0 and _begun(int(made["process"])) != begun


@cache
def _machine() -> str:
    """Where numbers of processes mean what they mean here: this boot, this container."""
    parts = []
    for read in (_boot, _namespace):
        with suppress(OSError):
            parts.append(read())
    parts.append(os.uname().nodename)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text()


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid")


def _begun(process: int) -> int | None:
    """When a process began, in ticks since the machine's start; None where there is none."""
    try:
        # The name in brackets may hold anything; what follows it are numbers.
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2]
        return int(fields.split()[19])
    except (OSError, ValueError, IndexError):
        return None
