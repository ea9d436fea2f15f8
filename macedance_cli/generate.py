"""`macedance generate`: a song and one picture become a dance video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, print_data, print_json, talk
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
from pipelines.workspace.layout import DEFAULT_ROOT

MUSIC, DANCE, PICTURE, VIDEO = "The music", "The dance", "The person", "The video"
WAN = "Wan-Animate (docs/wan-animate.md)"

EPILOG = """Examples:

  macedance generate song.mp3 me.jpg -o out.mp4

  macedance generate song.mp3 me.jpg -o out.mp4 --start 30 --duration 15

  macedance generate song.mp3 --motion-only --motion-out dance.bvh

  macedance generate song.mp3 me.jpg -o out.mp4 --appearance wan --dry-run
"""


def generate(
    song: Annotated[
        Path | None,
        typer.Argument(
            help="Any file with sound that ffmpeg reads.", metavar="SONG", readable=False
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Argument(help="A picture of one person.", metavar="PICTURE", readable=False),
    ] = None,
    output: Annotated[
        Path | None, option("output", "The video to write.", short="-o", metavar="FILE.mp4")
    ] = None,
    force: Annotated[
        bool | None, switch("force", "Write over an output that is already there.")
    ] = None,
    start: Annotated[
        float | None,
        option(
            "start",
            "Begin this far into the song.",
            "0 s",
            metavar="SECONDS",
            rich_help_panel=MUSIC,
        ),
    ] = None,
    duration: Annotated[
        float | None,
        option(
            "duration",
            "Take this much of it.",
            "to its end",
            metavar="SECONDS",
            rich_help_panel=MUSIC,
        ),
    ] = None,
    genre: Annotated[
        str | None,
        option(
            "genre",
            "Dance in this style.",
            "the model's choice",
            metavar="NAME",
            rich_help_panel=DANCE,
        ),
    ] = None,
    beta: Annotated[
        float | None,
        option(
            "beta",
            "Up to 1; lower follows the music harder and varies less.",
            0.75,
            metavar="B",
            rich_help_panel=DANCE,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        option("steps", "Denoising steps.", 50, metavar="N", rich_help_panel=DANCE),
    ] = None,
    candidates: Annotated[
        int | None,
        option(
            "candidates",
            "Try N dances and keep the one that fits the beat best.",
            1,
            metavar="N",
            rich_help_panel=DANCE,
        ),
    ] = None,
    tempo_change: Annotated[
        float | None,
        option(
            "tempo-change",
            "Bend the new dance's tempo by up to this share to bring its steps onto the beat.",
            0.2,
            metavar="SHARE",
            rich_help_panel=DANCE,
        ),
    ] = None,
    motion_model: Annotated[
        Path | None,
        option(
            "motion-model",
            "Folder of a trained Motion Expert.",
            "the one that ships",
            metavar="FOLDER",
            rich_help_panel=DANCE,
        ),
    ] = None,
    motion: Annotated[
        Path | None,
        option(
            "motion",
            "Dance this motion file instead of making a new dance.",
            metavar="FILE",
            rich_help_panel=DANCE,
        ),
    ] = None,
    motion_out: Annotated[
        Path | None,
        option(
            "motion-out",
            "Also write the dance to this .npz or .bvh.",
            metavar="FILE",
            rich_help_panel=DANCE,
        ),
    ] = None,
    motion_only: Annotated[
        bool | None,
        switch("motion-only", "Stop after the dance; needs no picture.", rich_help_panel=DANCE),
    ] = None,
    ref_keypoints: Annotated[
        Path | None,
        option(
            "ref-keypoints",
            "The person's pose, where none is found (docs/formats.md).",
            metavar="FILE.json",
            rich_help_panel=PICTURE,
        ),
    ] = None,
    ref_mask: Annotated[
        Path | None,
        option(
            "ref-mask",
            "The person's outline: white on black, as large as the picture.",
            metavar="FILE.png",
            rich_help_panel=PICTURE,
        ),
    ] = None,
    appearance: Annotated[
        Literal["auto", "puppet", "tiny", "wan", "wan2"] | None,
        option(
            "appearance",
            "Who draws the video; puppet and tiny make drafts without a GPU.",
            "auto",
            rich_help_panel=VIDEO,
        ),
    ] = None,
    fps: Annotated[
        float | None,
        option("fps", "Frames per second.", 30, metavar="RATE", rich_help_panel=VIDEO),
    ] = None,
    size: Annotated[
        str | None,
        option(
            "size",
            "Such as 540x960, or 960 for the longer side.",
            "960",
            metavar="WxH",
            rich_help_panel=VIDEO,
        ),
    ] = None,
    model: Annotated[
        str | None,
        option(
            "model",
            "Folder or hub id of its weights.",
            metavar="FOLDER",
            rich_help_panel=WAN,
        ),
    ] = None,
    profile: Annotated[
        Literal["auto", "80gb", "48gb", "24gb", "16gb", "cpu"] | None,
        option(
            "profile",
            "How it fits the graphics card: 80gb, 48gb, 24gb, 16gb or cpu.",
            "auto: by the memory that is free",
            metavar="CARD",
            rich_help_panel=WAN,
        ),
    ] = None,
    gguf: Annotated[
        Path | None,
        option(
            "gguf",
            "A quantised transformer instead of the one in --model.",
            metavar="FILE.gguf",
            rich_help_panel=WAN,
        ),
    ] = None,
    adapter: Annotated[
        Path | None,
        option(
            "adapter",
            "Lay this body adapter over it.",
            metavar="FILE",
            rich_help_panel=WAN,
        ),
    ] = None,
    lora: Annotated[
        list[str] | None,
        option(
            "lora",
            "Merge this LoRA, at scale 1 if none is given; may be repeated.",
            metavar="FILE[:SCALE]",
            rich_help_panel=WAN,
        ),
    ] = None,
    face: Annotated[
        str | None,
        option(
            "face",
            "Expressions: neutral keeps the picture's, none leaves them open, a video gives its.",
            "neutral",
            metavar="neutral|none|FILE",
            rich_help_panel=WAN,
        ),
    ] = None,
    prompt: Annotated[
        str | None,
        option(
            "prompt",
            "What the video shows.",
            "a person dances, in Chinese",
            metavar="TEXT",
            rich_help_panel=WAN,
        ),
    ] = None,
    wan_steps: Annotated[
        int | None,
        option(
            "wan-steps",
            "Sampling steps; 4 to 6 with a step-distilled LoRA.",
            20,
            metavar="N",
            rich_help_panel=WAN,
        ),
    ] = None,
    forecast: Annotated[
        bool | None,
        switch(
            "forecast",
            "Forecast every other step of the middle instead of computing it.",
            rich_help_panel=WAN,
        ),
    ] = None,
    projector: Annotated[
        Literal["exact", "rendered"] | None,
        option(
            "projector",
            "Skeletons from the dance's own joints, or as the paper found in a drawn body.",
            "exact",
            rich_help_panel=WAN,
        ),
    ] = None,
    seed: Seed = None,
    device: Device = None,
    workspace: WorkspaceFolder = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a dance video from a song and one picture of a person.

    The song becomes a 3D dance, and the dance moves the person of the picture.
    Run the same command again, and it goes on after the last finished stage.

    Every option can also be set in the environment (MACEDANCE_BETA=0.6) or in
    a --config file.
    """
    given = {**locals()}
    for name in ("config", "dry_run", "as_json"):
        del given[name]
    from pipelines import generate as pipeline

    nothing = {"song": None, "picture": None, "output": None, "workspace": DEFAULT_ROOT}
    if lora is not None:
        given["lora"] = tuple(lora)
    settings = resolve(pipeline.GenerateConfig, "generate", config, given, nothing)
    progress = open_progress()
    if dry_run:
        show(pipeline.plan(settings, progress), as_json)
        return
    result = pipeline.generate(settings, progress)
    if as_json:
        print_json(result)
    else:
        talk(f"the dance's other files lie in {result['folder']}")
        print_data(str(result["output"]))


def show(facts: dict[str, Any], as_json: bool) -> None:
    """Print a dictionary on stdout, as JSON or as one line per entry."""
    if as_json:
        print_json(facts)
        return
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print_data(f"{name:<{width}}  {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list) else str(value)
