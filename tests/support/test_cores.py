"""Cores and memory that may be used: machine, container, job."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.support import cores
from pipelines.support.cores import default_workers, usable_cores, usable_memory

MACHINE = len(os.sched_getaffinity(0))


def system(root: Path, **files: str) -> Path:
    """A /proc and /sys with these files, "__" for a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("-", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def group(root: Path, lines: str) -> Path:
    return system(root, proc__self__cgroup=lines)


def put(root: Path, **files: str) -> None:
    for name, text in files.items():
        folder, _, file = name.rpartition("__")
        path = root / "sys/fs/cgroup" / folder.replace("__", "/") / file.replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_without_limits_all_cores_of_the_machine(tmp_path):
    assert usable_cores({}, tmp_path) == MACHINE
    assert usable_memory({}, tmp_path) == float("inf")


def test_a_container_of_version_2(tmp_path):
    group(tmp_path, "0::/\n")
    put(tmp_path, cpu_max="100000 100000\n", memory_max="4000000000\n", memory_current="1000000000")
    assert usable_cores({}, tmp_path) == 1
    assert usable_memory({}, tmp_path) == 3.0
    put(tmp_path, cpu_max="50000 100000\n")
    assert usable_cores({}, tmp_path) == 1, "half a core is one worker"


def test_the_limit_of_an_outer_group_counts_too(tmp_path):
    group(tmp_path, "0::/job/step\n")
    put(tmp_path, job__step__cpu_max="max 100000\n", job__cpu_max="100000 100000\n",
        job__memory_max="2000000000", job__step__memory_max="max\n")  # fmt: skip
    assert usable_cores({}, tmp_path) == 1
    assert usable_memory({}, tmp_path) == 2.0


def test_version_1(tmp_path):
    group(tmp_path, "4:memory:/x\n3:cpu,cpuacct:/x\n1:name=systemd:/x\n")
    for folder in ("cpu,cpuacct/x", "memory/x"):
        (tmp_path / "sys/fs/cgroup" / folder).mkdir(parents=True)
    place = tmp_path / "sys/fs/cgroup"
    (place / "cpu,cpuacct/x/cpu.cfs_quota_us").write_text("100000")
    (place / "cpu,cpuacct/x/cpu.cfs_period_us").write_text("100000")
    (place / "memory/x/memory.limit_in_bytes").write_text(str(2**63 - 4096))
    assert usable_cores({}, tmp_path) == 1
    assert usable_memory({}, tmp_path) == float("inf")
    (place / "cpu,cpuacct/x/cpu.cfs_quota_us").write_text("-1")
    assert usable_cores({}, tmp_path) == MACHINE


def test_slurm(tmp_path):
    assert usable_cores({"SLURM_CPUS_PER_TASK": "1"}, tmp_path) == 1
    assert usable_cores({"SLURM_CPUS_PER_TASK": "100000"}, tmp_path) == MACHINE
    assert usable_cores({"SLURM_CPUS_PER_TASK": ""}, tmp_path) == MACHINE
    assert usable_memory({"SLURM_MEM_PER_NODE": "1000"}, tmp_path) == pytest.approx(1.048576)
    assert usable_memory({"SLURM_MEM_PER_NODE": "0"}, tmp_path) == float("inf")


def test_what_the_machine_has_left(tmp_path):
    system(tmp_path, proc__meminfo="MemTotal: 9 kB\nMemAvailable:    2000000 kB\n")
    assert usable_memory({}, tmp_path) == pytest.approx(2.048)


def test_strange_files_say_nothing(tmp_path):
    group(tmp_path, "0::/\n")
    put(tmp_path, cpu_max="", memory_max="much")
    assert usable_cores({}, tmp_path) == MACHINE
    assert usable_memory({}, tmp_path) == float("inf")


def test_workers_fit_the_memory(monkeypatch):
    monkeypatch.setattr(cores, "usable_cores", lambda: 8)
    for memory, workers in ((float("inf"), 8), (100.0, 8), (5.0, 5), (0.5, 1)):
        monkeypatch.setattr(cores, "usable_memory", lambda memory=memory: memory)
        assert default_workers(1.0) == workers
