"""InfiniteDance's Table 5: what embeddings, references and Cadence-MoE add to the language model.

    python examples/tables/infinitedance_table5.py --data finedance/ --songs songs/ --truth held/ \
        --out table5 --training "--llama Llama-3.2-1B"

One tokenizer and one retrieval network, then four generators of as many updates each, which dance
to the same songs. On a small machine: `--preset small --steps 300 --seconds 20 --training "--device
cpu --window 384 --stride 96 --batch-size 8"`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from running import Step, dances, finished, judged, options, run_folder, table, training

ROWS: dict[str, dict[str, str]] = {
    "token indices": {"token_inputs": "indices", "no_cadence_experts": ""},
    "embeddings": {"no_cadence_experts": ""},
    "+ references": {"no_cadence_experts": "", "retrieval": "search"},
    "+ Cadence-MoE": {"retrieval": "search"},
}
METRICS = ("fid_k", "fid_g", "div_k", "div_g", "bas", "fsr")
PUBLISHED = """Published (FID_k, DIV_k, BAS; on a hundred hours): 79.84, 13.09, 0.2073;
62.87, 5.49, 0.2269; 38.74, 6.16, 0.2325; 33.14, 6.11, 0.2348 and 30.54, 6.23, 0.2342."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    expert = "infinitedance"
    found = [
        training(asked, expert, "tokenizer", "tokens", window="384"),
        training(asked, expert, "retrieval", "search"),
    ]
    for number, chosen in enumerate(ROWS.values()):
        named = {k: run_folder(asked, v) if k == "retrieval" else v for k, v in chosen.items()}
        name = f"row{number}"
        found.append(
            training(asked, expert, "generator", name, tokenizer=run_folder(asked, "tokens"),
                     **named)
        )  # fmt: skip
        found += dances(asked, name, ["--motion-model", str(run_folder(asked, name))])
        found.append(judged(asked, name))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    asked = options(__doc__).parse_args(arguments)
    rows = {label: f"row{number}" for number, label in enumerate(ROWS)}
    finished(
        asked, steps(asked), "infinitedance_table5",
        lambda: f"{table(asked, rows, METRICS, truth='row0')}\n\n{PUBLISHED}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
