"""`macedance render`: 3D dances become videos, keypoints and files that other tools open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, print_data, print_json
from macedance_cli.generate import show
from macedance_cli.options import (
    RUNNING,
    AsJson,
    ConfigFile,
    DryRun,
    Seed,
    WorkspaceFolder,
    option,
    switch,
)

DANCES, PICTURE, DANCER, FILES = "Many dances", "The picture", "The dancer", "Other files"

EPILOG = """Examples:

  macedance render dance.npz --music song.wav -o dance.mp4

  macedance render dance.bvh -o dance.glb

  macedance render --src finedance/ --windows --vary --workers 8
"""


def render(
    dance: Annotated[
        Path | None,
        typer.Argument(help="One motion file, with -o.", metavar="DANCE", readable=False),
    ] = None,
    output: Annotated[
        Path | None,
        option(
            "output",
            "The file to make of it: .mp4, .glb, .bvh or .npz.",
            short="-o",
            metavar="FILE",
        ),
    ] = None,
    music: Annotated[
        Path | None,
        option(
            "music",
            "The song of DANCE; with --src a folder of songs with the dances' names.",
            metavar="PATH",
        ),
    ] = None,
    force: Annotated[
        bool | None, switch("force", "Write over an output that is already there.")
    ] = None,
    src: Annotated[
        list[Path] | None,
        option(
            "src",
            "A folder of dances, a data set, or a file; may be given again.",
            metavar="PATH",
            rich_help_panel=DANCES,
        ),
    ] = None,
    windows: Annotated[
        bool | None,
        switch(
            "windows",
            "Random clips of 5 to 10 s instead of whole dances.",
            rich_help_panel=DANCES,
        ),
    ] = None,
    motion_fps: Annotated[
        float | None,
        option(
            "motion-fps",
            "The dances' frame rate, where files do not tell or lie.",
            "what the files say",
            metavar="FPS",
            rich_help_panel=DANCES,
        ),
    ] = None,
    camera: Annotated[
        Literal["front", "side", "orbit", "follow"] | None,
        option("camera", "Where it is seen from.", "front", rich_help_panel=PICTURE),
    ] = None,
    size: Annotated[
        str | None,
        option("size", "Of the video.", "540x960", metavar="WxH", rich_help_panel=PICTURE),
    ] = None,
    fps: Annotated[
        float | None,
        option("fps", "Frames per second.", 30.0, metavar="FPS", rich_help_panel=PICTURE),
    ] = None,
    renderer: Annotated[
        Literal["auto", "pyrender", "builtin"] | None,
        option(
            "renderer",
            "auto: pyrender on a graphics card, else the built-in one.",
            "auto",
            rich_help_panel=PICTURE,
        ),
    ] = None,
    body: Annotated[
        Literal["anny", "skeleton", "smpl"] | None,
        option("body", "Who dances.", "anny", rich_help_panel=DANCER),
    ] = None,
    body_model: Annotated[
        Path | None,
        option(
            "body-model",
            "Model file for smpl: SMPL, SMPL-H or SMPL-X.",
            metavar="FILE",
            rich_help_panel=DANCER,
        ),
    ] = None,
    vary: Annotated[
        bool | None,
        switch(
            "vary", "Draw body, clothes, light and camera from the seed.", rich_help_panel=DANCER
        ),
    ] = None,
    export: Annotated[
        list[str] | None,
        option(
            "export",
            "Also write this beside the video; may be given again.",
            metavar="[bvh|glb|npz]",
            rich_help_panel=FILES,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        option("workers", "Processes that draw.", 1, metavar="N", rich_help_panel=RUNNING),
    ] = None,
    shard: Annotated[
        str | None,
        option(
            "shard",
            "Only this share of the dances.",
            "the SLURM array's, or all",
            metavar="i/N",
            rich_help_panel=RUNNING,
        ),
    ] = None,
    seed: Seed = None,
    workspace: WorkspaceFolder = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Draw 3D dances: videos, exact keypoints, pose videos, and files for other tools.

    One DANCE goes to -o. Many, from --src, become clips in WORKSPACE/clips with
    one table of all; the same command again goes on where it stopped. Exits with
    5 if some dances could not be rendered, and says which and why.
    """
    given = {**locals()}
    for name in ("config", "dry_run", "as_json"):
        del given[name]
    for name in ("src", "export"):
        given[name] = tuple(given[name]) if given[name] else None
    from pipelines import render as pipeline

    settings = resolve(pipeline.RenderConfig, "render", config, given)
    progress = open_progress()
    if dry_run:
        show(pipeline.plan(settings, progress), as_json)
        return
    result = pipeline.render(settings, progress)
    if as_json:
        print_json(result)
    else:
        for path in result.get("output") or [result["table"]]:
            print_data(path)
    error = pipeline.failure(result)
    if error is not None:
        raise error
