"""Full disks and read-only places: a command says so, leaves no half file, and goes on with room.

Each command runs on a disk of its own (tmpfs, so this needs the right to mount) that is full after
a random share of what it writes: exit code 6 and a word about the disk, nothing half-written under
a name that counts. Then the disk grows, and the same command must end as on one that never was
full. On a disk that may only be read it must refuse with exit code 3.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hard import forked
from hard.counts import Counts
from hard.kills import (
    CASES,
    LONGEST,
    RECORDS,
    Case,
    Undisturbed,
    case_arguments,
    left_behind,
    made_apart,
    undisturbed,
)

FULL, READ_ONLY = 6, 3
ROOM = 1 << 28
PAGE = 4096


def fill_often(
    folder: Path, counts: Counts, wanted: int, seed: int, only: str = "", tell: bool = True
) -> None:
    """Full disks of every command in turn until each has so many, and one that is read-only."""
    forked.load_everything()
    materials = made_apart(folder / "materials")
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = str(scratch)
    for case in (case for case in CASES if only in case.name):
        whole = undisturbed(case, materials, folder / "undisturbed")
        while counts.of("places", case.name, "full") < wanted:
            chance = random.Random(f"{seed} {case.name} {counts.of('places', case.name, 'full')}")
            faults = full_disk(case, whole, materials, folder, chance)
            _tell(counts, case, "full", faults, tell)
        if not counts.of("places", case.name, "read-only"):
            _tell(counts, case, "read-only", read_only(case, materials, folder), tell)


def _tell(counts: Counts, case: Case, kind: str, faults: list[str], tell: bool) -> None:
    counts.add("places", case.name, **{"full": 0, "read-only": 0, "faults": bool(faults)})
    counts.add("places", case.name, **{kind: 1})
    for fault in faults:
        counts.note("places", f"{case.name}, {kind}: {fault}")
        if tell:
            print(f"{case.name}, {kind}: {fault}", flush=True)


def full_disk(
    case: Case, whole: Undisturbed, materials: Path, folder: Path, chance: random.Random
) -> list[str]:
    """What goes wrong on a disk that is full at some moment, and on the one that has grown."""
    with disk(folder / "disk", ROOM) as place:
        _run(case, materials, place, folder / "said")
        used = sum(path.stat().st_blocks for path in place.rglob("*") if path.is_file()) * 512
    size = PAGE * chance.randint(1, max(1, used // PAGE - 1))
    with disk(folder / "disk", size) as place:
        code = _run(case, materials, place, folder / "said")
        faults = _refusal(code, FULL, folder / "said", "full")
        faults += [f"half-written: {name}" for name in _wrong(whole, place)]
        mount("remount", place, f"size={ROOM}")
        code = _run(case, materials, place, folder / "said")
        if code != 0:
            faults.append(f"exit {code} with room: {_last(folder / 'said')}")
        left = left_behind(place)
        faults += [f"other with room: {n}" for n in whole.left if left.get(n) != whole.left[n]]
        faults += [f"left over: {name}" for name in left if name not in whole.left]
    return [f"{size} bytes: {fault}" for fault in faults]


def read_only(case: Case, materials: Path, folder: Path) -> list[str]:
    """What goes wrong where nothing may be written."""
    with disk(folder / "disk", ROOM) as place:
        mount("remount", place, "ro")
        code = _run(case, materials, place, folder / "said")
        return _refusal(code, READ_ONLY, folder / "said", "")


def _refusal(code: int | None, expected: int, said: Path, word: str) -> list[str]:
    text = said.read_text(errors="replace")
    faults = [] if code == expected else [f"exit {code}: {_last(said)}"]
    if "Traceback" in text or "this is a bug" in text:
        faults.append(f"a bug: {_last(said)}")
    if word not in text:
        faults.append(f"no word of it: {_last(said)}")
    return faults


def _wrong(whole: Undisturbed, place: Path) -> list[str]:
    """Names under which something else lies than in the end; what is begun has no such name."""
    left = left_behind(place)
    return [
        name for name, digest in left.items()
        if name in whole.left and digest != whole.left[name] and not RECORDS.search(name)
        and not name.endswith(("log.jsonl", "metadata.jsonl", "/latest", "/best"))
    ]  # fmt: skip


def _run(case: Case, materials: Path, place: Path, said: Path) -> int | None:
    process = forked.begin(case_arguments(case, materials), place, said)
    code = forked.wait(process, LONGEST)
    if code is None:
        forked.kill_all(process)
        forked.wait(process, LONGEST)
    return code


def _last(said: Path) -> str:
    return " ".join(said.read_text(errors="replace").split())[-300:]


@contextmanager
def disk(place: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes; raises PermissionError where mounting is not allowed."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    mount("", place, f"size={size}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def mount(how: str, place: Path, options: str) -> None:
    """Mount a disk, or change one ("remount"); raises PermissionError where that is not allowed."""
    given = ",".join(filter(None, (how, options)))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", given, "tmpfs", place], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise PermissionError(f"a disk cannot be made here ({done.stderr.strip()})")
