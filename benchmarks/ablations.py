"""Table 2 of the paper in miniature: the Motion Expert and its three ablations, trained alike.

python benchmarks/ablations.py --pairs FOLDER --songs FOLDER --out FOLDER

Trains four networks of one preset alike, lets them dance to songs that took no part, and prints
the paper's columns against held-out takes; FPS is frames of dance per second of sampling. Dances
are longer than training windows, which is where the paper sees a transformer fail. Run again, it
goes on after a stop. --variants trains and measures some of the four, so that several processes can
share the work; each prints the rows that are there by then.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from motion_quality import Study, prepared, study_parser
from quality import measures
from quality.performing import Call, Performer

from macedance_cli.console import open_progress
from pipelines.datasets.paired import is_paired
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.support.devices import torch_device
from pipelines.support.files import read_json, write_json
from pipelines.train_motion import TrainMotionConfig, train_motion

VARIANTS: dict[str, dict[str, str]] = {
    "full": {},
    "GFT -> CFG": {"guidance": "cfg"},
    "BiMamba -> Mamba": {"backbone": "mamba"},
    "BiMamba -> Transformer": {"backbone": "transformer"},
}
PAPER = {
    "full": (17.83, 25.09, 0.210, 10.30, 8.09, 0.229, 770),
    "GFT -> CFG": (25.54, 36.31, 0.295, 11.57, 7.03, 0.223, 475),
    "BiMamba -> Mamba": (65.10, 51.74, 0.35, 9.59, 7.66, 0.224, 1044),
    "BiMamba -> Transformer": (104.93, 114.42, 0.12, 7.90, 4.22, 0.266, 683),
}
"""FID_k, FID_g, FSR, DIV_k, DIV_g, BAS, FPS as published (on FineDance, a thousand times the
training)."""
REAL = "real dance, held out"
COLUMNS = ("fid_k", "fid_g", "fsr", "div_k", "div_g", "bas_music", "feet_r", "fps")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Our own options, and those of motion_quality.py, which measures."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], parents=[study_parser(add_help=False)]
    )
    parser.add_argument("--pairs", type=Path, required=True, help="folder of paired files")
    parser.add_argument("--device", default="cpu", help="that is trained on")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--train-steps", type=int, default=1500)
    parser.add_argument("--train-seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=12)
    parser.add_argument("--swap-timbre", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args(arguments)
    if not is_paired(options.pairs):
        parser.error(
            f"--pairs {options.pairs}: no pairs in it; examples/prepare_dance.py makes them"
        )
    return options


def trained(own: argparse.Namespace, options: argparse.Namespace, name: str) -> Path:
    """The folder of the variant's checkpoint; trained unless it is there already."""
    config = TrainMotionConfig(
        data=(own.pairs,), workspace=options.out, preset=own.preset, window=150, stride=10,
        batch_size=own.batch_size, steps=own.train_steps, lr=1e-3, optimizer="adamw", warmup=100,
        schedule="cosine", ema_decay=0.995, grad_clip=1.0, device=own.device,
        threads=own.threads, precision="fp32", seed=own.train_seed, swap_timbre=own.swap_timbre,
        validate_every=own.train_steps, checkpoint_every=500, options=VARIANTS[name],
    )  # fmt: skip
    checkpoint = train_motion(config, open_progress()).checkpoint
    assert checkpoint is not None
    return checkpoint


def row_of(study: Study, checkpoint: Path, kept: Path) -> dict[str, Any]:
    """The paper's columns for one network, before its dances are bent onto the beat."""
    dances = Performer("mace:tempo_change=0", checkpoint, kept).perform(study.calls([""]))
    clips = [danced.clip for danced in dances]
    row = study.real_row(clips, study.held)
    for name, values in measures.beat_scores(clips).items():
        row[name] = float(values.mean())
    return row | {"fps": frames_per_second(checkpoint, study.calls([""])[0])}


def frames_per_second(checkpoint: Path, call: Call) -> float:
    """Frames of one dance per second of sampling, the best of three."""
    choreographer = Choreographer.load(checkpoint, torch_device("cpu"))
    music, start = call.song.features, call.start()
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        choreographer.dance(
            music.values[start : start + call.frames], music.schema, SamplingConfig()
        )
        taken.append(time.perf_counter() - begin)
    return call.frames / min(taken)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, dance, measure and print the table."""
    options = own = parse(arguments)
    study, _ = prepared(options)
    folder = options.out / "rows"
    for name in own.variants:
        checkpoint = trained(own, options, name)
        write_json(folder / f"{name}.json", row_of(study, checkpoint, options.out / "dances"))
    real = study.real_row(study.held, study.held)
    bas = measures.beat_scores(study.held)["bas_music"]
    write_json(folder / f"{REAL}.json", real | {"bas_music": float(bas.mean())})
    known = [name for name in (*VARIANTS, REAL) if (folder / f"{name}.json").exists()]
    print(table({name: read_json(folder / f"{name}.json") for name in known}, own))


def table(rows: dict[str, dict[str, Any]], own: argparse.Namespace) -> str:
    """Our row above the paper's, variant by variant."""
    lines = [
        f"Preset {own.preset}, {own.train_steps} steps each, seed {own.train_seed}.", "",
        "| | FID_k | FID_g | FSR | DIV_k | DIV_g | BAS | R feet | FPS |",
        "|--|--|--|--|--|--|--|--|--|",
    ]  # fmt: skip
    for name, row in rows.items():
        values = [row.get(column, np.nan) for column in COLUMNS]
        cells = [f"{value:.3g}" if np.isfinite(value) else "" for value in values]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        if name in PAPER:
            published = [f"{value:g}" for value in PAPER[name]]
            published.insert(6, "")
            lines.append("| as published, on FineDance | " + " | ".join(published) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
