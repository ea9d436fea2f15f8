"""`macedance evaluate`: how good dances and dance videos are, by published and by strict rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, print_data, print_json, talk
from macedance_cli.generate import show
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
from pipelines.support.errors import SomeItemsFailed
from pipelines.workspace.layout import DEFAULT_ROOT

MOTION, APPEARANCE, ANIMATION, OUTPUT = "Motion", "Appearance", "Animation", "What is written"

EPILOG = """Examples:

  macedance evaluate --protocol motion-3d --pred dances/ --truth finedance/ --music songs/

  macedance evaluate --protocol motion-appearance --pred videos/ --truth real/

  macedance evaluate --protocol animation --pred videos/ --truth real/ --video-frames 80

  macedance evaluate --protocol motion-3d --compare ours=a/ theirs=b/ --truth finedance/
"""


def evaluate(
    protocol: Annotated[
        Literal["motion-3d", "motion-appearance", "animation"] | None,
        option("protocol", "Which of the paper's three tables."),
    ] = None,
    pred: Annotated[
        Path | None,
        option("pred", "What to judge: a file, or a folder of one kind.", metavar="FOLDER"),
    ] = None,
    truth: Annotated[
        Path | None,
        option("truth", "Recordings to judge by, named alike.", metavar="FOLDER"),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        option("compare", "Two systems instead of --pred.", metavar="A=FOLDER B=FOLDER"),
    ] = None,
    profile: Annotated[
        Literal[
            "strict", "mace2d-official", "mace3d-official", "megadance", "lodge", "bailando", "mint"
        ]
        | None,
        option("profile", "Whose definitions (docs/evaluation.md).", "strict"),
    ] = None,
    music: Annotated[
        Path | None,
        option(
            "music",
            "The song, or songs named like the clips; videos bring their own.",
            metavar="PLACE",
            rich_help_panel=MOTION,
        ),
    ] = None,
    window: Annotated[
        float | None,
        option(
            "window",
            "Take features of 3D dances over pieces of this length.",
            "the whole",
            metavar="SECONDS",
            rich_help_panel=MOTION,
        ),
    ] = None,
    keypoint_fps: Annotated[
        float | None,
        option(
            "keypoint-fps",
            "Frame rate of keypoint files that do not say.",
            metavar="RATE",
            rich_help_panel=MOTION,
        ),
    ] = None,
    person_detector: Annotated[
        str | None,
        option(
            "person-detector",
            "Folder or hub id of a detector for transformers, for videos.",
            metavar="MODEL",
            rich_help_panel=MOTION,
        ),
    ] = None,
    pose_model: Annotated[
        str | None,
        option(
            "pose-model", "Folder or hub id of ViTPose.", metavar="MODEL", rich_help_panel=MOTION
        ),
    ] = None,
    run_records: Annotated[
        list[Path] | None,
        option(
            "run-records",
            "run.json of generate, for the speed; may be repeated.",
            metavar="FILE",
            rich_help_panel=MOTION,
        ),
    ] = None,
    vbench_weights: Annotated[
        Path | None,
        option(
            "vbench-weights",
            "Folder of VBench's weight files (docs/evaluation.md).",
            metavar="FOLDER",
            rich_help_panel=APPEARANCE,
        ),
    ] = None,
    vbench_json: Annotated[
        list[str] | None,
        option(
            "vbench-json",
            "Results of VBench itself, for --pred or for NAME; may be repeated.",
            metavar="[NAME=]FILE",
            rich_help_panel=APPEARANCE,
        ),
    ] = None,
    i3d: Annotated[
        Path | None,
        option(
            "i3d",
            "TorchScript I3D for FVD.",
            metavar="FILE",
            rich_help_panel=ANIMATION,
        ),
    ] = None,
    fvd: Annotated[
        Literal["styleganv", "disco"] | None,
        option("fvd", "Whose way to feed it.", "styleganv", rich_help_panel=ANIMATION),
    ] = None,
    lpips_weights: Annotated[
        Path | None,
        option(
            "lpips-weights",
            "Folder of LPIPS's weight files (docs/evaluation.md).",
            metavar="FOLDER",
            rich_help_panel=ANIMATION,
        ),
    ] = None,
    lpips_disco_compat: Annotated[
        bool | None,
        switch(
            "lpips-disco-compat",
            "Feed LPIPS [0, 1] as DisCo and its heirs do.",
            rich_help_panel=ANIMATION,
        ),
    ] = None,
    video_frames: Annotated[
        int | None,
        option(
            "video-frames",
            "First frames of each video.",
            77,
            metavar="N",
            rich_help_panel=ANIMATION,
        ),
    ] = None,
    video_fps: Annotated[
        float | None,
        option(
            "video-fps", "Rate they are read at.", 16, metavar="RATE", rich_help_panel=ANIMATION
        ),
    ] = None,
    video_side: Annotated[
        int | None,
        option(
            "video-side",
            "Shorter side they are scaled to.",
            "the truth's",
            metavar="PIXELS",
            rich_help_panel=ANIMATION,
        ),
    ] = None,
    latex: Annotated[
        Path | None,
        option("latex", "The table for a paper.", metavar="FILE.tex", rich_help_panel=OUTPUT),
    ] = None,
    markdown: Annotated[
        Path | None,
        option("markdown", "The tables in Markdown.", metavar="FILE.md", rich_help_panel=OUTPUT),
    ] = None,
    csv: Annotated[
        Path | None,
        option("csv", "All numbers, unrounded.", metavar="FILE.csv", rich_help_panel=OUTPUT),
    ] = None,
    force: Annotated[
        bool | None,
        switch("force", "Write over outputs that are already there.", rich_help_panel=OUTPUT),
    ] = None,
    seed: Seed = None,
    device: Device = None,
    workspace: WorkspaceFolder = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Measure dances or dance videos, with what it takes to judge the numbers.

    Every number comes with its interval, the recordings' own row, a floor for
    distances and the chance level of the beat score. metrics.json and
    report.html lie in the workspace; the same command again finds them there.
    """
    given = {**locals()}
    for name in ("config", "dry_run", "as_json"):
        del given[name]
    from pipelines import evaluate as pipeline

    # Typer gives an empty list for an option that was not there.
    for name in ("run_records", "vbench_json"):
        given[name] = tuple(given[name]) if given[name] else None
    nothing = {"protocol": "", "pred": None, "truth": None, "workspace": DEFAULT_ROOT}
    settings = resolve(pipeline.EvaluateConfig, "evaluate", config, given, nothing)
    progress = open_progress()
    if dry_run:
        show(pipeline.plan(settings, progress), as_json)
        return
    result = pipeline.evaluate(settings, progress)
    if as_json:
        print_json(result)
    else:
        print_tables(result)
        talk(f"report: {result['folder']}/{pipeline.REPORT_FILE}")
    _tell_failures(result)


