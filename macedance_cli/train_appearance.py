"""`macedance train-appearance`: teach the Appearance Expert to follow dances and to look right."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated, Literal

from macedance_cli import training_options
from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, print_data, print_json
from macedance_cli.options import (
    AsJson,
    ConfigFile,
    Device,
    DryRun,
    Seed,
    WorkspaceFolder,
    option,
    switch,
)
from macedance_cli.training_options import (
    RHYTHM,
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

MODEL, DATA, LATENTS = "The stage and the model", "The data", "What is made of it"

EPILOG = """Examples:

  macedance train-appearance --data workspace/ --encode-only --shard 1/8

  macedance train-appearance --stage kinematic --data workspace/

  macedance train-appearance --stage aesthetic --data renders/:2 --data real/:5 --adapter A

  accelerate launch --config_file fsdp.yaml -m macedance_cli.app train-appearance --data w/
"""


def train_appearance(
    stage: Annotated[
        Literal["kinematic", "aesthetic", "base"] | None,
        option(
            "stage",
            "What learns: the body adapter (kinematic), a LoRA (aesthetic), or everything (base), "
            "which is for small models only.",
            "kinematic",
            metavar="STAGE",
            rich_help_panel=MODEL,
        ),
    ] = None,
    model: Annotated[
        str | None,
        option(
            "model",
            "Wan-Animate: a folder, or an id in the model cache.",
            "$MACEDANCE_WAN_MODEL, or the cache",
            metavar="FOLDER",
            rich_help_panel=MODEL,
        ),
    ] = None,
    adapter: Annotated[
        Path | None,
        option(
            "adapter",
            "The adapter of a kinematic stage; the aesthetic stage keeps it as it is.",
            metavar="FILE",
            rich_help_panel=MODEL,
        ),
    ] = None,
    rank: Annotated[
        int | None, option("rank", "Of the LoRA.", 32, metavar="N", rich_help_panel=MODEL)
    ] = None,
    aesthetic_inputs: Annotated[
        Literal["image", "image+pose+face"] | None,
        option(
            "aesthetic-inputs",
            "What the aesthetic stage sees; the published one sees the image alone.",
            "image+pose+face",
            metavar="INPUTS",
            rich_help_panel=MODEL,
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        option(
            "data",
            "A workspace with clips, or a CSV in DiffSynth's columns, and how much it counts; "
            "may be given again.",
            metavar="FOLDER[:WEIGHT]",
            rich_help_panel=DATA,
        ),
    ] = None,
    hold_out: Annotated[
        float | None,
        option(
            "hold-out",
            "Share to validate on of clips without a split of their own.",
            0.0,
            metavar="SHARE",
            rich_help_panel=DATA,
        ),
    ] = None,
    prompt: Annotated[
        str | None,
        option(
            "prompt",
            "What clips without a caption of their own show.",
            "MACE-Dance's",
            metavar="TEXT",
            rich_help_panel=DATA,
        ),
    ] = None,
    encode_only: Annotated[
        bool | None, switch("encode-only", "Encode the clips and stop.", rich_help_panel=DATA)
    ] = None,
    shard: Annotated[
        str | None,
        option(
            "shard",
            "Encode this share of the clips.",
            "all, or this job's of a SLURM array",
            metavar="I/N",
            rich_help_panel=DATA,
        ),
    ] = None,
    size: Annotated[
        str | None,
        option(
            "size",
            "Of the model's frames; sides are multiples of 16.",
            "480x832",
            metavar="WxH",
            rich_help_panel=LATENTS,
        ),
    ] = None,
    frames: Annotated[
        int | None,
        option("frames", "Of a segment: 4k + 1.", 77, metavar="N", rich_help_panel=LATENTS),
    ] = None,
    fps: Annotated[
        float | None,
        option(
            "fps", "Rate at which clips are read.", 30.0, metavar="RATE", rich_help_panel=LATENTS
        ),
    ] = None,
    references: Annotated[
        int | None,
        option(
            "references",
            "Pictures per clip that may be the reference.",
            4,
            metavar="N",
            rich_help_panel=LATENTS,
        ),
    ] = None,
    relay: Annotated[
        list[int] | None,
        option(
            "relay",
            "Frames that may be given from the segment before: 1 or 5; may be given again.",
            "both",
            metavar="N",
            rich_help_panel=LATENTS,
        ),
    ] = None,
    relay_share: Annotated[
        float | None,
        option(
            "relay-share",
            "How often such frames are given.",
            0.5,
            metavar="SHARE",
            rich_help_panel=LATENTS,
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        option(
            "max-steps",
            "Updates in all; 0: twice over the data.",
            0,
            metavar="N",
            rich_help_panel=UPDATES,
        ),
    ] = None,
    batch_size: Annotated[int | None, training_options.batch_size("Segments", 1)] = None,
    accumulate: Accumulate = None,
    lr: Annotated[
        float | None,
        option(
            "lr",
            "Learning rate; 0: 1e-5, 1e-4 or 1e-3, as the stage wants.",
            0,
            metavar="RATE",
            rich_help_panel=UPDATES,
        ),
    ] = None,
    weight_decay: Annotated[float | None, training_options.weight_decay(0.01)] = None,
    warmup: Warmup = None,
    grad_clip: GradClip = None,
    ema_decay: Annotated[
        float | None,
        option(
            "ema-decay",
            "Keep a running average with this decay; 0: none.",
            0.0,
            metavar="D",
            rich_help_panel=UPDATES,
        ),
    ] = None,
    reference_weight: Annotated[
        float | None,
        option(
            "reference-weight",
            "In the loss, of the reference's slot against a frame of the video.",
            0.0,
            metavar="W",
            rich_help_panel=UPDATES,
        ),
    ] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"] | None,
        option("precision", "Number format of the network.", "auto", rich_help_panel=UPDATES),
    ] = None,
    keep_activations: Annotated[
        bool | None,
        switch(
            "keep-activations",
            "No gradient checkpointing: a quarter less to compute, much more memory.",
            rich_help_panel=UPDATES,
        ),
    ] = None,
    validate_every: Annotated[int | None, every("validate-every", "validations", 100)] = None,
    checkpoint_every: Annotated[int | None, every("checkpoint-every", "checkpoints", 100)] = None,
    sample_every: Annotated[
        int | None,
        option(
            "sample-every",
            "Steps between two sample videos; 0: none.",
            500,
            metavar="N",
            rich_help_panel=RHYTHM,
        ),
    ] = None,
    sample_steps: Annotated[
        int | None,
        option("sample-steps", "Of their sampler.", 20, metavar="N", rich_help_panel=RHYTHM),
    ] = None,
    keep: Keep = None,
    run: RunName = None,
    resume: Resume = None,
    threads: Threads = None,
    workers: Workers = None,
    seed: Seed = None,
    device: Device = None,
    workspace: WorkspaceFolder = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune Wan-Animate on clips of `render` and `curate`.

    Clips are encoded once; then one of the paper's stages learns. The same
    command again goes on where it stopped; SIGTERM and SIGUSR1 leave a
    checkpoint and exit with 75. Checkpoints and logs go to
    WORKSPACE/models/appearance/RUN.
    """
    given = {**locals()}
    for name in ("config", "dry_run", "as_json"):
        del given[name]
    for name in ("data", "relay"):
        given[name] = tuple(given[name]) if given[name] else None
    from pipelines import train_appearance as pipeline

    settings = resolve(
        pipeline.TrainAppearanceConfig, "train-appearance", config, given, {"data": ()}
    )
    if dry_run:
        plan = pipeline.plan(settings, open_progress())
        if as_json:
            print_json(plan)
        else:
            print_data("\n".join(f"{name}: {value}" for name, value in plan.items()))
        return
    result = pipeline.train_appearance(settings, open_progress())
    if os.environ.get("RANK", "0") != "0":
        return  # of several processes one tells
    if as_json:
        print_json(dataclasses.asdict(result))
    else:
        print_data(str(result.learned or result.folder))
    if (error := pipeline.failure(result)) is not None:
        raise error
