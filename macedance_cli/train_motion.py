"""`macedance train-motion`: teach the Motion Expert to dance to music."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

from macedance_cli import training_options
from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, print_data, print_json
from macedance_cli.options import (
    AsJson,
    ConfigFile,
    Device,
    Seed,
    WorkspaceFolder,
    option,
    switch,
)
from macedance_cli.training_options import (
    UPDATES,
    Accumulate,
    GradClip,
    Keep,
    Resume,
    RunName,
    Threads,
    Warmup,
    Workers,
    every,
)

DATA, MODEL = "The data", "The model"

EPILOG = """Examples:

  macedance train-motion --data finedance/ --preset paper

  macedance train-motion --data cmu/ --music warp:songs/ --preset small

  torchrun --nproc-per-node 8 -m macedance_cli.app train-motion --data aist/
"""


def train_motion(
    data: Annotated[
        list[Path] | None,
        option(
            "data",
            "A data set as downloaded, or a workspace; may be given again.",
            metavar="FOLDER",
            rich_help_panel=DATA,
        ),
    ] = None,
    music: Annotated[
        list[str] | None,
        option(
            "music",
            "Where the music comes from: paired, warp:FOLDER or compose; may be given again.",
            "paired",
            metavar="HOW",
            rich_help_panel=DATA,
        ),
    ] = None,
    max_tempo_change: Annotated[
        float | None,
        option(
            "max-tempo-change",
            "How far warp may change a tempo.",
            0.2,
            metavar="SHARE",
            rich_help_panel=DATA,
        ),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        option(
            "hold-out",
            "Keep these takes out of training, or a share such as 0.1.",
            "the data's own split",
            metavar="TAKE",
            rich_help_panel=DATA,
        ),
    ] = None,
    window: Annotated[
        int | None,
        option("window", "Frames of a training window.", 150, metavar="N", rich_help_panel=DATA),
    ] = None,
    stride: Annotated[
        int | None,
        option(
            "stride", "Frames from one window to the next.", 15, metavar="N", rich_help_panel=DATA
        ),
    ] = None,
    balance: Annotated[
        float | None,
        option(
            "balance",
            "0: every window as often as any; 1: every genre.",
            0.5,
            metavar="B",
            rich_help_panel=DATA,
        ),
    ] = None,
    mirror: Annotated[
        bool | None,
        switch("mirror/no-mirror", "Also train on mirror images.", "yes", rich_help_panel=DATA),
    ] = None,
    turn: Annotated[
        bool | None,
        switch("turn/no-turn", "Also train on windows facing any way.", "no", rich_help_panel=DATA),
    ] = None,
    swap_timbre: Annotated[
        float | None,
        option(
            "swap-timbre",
            "Share of windows that hear another song's timbre.",
            0.0,
            metavar="SHARE",
            rich_help_panel=DATA,
        ),
    ] = None,
    prepare_only: Annotated[
        bool | None, switch("prepare-only", "Prepare the data and stop.", rich_help_panel=DATA)
    ] = None,
    preset: Annotated[
        Literal["paper", "small", "tiny"] | None,
        option("preset", "Size of the network.", "paper", rich_help_panel=MODEL),
    ] = None,
    init: Annotated[
        str | None,
        option(
            "init",
            'Begin with the weights of this Motion Expert, or with "shipped".',
            "random ones",
            metavar="FOLDER",
            rich_help_panel=MODEL,
        ),
    ] = None,
    backbone: Annotated[
        Literal["bimamba", "mamba", "transformer"] | None,
        option("backbone", "What mixes the frames.", "bimamba", rich_help_panel=MODEL),
    ] = None,
    beat_clock: Annotated[
        bool | None,
        switch(
            "beat-clock/no-beat-clock",
            "Let the network hear the beats counted.",
            "the preset's choice",
            rich_help_panel=MODEL,
        ),
    ] = None,
    guidance: Annotated[
        Literal["gft", "cfg"] | None,
        option(
            "guidance",
            "Guidance-free training, or classifier-free guidance.",
            "gft",
            rich_help_panel=MODEL,
        ),
    ] = None,
    objective: Annotated[
        Literal["balanced", "paper", "official"] | None,
        option(
            "objective",
            "The paper's losses balanced over the noise, as they stand in the paper, or those of "
            "its published code.",
            "balanced",
            rich_help_panel=MODEL,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        option("steps", "Updates in all.", 100_000, metavar="N", rich_help_panel=UPDATES),
    ] = None,
    batch_size: Annotated[int | None, training_options.batch_size("Windows", 128)] = None,
    accumulate: Accumulate = None,
    lr: Annotated[
        float | None,
        option("lr", "Learning rate.", 4e-4, metavar="RATE", rich_help_panel=UPDATES),
    ] = None,
    optimizer: Annotated[
        Literal["adan", "adamw"] | None,
        option("optimizer", "How weights are updated.", "adan", rich_help_panel=UPDATES),
    ] = None,
    weight_decay: Annotated[float | None, training_options.weight_decay(0.02)] = None,
    warmup: Warmup = None,
    schedule: Annotated[
        Literal["constant", "cosine"] | None,
        option("schedule", "The rate after that.", "constant", rich_help_panel=UPDATES),
    ] = None,
    ema_decay: Annotated[
        float | None,
        option(
            "ema-decay",
            "Of the averaged weights that are kept.",
            0.9999,
            metavar="D",
            rich_help_panel=UPDATES,
        ),
    ] = None,
    grad_clip: GradClip = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"] | None,
        option("precision", "Number format of the products.", "auto", rich_help_panel=UPDATES),
    ] = None,
    validate_every: Annotated[int | None, every("validate-every", "validations", 500)] = None,
    checkpoint_every: Annotated[int | None, every("checkpoint-every", "checkpoints", 500)] = None,
    keep: Keep = None,
    run: RunName = None,
    resume: Resume = None,
    threads: Threads = None,
    workers: Workers = None,
    seed: Seed = None,
    device: Device = None,
    workspace: WorkspaceFolder = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Train the Motion Expert on dances and their music.

    The same command again goes on where it stopped; SIGTERM and SIGUSR1 leave a
    checkpoint and exit with 75. Checkpoints and logs go to
    WORKSPACE/models/motion/RUN.
    """
    given = {**locals()}
    for name in ("config", "as_json"):
        del given[name]
    for name in ("music", "hold_out"):
        given[name] = tuple(given[name]) if given[name] else None
    given["data"] = given["data"] or None
    from pipelines import train_motion as pipeline

    settings = resolve(pipeline.TrainMotionConfig, "train-motion", config, given, {"data": []})
    result = pipeline.train_motion(settings, open_progress())
    if as_json:
        print_json(dataclasses.asdict(result))
    else:
        print_data(str(result.checkpoint or result.folder))
