"""FIDs of several MEGADances' dances with intervals: the dancing half of Table 4(a).

    python benchmarks/megadance_dances.py --songs FOLDER --seeds 4 \\
        --generators runs/without-special/best runs/without-nothing/best

Every generator dances to every held-out song with each seed, no style asked, the network alone:
not bent. Held against dance that is held out. 95 % intervals draw songs, each with all its dances
(`quality/fid_intervals.py`); the last columns are differences to the last row, to the same songs
with the same seeds. Dances are kept in --out: run it again to go on after a stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from motion_quality import prepared, study_parser
from quality.fid_intervals import KINDS, RowIntervals, fid_intervals
from quality.measures import feature_set
from quality.performing import Performer


def table(rows: dict[str, RowIntervals]) -> str:
    """Markdown: each row's FIDs, and how far they are from the last row's."""
    last = list(rows)[-1]
    heads = [*KINDS, *(f"{kind} beside the last" for kind in KINDS)]
    lines = [f"| | {' | '.join(heads)} |", f"|--|{'--|' * len(heads)}"]
    for name, row in rows.items():
        beside = ["" if name == last else f"{row.beside[kind]}" for kind in KINDS]
        lines.append(f"| {name} | {' | '.join([*map(str, row.own.values()), *beside])} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Dance, hold against real dance, and print."""
    parser = study_parser(conflict_handler="resolve")
    parser.description = (__doc__ or "").split("\n")[0]
    parser.add_argument("--generators", nargs="+", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=4, help="dances of a generator to each song")
    parser.add_argument("--options", default="tempo_change=0", help='as in "megadance:OPTIONS"')
    asked = parser.parse_args(arguments)
    study, _ = prepared(asked)
    calls = [
        replace(call, seed=call.seed + len(study.songs) * number)
        for number in range(asked.seeds)
        for call in study.calls([""])
    ]
    features = {}
    for folder in asked.generators:
        performer = Performer(f"megadance:{asked.options}", folder, asked.out / "dances")
        features[str(folder)] = feature_set([danced.clip for danced in performer.perform(calls)])
        print(folder, len(calls), "dances", flush=True)
    real = feature_set(study.held)
    print(table(fid_intervals(features, real, beside=str(asked.generators[-1]))))


if __name__ == "__main__":
    main()
