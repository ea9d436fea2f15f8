"""The options that several commands share, and one way to declare all others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer


def option(name: str, text: str, default: object = None, short: str = "", **details: Any) -> Any:
    """Declare `--name`, also read from `MACEDANCE_NAME`.

    Parameters of a command default to None, "not given", so that the values of a `--config` file
    rank below flags and environment; the real defaults live in the pipelines' config classes,
    and `default` repeats them for the help text (a test holds the two together).

    Args:
        name: the long name without dashes in front; "mirror/no-mirror" declares a switch that
            can also be turned off.
        details: anything that typer.Option takes.
    """
    long = name.partition("/")[0]
    return typer.Option(
        "/".join(f"--{form}" for form in name.split("/")),
        *([short] if short else []),
        help=text if default is None else f"{text} (default: {default})",
        envvar="MACEDANCE_" + long.upper().replace("-", "_"),
        show_envvar=False,
        show_default=False,
        # The pipelines refuse what may not be read, with exit code 3; Typer would call it usage.
        readable=False,
        **details,
    )


def switch(name: str, text: str, default: object = None, **details: Any) -> Any:
    """Declare a flag without a value; without the empty metavar Typer shows a type for it."""
    return option(name, text, default, metavar="", **details)


RUNNING = "How to run it"

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Options from a TOML file; MACEDANCE_* variables and flags rank above it.",
        metavar="FILE",
        envvar="MACEDANCE_CONFIG",
        show_envvar=False,
        readable=False,
        rich_help_panel=RUNNING,
    ),
]
WorkspaceFolder = Annotated[
    Path | None,
    option(
        "workspace",
        "Folder for everything that is worth keeping.",
        "./workspace",
        metavar="FOLDER",
        rich_help_panel=RUNNING,
    ),
]
Seed = Annotated[
    int | None,
    option("seed", "Same seed, same machine: same result.", 0, metavar="N",
           rich_help_panel=RUNNING),
]  # fmt: skip
Device = Annotated[
    Literal["auto", "cpu", "cuda"] | None,
    option("device", "Where the networks run.", "auto", rich_help_panel=RUNNING),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print the plan and stop.",
        metavar="",
        rich_help_panel=RUNNING,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON object on stdout.",
        metavar="",
        rich_help_panel=RUNNING,
    ),
]