def print_tables(result: dict[str, Any]) -> None:
    """Print a judged result on stdout: one block per system, then the comparison."""
    from pipelines.evaluation.tables import comparison_table, main_table

    for table in (main_table(result), comparison_table(result)):
        if table is not None:
            print_data(_drawn(table))


def _drawn(table: Any) -> str:
    """A table as rich draws it; metrics run downwards, since a terminal is narrow."""
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table

    columns = [table.header, *table.rows]
    if table.rows and table.header[1] == "N":
        columns = [[str(cell) for cell in column] for column in zip(*columns, strict=True)]
    grid = Table(title=table.title, box=box.SIMPLE_HEAD, title_justify="left")
    for number, head in enumerate(columns[0]):
        grid.add_column(head, justify="left" if number == 0 else "right")
    for row in columns[1:]:
        grid.add_row(*row)
    stream = io.StringIO()
    Console(file=stream, width=max(100, 24 * len(columns[0])), highlight=False).print(grid)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).rstrip() + "\n"


def _tell_failures(result: dict[str, Any]) -> None:
    failed = [f"{name}/{clip}" for name, clips in result["left_out"].items() for clip in clips]
    for name, clips in result["left_out"].items():
        for clip, reason in clips.items():
            talk(f"left out: {name}/{clip}: {reason}")
    for title, names in result["unmatched"].items():
        talk(f"{title}: {len(names)} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})")
    if failed:
        listed = ", ".join(failed[:5]) + (", ..." if len(failed) > 5 else "")
        raise SomeItemsFailed(
            f"{len(failed)} clips could not be measured: {listed}", "the lines above say why"
        )
