"""The help: `--help`, `--help-all` where a command folds some of its panels, `macedance help`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import typer
from typer.main import get_command

FORMER = "former_"
"""Begins the names of parameters that stand for former names of options."""


_TYPES = {"<bool>": "", "<list[Path]>": "<path>"}
"""What Typer shows for some types, and what says the same to who writes no Python."""


def run_app(app: typer.Typer, arguments: Sequence[str], **how: Any) -> Any:
    """Run an app whose help shows no types that only Python has; its own exceptions pass."""
    group: Any = get_command(app)
    for command in (group, *group.commands.values()):
        for parameter in command.params:
            # Not of Typer's documented interface: where it is missing, the types stay as they are.
            shown = getattr(parameter, "display_type_rich", None)
            if shown is not None:
                parameter.__dict__["display_type_rich"] = partial(_plainly, shown)
    return group(arguments, **how)


def _plainly(shown: Callable[[Any], str | None], ctx: Any) -> str | None:
    found = shown(ctx)
    return _TYPES.get(found, found) if found else found


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
