"""Trains the model behind `--feet restore` on the dance library that ships.

Takes whose root was found from their feet teach, but are never held out: their feet are what they
are because of that. Of the others, one group in six is held out; the model's card names them, and
`benchmarks/foot_restoration.py` measures on them. An hour on one core; run it again to go on.

python examples/train_foot_restoration.py runs/feet --out pipelines/foot_restoration/weights
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from macedance_cli.console import open_progress, print_data
from macedance_cli.failures import report
from pipelines.foot_restoration.model import CONFIG, load_model, save_model
from pipelines.foot_restoration.task import FootTraining, clean_dances, foot_task
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import FPS, Library, load_library
from pipelines.support.files import read_json
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

HELD_OUT_SHARE = 6
SEED = 0


def held_out_groups(library: Library) -> set[str]:
    """Groups of takes (a dancer's, a choreography's) that do not teach."""
    groups = sorted({take.group for take in library.takes if not take.root_estimated})
    count = max(1, len(groups) // HELD_OUT_SHARE)
    return set(np.random.default_rng(SEED).choice(groups, count, replace=False).tolist())


def take_motion(library: Library, number: int) -> Motion:
    """A take as a motion."""
    take = library.takes[number]
    rows = np.arange(take.first, take.first + take.frames)
    poses, places = library.poses(rows), library.places(rows)
    return Motion(
        poses.astype(np.float32), places.astype(np.float32), float(FPS), take.genre, take.name
    )


def main() -> None:
    """Read the command line, train, and write the model in half precision."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="folder for the checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--library", type=Path, default=SHIPPED)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--batch-size", type=int, default=16)
    given = parser.parse_args()
    torch.set_num_threads(1)
    progress = open_progress()
    library = load_library(given.library)
    held = held_out_groups(library)
    takes = [(take_motion(library, n), take.group in held) for n, take in enumerate(library.takes)]
    teach, judge = ([motion for motion, out in takes if out == which] for which in (False, True))
    training = FootTraining()
    task = foot_task(clean_dances(teach), clean_dances(judge, mirror=False), training, SEED,
                     torch.device("cpu"))  # fmt: skip
    options = EngineOptions(
        steps=given.steps, batch_size=given.batch_size, lr=training.lr, warmup=100,
        schedule="cosine", ema_decay=0.995, grad_clip=1.0, validate_every=200,
        checkpoint_every=200, workers=1,
    )  # fmt: skip
    Engine(task, options, given.run, Launch(torch.device("cpu")), progress).run()
    model = load_model(given.run / "latest")
    facts = {
        "updates": given.steps, "batch": given.batch_size, "takes": len(teach),
        "minutes": round(sum(motion.seconds for motion in teach) / 60, 1),
        "held_out": sorted(take.name for take in library.takes if take.group in held),
        "run": read_json(given.run / "latest" / CONFIG)["metadata"],
    }  # fmt: skip
    save_model(given.out, model.network.state_dict(), model.network.config, model.scaling, facts,
               half=True)  # fmt: skip
    print_data(f"{given.out}: {facts['minutes']} minutes of {len(teach)} takes")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(report(error))
