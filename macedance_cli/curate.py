"""`macedance curate`: raw videos become clean clips of single dancers, with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, print_data, print_json
from macedance_cli.generate import show
from macedance_cli.options import (
    RUNNING,
    AsJson,
    ConfigFile,
    Device,
    DryRun,
    Seed,
    WorkspaceFolder,
    option,
    switch,
)

RULES, PEOPLE, CLIPS = "What is kept", "Who finds people", "The clips"

EPILOG = """Examples:

  macedance curate --src videos/ --workers 8

  macedance curate --src videos/ --min-motion 0.1 --require-sound

  macedance curate --src videos/ --shard 3/64 --engine ray
"""


def curate(
    src: Annotated[
        list[Path] | None,
        option("src", "A folder of videos, or a video; may be given again.", metavar="PATH"),
    ] = None,
    labels: Annotated[
        Path | None,
        option(
            "labels",
            "CSV with columns file and genre; else folders name the genres.",
            metavar="FILE",
        ),
    ] = None,
    shot_threshold: Annotated[
        float | None,
        option(
            "shot-threshold", "Probability of a cut.", 0.5, metavar="P", rich_help_panel=RULES
        ),
    ] = None,
    min_shot: Annotated[
        float | None,
        option(
            "min-shot", "Seconds; at least 5.", 5.0, metavar="SECONDS", rich_help_panel=RULES
        ),
    ] = None,
    min_motion: Annotated[
        float | None,
        option(
            "min-motion", "Body heights per second; 0: off.", 0.02, metavar="SPEED",
            rich_help_panel=RULES,
        ),
    ] = None,
    max_several: Annotated[
        float | None,
        option(
            "max-several", "Share of frames with two people or more; 1: off.", 0.05,
            metavar="SHARE", rich_help_panel=RULES,
        ),
    ] = None,
    max_nobody: Annotated[
        float | None,
        option(
            "max-nobody", "Share of frames with nobody; 1: off.", 0.10, metavar="SHARE",
            rich_help_panel=RULES,
        ),
    ] = None,
    min_whole_body: Annotated[
        float | None,
        option(
            "min-whole-body", "Share of frames with the whole body; 0: off.", 0.5,
            metavar="SHARE", rich_help_panel=RULES,
        ),
    ] = None,
    min_side: Annotated[
        int | None,
        option(
            "min-side", "Pixels of the picture's shorter side; 0: off.", 256, metavar="N",
            rich_help_panel=RULES,
        ),
    ] = None,
    min_person: Annotated[
        int | None,
        option(
            "min-person", "Pixels of the person's height; 0: off.", 128, metavar="N",
            rich_help_panel=RULES,
        ),
    ] = None,
    max_black_bars: Annotated[
        float | None,
        option(
            "max-black-bars", "Share of the picture; 1: off.", 0.10, metavar="SHARE",
            rich_help_panel=RULES,
        ),
    ] = None,
    max_duplicate: Annotated[
        float | None,
        option(
            "max-duplicate", "Bits of 64 in which a repeat may differ; 0: off.", 5.0,
            metavar="BITS", rich_help_panel=RULES,
        ),
    ] = None,
    require_sound: Annotated[
        bool | None,
        switch("require-sound", "Drop silent clips.", rich_help_panel=RULES),
    ] = None,
    test_share: Annotated[
        float | None,
        option(
            "test-share", "Share of the videos held out for testing.", 0.05, metavar="SHARE",
            rich_help_panel=CLIPS,
        ),
    ] = None,
    longest_side: Annotated[
        int | None,
        option(
            "longest-side", "Larger clips are scaled down to it.", 1280, metavar="N",
            rich_help_panel=CLIPS,
        ),
    ] = None,
    person_detector: Annotated[
        str | None,
        option(
            "person-detector", "Folder or hub id of a detector for transformers.",
            metavar="MODEL", rich_help_panel=PEOPLE,
        ),
    ] = None,
    pose_model: Annotated[
        str | None,
        option(
            "pose-model", "Folder or hub id of ViTPose.", metavar="MODEL", rich_help_panel=PEOPLE
        ),
    ] = None,
    workers: Annotated[
        int | None,
        option("workers", "Processes.", 2, metavar="N", rich_help_panel=RUNNING),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"] | None,
        option("engine", "ray: on a Ray cluster.", "local", rich_help_panel=RUNNING),
    ] = None,
    shard: Annotated[
        str | None,
        option(
            "shard", "Only this share of the videos.", "the SLURM array's, or all",
            metavar="i/N", rich_help_panel=RUNNING,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        option("limit", "Only so many videos.", metavar="N", rich_help_panel=RUNNING),
    ] = None,
    device: Device = None,
    seed: Seed = None,
    workspace: WorkspaceFolder = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Cut raw videos into clean clips of single dancers, and say why the rest was dropped.

    Every video is watched once; scores are kept, so other thresholds need no
    other look. Clips, their table, all decisions and report.html go to WORKSPACE.
    The same command again goes on where it stopped. Exits with 5 if some videos
    could not be read, and says which and why.
    """
    given = {**locals()}
    for name in ("config", "dry_run", "as_json"):
        del given[name]
    given["src"] = tuple(src) if src else None
    from pipelines import curate as pipeline

    settings = resolve(pipeline.CurateConfig, "curate", config, given)
    progress = open_progress()
    if dry_run:
        show(pipeline.plan(settings, progress), as_json)
        return
    result = pipeline.curate(settings, progress)
    if as_json:
        print_json(result)
    else:
        for name in ("table", "report"):
            print_data(result[name])
    error = pipeline.failure(result)
    if error is not None:
        raise error
