"""The help: `--help`, `--help-all` where a command folds some of its panels, `macedance help`."""

from __future__ import annotations

import typer

FORMER = "former_"
"""Begins the names of parameters that stand for former names of options."""


def help_option(panel: str | None = None) -> typer.models.OptionInfo:
    """`--help`, without the type that Typer's own shows for it."""
    found: typer.models.OptionInfo = typer.Option(
        "--help", "-h", help="Show this page and stop.", metavar="", is_eager=True,
        callback=_show, rich_help_panel=panel,
    )  # fmt: skip
    return found


def whole_help_option(panel: str, words: str) -> typer.models.OptionInfo:
    """`--help-all`, which also shows the options that `--help` folds."""
    found: typer.models.OptionInfo = typer.Option(
        "--help-all", help=words, metavar="", is_eager=True, callback=_show_all,
        rich_help_panel=panel,
    )  # fmt: skip
    return found


def _show(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        typer.echo(context.get_help())
        raise typer.Exit


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted:
        for parameter in context.command.params:
            if not (parameter.name or "").startswith(FORMER):
                parameter.__dict__["hidden"] = False
        _show(context, wanted)
