"""`macedance train-motion`: teach the Motion Expert to dance to music."""

from __future__ import annotations

import dataclasses

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json
from pipelines.motion_expert.training.settings import TrainMotionConfig, own_options

EPILOG = """Examples:

  macedance train-motion --data finedance/ --preset paper

  macedance train-motion --data cmu/ --music warp:songs/ --preset small

  macedance train-motion --expert library --data mine/

  torchrun --nproc-per-node 8 -m macedance_cli.app train-motion --data aist/
"""


@command(TrainMotionConfig, "train-motion", dry_run=True, own=own_options)
def train_motion(settings: TrainMotionConfig, shown: Shown) -> None:
    """Train a Motion Expert on dances and their music.

    --expert library makes a library of the dances, which needs no updates.
    The same command again goes on where it stopped; Ctrl-C, SIGTERM and SIGUSR1 leave a
    checkpoint and exit with 75. Checkpoints and logs go to
    WORKSPACE/models/motion/RUN.
    """
    from pipelines import train_motion as pipeline

    if shown.dry_run:
        print_facts(pipeline.plan(settings), shown.as_json)
        return
    result = pipeline.train_motion(settings, shown.progress())
    if shown.as_json:
        print_json(dataclasses.asdict(result))
    else:
        print_data(str(result.checkpoint or result.folder))
