"""`macedance doctor`: what this machine can do, and what to install for the rest."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import textwrap

import typer

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_json
from pipelines.doctor import Check, DoctorConfig, examine
from pipelines.support.errors import MissingAsset

EPILOG = """Examples:

  macedance doctor

  macedance doctor --json
"""

_MARKS = {"ok": ("ok", "green"), "missing": ("MISSING", "red"), "absent": ("-", "yellow")}


@command(DoctorConfig, "doctor", dry_run=False)
def doctor(settings: DoctorConfig, shown: Shown) -> None:
    """Tell what this machine can do, and what to install for the rest.

    Exits with 4 if something is missing that `macedance generate` cannot do without.
    """
    checks = examine(settings.workspace)
    broken = [check.name for check in checks if check.state == "missing"]
    if shown.as_json:
        ready = not broken
        print_json({"ready": ready, "checks": [dataclasses.asdict(check) for check in checks]})
    else:
        for check in checks:
            print_data(_row(check))
    if broken:
        raise typer.Exit(MissingAsset.exit_code)


def _row(check: Check) -> str:
    """The check's line, and below it what to do about it, wrapped to the terminal."""
    mark, colour = _MARKS[check.state]
    indent = " " * 27
    width = max(60, shutil.get_terminal_size((80, 24)).columns) - len(indent)
    lines = textwrap.wrap(check.detail, width, break_on_hyphens=False) or [""]
    if check.state != "ok" and check.remedy:
        remedy = f"-> {check.remedy}"
        lines += textwrap.wrap(remedy, width, break_on_hyphens=False, subsequent_indent="   ")
    head = typer.style(f"{mark:<8}", fg=colour) if _coloured() else f"{mark:<8}"
    return f"{head} {check.name:<17} " + f"\n{indent}".join(lines)


def _coloured() -> bool:

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
