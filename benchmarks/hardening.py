"""How the commands bear kills, damaged and hostile files, full disks and read-only places.

    python benchmarks/hardening.py kills [--count 500]
    python benchmarks/hardening.py mutations [--count 10000] [--only npz]
    python benchmarks/hardening.py hostile [--count 1000] [--only code]
    python benchmarks/hardening.py places [--count 20]     (needs the right to mount a tmpfs)
    python benchmarks/hardening.py table

Each part counts on in FOLDER/counts.json until so many are reached, so that it can be stopped and
taken up; `table` prints what was counted. Nothing outside FOLDER is written.
"""

from __future__ import annotations

import os

# Before anything loads numpy: what is forked off must not miss threads.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hard.counts import Counts

PARTS = ("kills", "mutations", "hostile", "places")


def main() -> int:
    """Run one part, and print what is counted by now."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=(*PARTS, "table"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "hardening")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    counts = Counts(folder / "counts.json")
    if asked.part == "kills":
        from hard.kills import kill_often

        kill_often(folder, counts, asked.count, asked.seed, asked.only)
    if asked.part == "mutations":
        from hard.mutations import mutate_all

        mutate_all(folder, counts, asked.count, asked.seed, asked.only)
    if asked.part == "hostile":
        from hard.hostile import attack

        attack(folder, counts, asked.count, asked.seed, asked.only)
    if asked.part == "places":
        from hard.places import fill_often

        fill_often(folder, counts, asked.count, asked.seed, asked.only)
    for part in PARTS:
        print(counts.table(part), end="\n\n")
        for note in counts.notes.get(part, []):
            print(f"  {note}")
    return int(any(counts.total(part, "faults") for part in PARTS))


if __name__ == "__main__":
    sys.exit(main())
