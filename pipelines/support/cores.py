"""How many cores and how much memory may be used: of the machine, its container and its job."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path("/")
_GB = 1e9


def usable_cores(environment: Mapping[str, str] | None = None, root: Path = _ROOT) -> int:
    """Cores that this process may keep busy, at least 1.

    The least of what the scheduler allows this process, the cgroup's share of time (a container's
    `--cpus`), and what SLURM gave each task.

    Args:
        environment: None: the process's own. root: where /sys and /proc lie.
    """
    environment = os.environ if environment is None else environment
    limits = [float(len(os.sched_getaffinity(0))), *_shares_of_time(root)]
    given = environment.get("SLURM_CPUS_PER_TASK", "").strip()
    if given.isdigit():
        limits.append(float(given))
    return max(1, int(min(limits)))


def usable_memory(environment: Mapping[str, str] | None = None, root: Path = _ROOT) -> float:
    """GB that may still be used; infinity where nothing tells.

    The least of what the machine has left, the cgroup's limit, and what SLURM gave the job.
    """
    environment = os.environ if environment is None else environment
    limits = [*_available(root), *_memory_limits(root)]
    megabytes = environment.get("SLURM_MEM_PER_NODE", "").strip()
    if megabytes.isdigit() and int(megabytes) > 0:
        limits.append(int(megabytes) * 2**20 / _GB)
    return min(limits, default=float("inf"))


def default_workers(each: float) -> int:
    """Processes of so many GB each that fit the cores and the memory, at least 1."""
    memory = usable_memory()
    fitting = usable_cores() if memory == float("inf") else int(memory / each)
    return max(1, min(usable_cores(), fitting))


def _groups(root: Path, controller: str) -> list[Path]:
    """The folders of this process's cgroup, from the innermost outwards: version 2, then 1."""
    found: list[Path] = []
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, way = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        base = root / "sys/fs/cgroup" / (controllers or "")
        inner = base / way.strip("/")
        found += [inner, *(place for place in inner.parents if base in place.parents), base]
    return found


def _shares_of_time(root: Path) -> list[float]:
    found = []
    for place in _groups(root, "cpu"):
        quota, period = "", ""
        if lines := _lines(place / "cpu.max"):
            quota, _, period = lines[0].partition(" ")
        elif lines := _lines(place / "cpu.cfs_quota_us"):
            quota, period = lines[0], "".join(_lines(place / "cpu.cfs_period_us")[:1])
        if quota.isdigit() and period.isdigit() and int(quota) > 0 and int(period) > 0:
            found.append(int(quota) / int(period))
    return found


def _memory_limits(root: Path) -> list[float]:
    found = []
    for place in _groups(root, "memory"):
        for limit, used in (("memory.max", "memory.current"),
                            ("memory.limit_in_bytes", "memory.usage_in_bytes")):  # fmt: skip
            most, now = _lines(place / limit)[:1], _lines(place / used)[:1]
            # Version 1 says "no limit" by a number that no machine has.
            if most and most[0].isdigit() and int(most[0]) < 2**60:
                taken = int(now[0]) if now and now[0].isdigit() else 0
                found.append(max(0, int(most[0]) - taken) / _GB)
    return found


def _available(root: Path) -> list[float]:
    for line in _lines(root / "proc/meminfo"):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return [int(value.split()[0]) * 1024 / _GB]
    return []


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
