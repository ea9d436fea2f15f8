"""MEGADance's Table 1: MEGADance on FineDance, beside recordings.

    python examples/tables/megadance_table1.py --data finedance/ --out table1

Trains classifier, tokenizer and generator on the data set's own training split, dances to the songs
of its test split in the labelled styles, and judges by the paper's script (`--profile megadance`;
`strict` corrects it). Table 2 is the same on AIST++: `megadance_table2.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from running import Step, finished, of_data_set, on_data_set, run_folder, table, training

METRICS = ("fid_k", "fid_g", "fid_s", "div_k", "div_g", "div_s", "bas")
PUBLISHED = """Published (FID_k, FID_g, FID_s, DIV_k, DIV_g, DIV_s, BAS): ground truth 0, 0, 0,
10.98, 7.45, 6.07, 0.215; FineNet 65.15, 23.81, 13.22, 5.84, 5.19, 4.29, 0.219; Lodge 55.03,
14.87, 5.22, 6.14, 6.18, 5.50, 0.218; MEGADance 50.00, 13.02, 2.52, 6.23, 6.27, 5.78, 0.226."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    expert, tokens = "megadance", run_folder(asked, "tokens")
    classifier = str(run_folder(asked, "classifier") / "latest")
    return [
        training(asked, expert, "classifier", "classifier", split="train"),
        training(asked, expert, "tokenizer", "tokens", split="train"),
        training(asked, expert, "generator", "dance", split="train", tokenizer=tokens),
        *on_data_set(
            asked, expert, ["--motion-model", str(run_folder(asked, "dance"))],
            "--genre-classifier", classifier,
        ),
    ]  # fmt: skip


def main(
    arguments: Sequence[str] | None = None,
    about: str | None = __doc__,
    name: str = "megadance_table1",
    metrics: Sequence[str] = METRICS,
    published: str = PUBLISHED,
) -> None:
    """Run it all and print the table."""
    asked = of_data_set(about, "megadance").parse_args(arguments)
    finished(
        asked, steps(asked), name,
        lambda: f"{table(asked, {'MEGADance': 'megadance'}, metrics, truth='megadance')}"
                f"\n\n{published}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
