"""`macedance train-appearance`: teach the Appearance Expert to follow dances and to look right."""

from __future__ import annotations

import dataclasses
import os

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig

EPILOG = """Examples:

  macedance train-appearance --data workspace/ --encode-only --shard 1/8

  macedance train-appearance --stage kinematic --data workspace/

  macedance train-appearance --stage aesthetic --data renders/:2 --data real/:5 --adapter A

  accelerate launch --config_file fsdp.yaml -m macedance_cli.app train-appearance --data w/
"""


@command(TrainAppearanceConfig, "train-appearance", dry_run=True)
def train_appearance(settings: TrainAppearanceConfig, shown: Shown) -> None:
    """Fine-tune Wan-Animate on clips of `render` and `curate`.

    Clips are encoded once; then one of the paper's stages learns. The same
    command again goes on where it stopped; Ctrl-C, SIGTERM and SIGUSR1 leave a
    checkpoint and exit with 75. Checkpoints and logs go to
    WORKSPACE/models/appearance/RUN.
    """
    from pipelines import train_appearance as pipeline

    if shown.dry_run:
        print_facts(pipeline.plan(settings, shown.progress()), shown.as_json)
        return
    result = pipeline.train_appearance(settings, shown.progress())
    if os.environ.get("RANK", "0") != "0":
        return  # of several processes one tells
    if shown.as_json:
        print_json(dataclasses.asdict(result))
    else:
        print_data(str(result.learned or result.folder))
    if (error := pipeline.failure(result)) is not None:
        raise error
