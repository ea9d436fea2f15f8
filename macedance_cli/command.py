"""A command made from its config class: what Typer needs follows from the declared options.

    @command(RenderConfig, "render", dry_run=True)
    def render(settings: RenderConfig, shown: Shown) -> None:
        ...the docstring is the command's help...

Parameters default to None, "not given", so that the values of a `--config` file rank below flags
and environment; the real defaults are the config class's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from macedance_cli.config_file import resolve
from macedance_cli.console import open_progress, talk
from macedance_cli.failures import debug
from macedance_cli.help_pages import FORMER as _FORMER
from macedance_cli.help_pages import help_option, whole_help_option
from macedance_cli.listed_values import LISTING
from pipelines.support.clock import time_given
from pipelines.support.options import Declared, declared, distinct, flag
from pipelines.support.progress import Progress

RUNNING = "How to run it"

CONFIG = typer.Option(
    "--config",
    help="Options from a TOML file; MACEDANCE_* variables and flags rank above it.",
    metavar="FILE",
    envvar="MACEDANCE_CONFIG",
    show_envvar=False,
    readable=False,
    rich_help_panel=RUNNING,
)
DRY_RUN = typer.Option(
    "--dry-run", help="Print the plan and stop.", metavar="", rich_help_panel=RUNNING
)
AS_JSON = typer.Option(
    "--json", help="Print one JSON object on stdout.", metavar="", rich_help_panel=RUNNING
)
QUIET = typer.Option(
    "--quiet", "-q", help="Only warnings and errors beside the result.", metavar="",
    rich_help_panel=RUNNING,
)  # fmt: skip
VERBOSE = typer.Option(
    "--verbose", "-v", help="Also warnings of libraries, and where an error arose.", metavar="",
    rich_help_panel=RUNNING,
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What is to be shown: only the plan, as JSON, and nothing beside the result."""

    dry_run: bool
    as_json: bool
    quiet: bool = False

    def progress(self) -> Progress:
        """Whom a pipeline tells what it is doing."""
        return open_progress(self.quiet)


Runs = Callable[[Any, Shown], None]

_HELP = ("help_page", "help_all")
"""Parameters that Typer answers by itself."""

_LONGEST_CHOICES = 14
"""Characters of a list of choices that its column holds whole on a terminal of 80."""


def command(
    config_type: type[Any],
    name: str,
    *,
    dry_run: bool,
    own: Callable[[], Sequence[type]] = tuple,
    folded: Sequence[str] = (),
) -> Callable[[Runs], Callable[..., None]]:
    """A decorator that gives a function the parameters that its config class declares.

    Args:
        config_type: whose instance the function is called with.
        name: of the command, as its table in a TOML file.
        dry_run: whether there is a --dry-run.
        own: the option classes of the experts that the command offers; what is given of theirs
            arrives in the config's `options`.
        folded: panels that only --help-all shows.
    """

    def decorate(run: Runs) -> Callable[..., None]:
        known = (*declared(config_type), *distinct(own()))
        LISTING[name] = frozenset(one.flag for one in known if one.option.listed)

        @wraps(run)
        def called(**given: Any) -> None:
            for answered in _HELP:
                given.pop(answered, None)
            if given.pop("verbose"):
                debug()
            shown = Shown(given.pop("dry_run", False), given.pop("as_json"), given.pop("quiet"))
            file = given.pop("config")
            heeded = _current(given, known)
            run(resolve(config_type, name, file, heeded, distinct(own())), shown)

        parameters = [*_parameters(known, folded), *_common(dry_run, folded)]
        called.__dict__["__signature__"] = inspect.Signature(parameters)
        called.__annotations__ = {one.name: one.annotation for one in parameters}
        return called

    return decorate


def _common(dry_run: bool, folded: Sequence[str]) -> list[inspect.Parameter]:
    switches = [("dry_run", DRY_RUN)] if dry_run else []
    switches += [("as_json", AS_JSON), ("quiet", QUIET), ("verbose", VERBOSE)]
    switches += [(_HELP[0], help_option(RUNNING))]
    if folded:
        words = f"Also the options of: {', '.join(folded)}."
        switches += [(_HELP[1], whole_help_option(RUNNING, words))]
    return [
        _parameter("config", Annotated[Path | None, CONFIG], None),
        *(_parameter(name, Annotated[bool, switch], False) for name, switch in switches),
    ]


def _parameters(known: Sequence[Declared], folded: Sequence[str]) -> list[inspect.Parameter]:
    found = [
        _parameter(one.name, typer_type(one, one.option.panel in folded), None) for one in known
    ]
    for one in known:
        for former in one.option.former:
            hidden = typer.Option(
                flag(former), hidden=True, readable=False,
                envvar=f"MACEDANCE_{former.upper()}" if one.option.former_variable else None,
            )  # fmt: skip
            found.append(_parameter(_FORMER + former, Annotated[_kind(one), hidden], None))
    return found


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def typer_type(one: Declared, hidden: bool = False) -> Any:
    """The annotation by which Typer knows an option; unreadable paths are the pipelines' to refuse
    (exit code 3), Typer would call them usage."""
    known = one.option
    if known.positional:
        argument = typer.Argument(help=known.help, metavar=known.metavar, readable=False)
        return Annotated[_kind(one), argument]
    negation = f"/--no-{one.key}" if one.has_negation else ""
    shown = one.shown_default()
    return Annotated[
        _kind(one),
        typer.Option(
            one.flag + negation,
            *([known.short] if known.short else []),
            help=_help(one) + (f" (default: {shown})" if shown else ""),
            metavar=_metavar(one),
            envvar=one.variable,
            show_envvar=False,
            show_default=False,
            readable=False,
            hidden=hidden,
            parser=time_given(one.flag) if known.clock else None,
            rich_help_panel=known.panel or None,
        ),
    ]


def _kind(one: Declared) -> Any:
    # Typer knows no list of choices; those are checked with everything else.
    item: Any = Literal[one.choices] if one.choices and not one.repeats else one.item
    return list[item] | None if one.repeats else item | None


def _help(one: Declared) -> str:
    """The option's own words, and its choices where they are too long to stand for its value."""
    said = one.option.help
    return f"{said} One of: {', '.join(map(str, one.choices))}." if _is_long(one) else said


def _is_long(one: Declared) -> bool:
    listed = bool(one.choices) and not one.option.metavar
    return listed and len("|".join(map(str, one.choices))) > _LONGEST_CHOICES


def _metavar(one: Declared) -> str | None:
    """Without the empty metavar Typer shows a type for a switch."""
    if one.option.metavar or one.kind is bool:
        return one.option.metavar
    if _is_long(one):
        return "NAME"
    return None if one.choices else {int: "N", Path: "FILE"}.get(one.item)


def _current(given: dict[str, Any], known: Sequence[Declared]) -> dict[str, Any]:
    """What was given, by today's names; lists as the tuples that configs hold, none for nothing."""
    heeded = {name: value for name, value in given.items() if not name.startswith(_FORMER)}
    for one in known:
        for former in one.option.former:
            value = given[_FORMER + former]
            if value not in (None, []):
                talk(f"warning: {flag(former)} is called {one.flag} now")
                if heeded[one.name] in (None, []):
                    heeded[one.name] = value
        if one.repeats:
            heeded[one.name] = tuple(heeded[one.name]) if heeded[one.name] else None
    return heeded
