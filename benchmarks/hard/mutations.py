"""Damaged files: each is read rightly or refused, in bounded time and memory."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hard.counts import Counts
from hard.limited import outcomes
from hard.mutants import mutated
from hard.seeds import make_seeds, readers

BATCH = 250
AGAIN = 3
"""Times that what has hung is tried again: on a busy machine it may have had no turn."""
FAULTS = ("traceback", "memory", "hang", "crash", "touched")


def mutate_all(
    folder: Path, counts: Counts, wanted: int, seed: int, only: str = "", tell: bool = True
) -> None:
    """Batches of every kind in turn until so many of each are read."""
    scratch = folder / "mutants"
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    warnings.simplefilter("ignore")
    seeds = make_seeds(folder / "seeds")
    for kind, files in seeds.items():
        # What is imported is imported now, and the seeds themselves are right.
        for file in files:
            _read_right(kind, file)
    left = [kind for kind in seeds if only in kind]
    while left:
        for kind in list(left):
            done = counts.of("mutations", kind, "files")
            size = min(BATCH, wanted - done)
            if size <= 0:
                left.remove(kind)
                continue
            chance = random.Random(f"{seed} {kind} {done}")
            paths = [_mutant(seeds[kind], chance, scratch / str(number)) for number in range(size)]
            read_batch("mutations", kind, paths, readers()[kind], scratch, counts, tell)
    shutil.rmtree(scratch, ignore_errors=True)


def _read_right(kind: str, file: Path) -> None:
    readers()[kind](file)


def _mutant(files: list[Path], chance: random.Random, path: Path) -> Path:
    original = chance.choice(files)
    path = path.with_suffix(original.suffix)
    path.write_bytes(mutated(original.read_bytes(), chance))
    return path


def read_batch(
    part: str, kind: str, paths: list[Path], read: Callable[[Path], Any], scratch: Path,
    counts: Counts, tell: bool,
) -> None:  # fmt: skip
    """Read each file, count what came of it, keep those at fault, and remove the others."""
    found: Counter[str] = Counter(files=len(paths))
    results = outcomes([partial(read, path) for path in paths], scratch)
    for path, (outcome, words) in zip(paths, results, strict=True):
        for _ in range(AGAIN):
            if outcome != "hang":
                break
            ((outcome, words),) = outcomes([partial(read, path)], scratch)
        found[outcome] += 1
        if outcome in FAULTS:
            found["faults"] += 1
            kept = scratch.parent / "faults" / f"{kind}-{outcome}-{found[outcome]}{path.suffix}"
            kept.parent.mkdir(exist_ok=True)
            shutil.copy(path, kept)
            note = f"{kind}: {outcome}: {words.strip()[-700:]}"
            if not any(_same(note, other) for other in counts.notes.get(part, [])):
                counts.note(part, note)
                if tell:
                    print(note, flush=True)
    names = ("files", "right", "refused", "faults")
    counts.add(part, kind, **{name: found[name] for name in names})
    for path in paths:
        path.unlink(missing_ok=True)


def _same(one: str, other: str) -> bool:
    """The same kind, kind of fault and place in the code."""
    places = [text.split("\n  File ")[-1].split(", in ")[0] for text in (one, other)]
    return one.split(":")[:2] == other.split(":")[:2] and places[0] == places[1]
