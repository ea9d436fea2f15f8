"""MEGADance's Table 4: what experts, Mamba, losses and FSQ add.

    python examples/tables/megadance_table4.py --data finedance/ --songs songs/ --truth held/ \
        --out table4 --training "--window 240"

(a) four generators over one tokenizer, of as many updates each, which dance to the same songs;
(b) four tokenizers, judged on what `--data` holds out. A classifier of genres is trained for FID_s,
or given with `--classifier FOLDER`. What only some of the trainings need goes last and so counts:
`--tokenizer-training`, `--generator-training`. On a small machine (an hour of one core):

    --preset small --seconds 20 --training "--device cpu --optimizer adamw --schedule cosine" \\
    --tokenizer-training "--steps 500 --window 96 --batch-size 8 --lr 6e-4 --weight-decay 0" \\
    --generator-training "--steps 400 --window 192 --stride 48 --batch-size 16 --lr 8e-4"
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from running import Step, dances, finished, judged, options, run_folder, table, training

EXPERTS = {"w/o special experts": "special", "w/o universal expert": "universal",
           "w/o Mamba": "mamba", "all": "nothing"}  # fmt: skip
TOKENIZERS: dict[str, dict[str, str]] = {
    "w/o kinematic loss": {"no_kinematic_loss": ""},
    "w/o dynamic loss": {"no_dynamic_loss": ""},
    "VQ-VAE": {"quantizer": "vq"},
    "all": {},
}
METRICS = ("fid_k", "fid_g", "fid_s", "bas")
FIGURES = ("smpl_mse", "smpl_mae", "joint_mse", "joint_mae", "drift", "codes_up", "codes_down")
PUBLISHED_A = """Published (FID_k, FID_g, FID_s, BAS): w/o special experts 53.05, 19.26, 7.95,
0.218; w/o universal expert 54.50, 15.52, 2.91, 0.223; w/o Mamba 56.29, 14.51, 2.67, 0.221;
all 50.00, 13.02, 2.52, 0.226."""
PUBLISHED_B = """Published (SMPL MSE, MAE; joints MSE, MAE): w/o kinematic loss 0.0238, 0.0847,
0.0089, 0.0507; w/o dynamic loss 0.0201, 0.0779, 0.0073, 0.0482; VQ-VAE 0.0308, 0.0984, 0.0220,
0.0842; all 0.0200, 0.0770, 0.0069, 0.0469."""


def steps(asked: argparse.Namespace) -> list[Step]:
    """All commands, in order."""
    found = [
        more(
            training(asked, "megadance", "tokenizer", f"tokens{number}", **chosen),
            asked.tokenizer_training,
        )
        for number, chosen in enumerate(TOKENIZERS.values())
    ]
    classifier = asked.classifier
    if classifier is None:
        found.append(training(asked, "megadance", "classifier", "classifier"))
        classifier = run_folder(asked, "classifier") / "latest"
    tokens = run_folder(asked, f"tokens{len(TOKENIZERS) - 1}")
    for missing in EXPERTS.values():
        name = f"without-{missing}"
        learned = training(asked, "megadance", "generator", name, tokenizer=tokens, without=missing)
        found.append(more(learned, asked.generator_training))
        model = ["--motion-model", str(run_folder(asked, name))]
        found += dances(asked, name, model, asked.genre)
        found.append(judged(asked, name, "--genre-classifier", str(classifier)))
    return found


def more(step: Step, options: str) -> Step:
    """The step with further options, of which the last that is named counts."""
    return replace(step, words=(*step.words, *shlex.split(options)))


def reconstruction(asked: argparse.Namespace) -> str:
    """Markdown of (b): each tokenizer's last figures on what is held out."""
    lines = [f"| | {' | '.join(FIGURES)} |", f"|--|{'--|' * len(FIGURES)}"]
    for number, label in enumerate(TOKENIZERS):
        log = run_folder(asked, f"tokens{number}") / "log.jsonl"
        found = last_validation(log)
        cells = [f"{found[name]:.3g}" if name in found else "–" for name in FIGURES]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def last_validation(log: Path) -> dict[str, float]:
    """The last figures on held-out dance in a run's log; none of a run that judged nothing."""
    if not log.is_file():
        return {}
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    figures = [line for line in lines if line.get("kind") == "validation"]
    return figures[-1] if figures else {}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print both tables."""
    parser = options(__doc__)
    parser.add_argument("--classifier", type=Path, help="a genre classifier that is there already")
    parser.add_argument("--genre", default="", help="to dance in; else the model's choice")
    parser.add_argument("--tokenizer-training", default="", help="more options of the tokenizers'")
    parser.add_argument("--generator-training", default="", help="more options of the generators'")
    asked = parser.parse_args(arguments)
    rows = {label: f"without-{missing}" for label, missing in EXPERTS.items()}

    def text() -> str:
        first = table(asked, rows, METRICS, truth=next(iter(rows.values())))
        return f"{first}\n\n{PUBLISHED_A}\n\n{reconstruction(asked)}\n\n{PUBLISHED_B}"

    finished(asked, steps(asked), "megadance_table4", text)


if __name__ == "__main__":
    main()
