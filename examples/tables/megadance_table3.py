"""MEGADance's Table 3: whether a dance is of the genre that was asked for.

    python examples/tables/megadance_table3.py --data finedance/ --songs songs/ --truth held/ \
        --out table3 --genres house popping krump waack lock

Trains classifier, tokenizer and generator, dances every song in each of the genres (the paper: the
right one and four wrong ones) and asks the classifier. `--expert library` judges the library that
ships instead of training a generator.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from running import Step, dances, finished, judged, options, run_folder, table, training

METRICS = ("fid_s", "div_s", "acc", "f1")
PUBLISHED = """Published (FID_s, DIV_s, ACC, F1; shares here are not percentages):
truth 0, 6.07, 78.31, 76.35; FineNet 13.22, 4.29, 42.06, 37.44;
Lodge 5.22, 5.50, 51.86, 45.23; MEGADance 2.52, 5.78, 75.64, 70.81."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    expert, own = "megadance", asked.expert != "library"
    found = [training(asked, expert, "classifier", "classifier", window=asked.window)]
    model = ["--expert", "library"]
    if own:
        model = ["--motion-model", str(run_folder(asked, "dance"))]
        found += [
            training(asked, expert, "tokenizer", "tokens"),
            training(asked, expert, "generator", "dance", tokenizer=run_folder(asked, "tokens")),
        ]
    classifier = ("--genre-classifier", str(run_folder(asked, "classifier") / "latest"))
    for genre in asked.genres:
        found += dances(asked, genre.replace(" ", "-"), model, genre)
        found.append(judged(asked, genre.replace(" ", "-"), *classifier))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    parser = options(__doc__)
    parser.add_argument("--genres", nargs="+", required=True, help="to dance every song in")
    parser.add_argument("--window", default="150", help="frames that the classifier sees")
    parser.add_argument("--expert", choices=("megadance", "library"), default="megadance")
    asked = parser.parse_args(arguments)
    rows = {genre: genre.replace(" ", "-") for genre in asked.genres}
    finished(
        asked, steps(asked), "megadance_table3",
        lambda: f"{table(asked, rows, METRICS, truth=next(iter(rows.values())))}\n\n{PUBLISHED}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
