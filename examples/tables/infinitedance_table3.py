"""InfiniteDance's Table 3: ChoreoLLaMA on the test split of what it was trained on.

    python examples/tables/infinitedance_table3.py --data finedance/ --out table3 \
        --training "--llama Llama-3.2-1B"

The paper's own data set is not published; any with an official split stands in for it. Judged by
the paper's script (`--profile infinitedance`; `strict` corrects it).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from running import Step, finished, of_data_set, on_data_set, run_folder, table, training

METRICS = ("fid_k", "fid_g", "fsr", "div_k", "div_g", "bas")
PUBLISHED = """Published (FID_k, FID_g, FSR, DIV_k, DIV_g, BAS): ground truth 2.55, 0.60, 0.0509,
9.37, 7.12, 0.2332; Bailando 117.38, 82.37, 0.1556, 5.46, 5.28, 0.2137; EDGE 96.07, 63.53,
0.1415, 4.36, 4.97, 0.2321; Lodge 89.52, 60.38, 0.0672, 3.93, 5.00, 0.2329; ChoreoLLaMA 30.54,
16.31, 0.0533, 6.23, 5.11, 0.2342."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    expert, parts = "infinitedance", ("tokens", "search")
    tokens, search = (run_folder(asked, part) for part in parts)
    return [
        training(asked, expert, "tokenizer", "tokens", split="train", window="384"),
        training(asked, expert, "retrieval", "search", split="train"),
        training(
            asked, expert, "generator", "dance", split="train", tokenizer=tokens, retrieval=search
        ),
        *on_data_set(asked, expert, ["--motion-model", str(run_folder(asked, "dance"))]),
        *on_data_set(asked, "library", ["--expert", "library"], labelled=False),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    asked = of_data_set(__doc__, "infinitedance").parse_args(arguments)
    rows = {"ChoreoLLaMA": "infinitedance", "dance library": "library"}
    finished(
        asked, steps(asked), "infinitedance_table3",
        lambda: f"{table(asked, rows, METRICS, truth='infinitedance')}\n\n{PUBLISHED}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
