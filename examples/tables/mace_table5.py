"""MACE-Dance's Table 5: what each of the two experts adds, by exchanging one at a time.

    python examples/tables/mace_table5.py --data finedance/ --songs songs/ --truth videos/ \
        --picture me.jpg --out table5 --drawing "--appearance wan --adapter A --lora L:0.5" \
        --plain-drawing "--appearance wan"

Trains the Motion Expert (or takes `--motion-model`) and crosses it with an Appearance Expert and
with that one's plain form: another Motion Expert (`--other-expert`; the paper: EDGE, here the dance
library) under the full drawing, the own one under the plain drawing, and both. `--truth` holds
videos of dancers; `--judging "--vbench-weights FOLDER"` adds AQ and SC. On a small machine:
`--preset tiny --steps 100 --seconds 5 --drawing "--appearance tiny" --plain-drawing "--appearance
puppet --size 480" --training "--device cpu --batch-size 8"`.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

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

ROWS = {
    "w/o Motion Expert": ("other-full", "other", "drawing"),
    "w/o Appearance Expert": ("own-plain", "own", "plain_drawing"),
    "both": ("own-full", "own", "drawing"),
}
"""Label to the row's name, whose dances, and which drawing."""
METRICS = ("aq", "sc", "fid_k", "fid_g", "bas")
PUBLISHED = """Published (AQ, SC, FID, BAS): EDGE and the own Appearance Expert 50.21, 92.10, 20.84,
0.499; the own Motion Expert and Wan-Animate 50.36, 91.42, 17.92, 0.519; both 51.79, 93.97, 16.46,
0.523."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    found = []
    model = asked.motion_model
    if model is None:
        found.append(training(asked, "mace", "", "own"))
        model = run_folder(asked, "own")
    found += dances(asked, "own", ["--motion-model", str(model)])
    found += dances(asked, "other", ["--expert", asked.other_expert])
    for name, whose, drawing in ROWS.values():
        found += videos(asked, name, whose, shlex.split(getattr(asked, drawing)))
        found.append(seen(asked, name, *shlex.split(asked.judging)))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    parser = options(__doc__)
    parser.add_argument("--picture", type=Path, required=True, help="who is to dance")
    parser.add_argument("--motion-model", type=Path, help="a Motion Expert that is there already")
    parser.add_argument("--other-expert", default="library", help="the one it is exchanged for")
    parser.add_argument("--drawing", default="", help="options of generate: the full drawing")
    parser.add_argument("--plain-drawing", default="", help="the same: the plain one")
    parser.add_argument("--judging", default="", help="more options of every evaluate")
    asked = parser.parse_args(arguments)
    rows = {label: name for label, (name, *_) in ROWS.items()}
    finished(
        asked, steps(asked), "mace_table5",
        lambda: f"{table(asked, rows, METRICS, truth='own-full')}\n\n{PUBLISHED}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
