"""InfiniteDance's Table 4: what a model does on a data set that it was not trained on.

    python examples/tables/infinitedance_table4.py --data captures/ --songs aist/songs \
        --truth aist/motions --out table4

Trains all parts on --data, dances to the songs of another set, and judges against that set's own
recordings; beside it the dance library that ships stands in for the paper's second system.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from running import Step, dances, finished, judged, options, run_folder, table, training

METRICS = ("fid_k", "fid_g", "div_k", "div_g", "bas", "fsr")
PUBLISHED = """Published (FID_k, DIV_k, BAS; Lodge in brackets):
AIST++ 35.45, 5.79, 0.2378 (48.73, 4.26, 0.2364); FineDance 59.38, 5.81, 0.2382
(106.85, 4.14, 0.2317); unseen music 56.22, 5.52, 0.2315 (119.66, 5.13, 0.2332)."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    expert, tokens, search = (
        "infinitedance",
        run_folder(asked, "tokens"),
        run_folder(asked, "search"),
    )
    return [
        training(asked, expert, "tokenizer", "tokens", window="384"),
        training(asked, expert, "retrieval", "search"),
        training(asked, expert, "generator", "dance", tokenizer=tokens, retrieval=search),
        *dances(asked, "transferred", ["--motion-model", str(run_folder(asked, "dance"))]),
        judged(asked, "transferred"),
        *dances(asked, "library", ["--expert", "library"]),
        judged(asked, "library"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    asked = options(__doc__).parse_args(arguments)
    rows = {"ChoreoLLaMA, transferred": "transferred", "dance library": "library"}
    finished(
        asked, steps(asked), "infinitedance_table4",
        lambda: f"{table(asked, rows, METRICS, truth='library')}\n\n{PUBLISHED}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
