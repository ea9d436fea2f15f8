"""MACE-Dance's Table 4: whether the Motion Expert should think in 2D or in 3D.

    python examples/tables/mace_table4.py --data finedance/ --songs songs/ --truth videos/ \
        --picture me.jpg --out table4 --drawing "--appearance wan"

Trains one network on the dances and one of the same size on what a picture from the front tells of
them (flat_dances.py), lets both dance to the same songs, has the same Appearance Expert draw them,
and judges the videos. `--truth` holds videos of dancers; `--judging "--vbench-weights FOLDER"` adds
AQ and SC. On a small machine: `--preset tiny --steps 100 --seconds 5 --drawing "--appearance puppet
--size 480" --training "--device cpu --batch-size 8"`.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from flat_dances import flatten_all
from running import (
    Step,
    dances,
    finished,
    options,
    run_folder,
    seen,
    table,
    training,
    videos,
)  # fmt: skip

ROWS = {"2D": "flat", "3D": "full"}
METRICS = ("fid_k", "fid_g", "div_k", "div_g", "bas", "aq", "sc")
PUBLISHED = """Published, of motion (FID_k, FID_g, DIV_k, DIV_g, BAS): 2D 22.8, 8.6, 6.12, 5.24,
0.527; 3D 19.5, 4.1, 8.87, 5.92, 0.543. Of videos (AQ, SC, FID, BAS): 2D 51.86, 91.84, 23.73, 0.496;
3D 51.79, 93.97, 16.46, 0.523."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    found = []
    places = {"flat": asked.out / "flat", "full": asked.data}
    for name in ROWS.values():
        learns = argparse.Namespace(**{**vars(asked), "data": places[name]})
        found.append(training(learns, "mace", "", name))
        found += dances(asked, name, ["--motion-model", str(run_folder(asked, name))])
        found += videos(asked, name, name, shlex.split(asked.drawing))
        found.append(seen(asked, name, *shlex.split(asked.judging)))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    parser = options(__doc__)
    parser.add_argument("--picture", type=Path, required=True, help="who is to dance")
    parser.add_argument("--drawing", default="", help="more options of every generate")
    parser.add_argument("--judging", default="", help="more options of every evaluate")
    asked = parser.parse_args(arguments)
    if not asked.dry_run:
        flatten_all(asked.data, asked.out / "flat")
    finished(
        asked, steps(asked), "mace_table4",
        lambda: f"{table(asked, ROWS, METRICS, truth='full')}\n\n{PUBLISHED}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
