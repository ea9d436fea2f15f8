"""Writes docs/options.md from the declared options: python docs/make_options.py."""

from __future__ import annotations

from pathlib import Path

from macedance_cli.app import COMMANDS
from pipelines.support.options import Declared, declared, distinct, range_words

HEAD = """# Options

Every option of every command, written by `python docs/make_options.py` from where each is declared.
In a `--config` file an option is written without the dashes in front; `(again)` marks one that may
be given several times, a list in the file. Where options come from, and which ranks above which:
[workspace.md](workspace.md#where-options-come-from).
"""


def option_tables() -> str:
    """The whole page."""
    return HEAD + "".join(_table(name) for name in COMMANDS)


def _table(name: str) -> str:
    offered = COMMANDS[name]
    rows = [_row(one) for one in (*declared(offered.config), *distinct(offered.own()))]
    head = "| option | takes | default | environment | |\n|---|---|---|---|---|\n"
    return f"\n## {name}\n\n{head}" + "".join(rows)


def _row(one: Declared) -> str:
    names = one.option.metavar if one.option.positional else f"`{one.flag}`"
    if one.option.short:
        names = f"`{one.option.short}`, {names}"
    if one.has_negation:
        names += f", `--no-{one.key}`"
    former = "".join(f" Formerly `--{name.replace('_', '-')}`." for name in one.option.former)
    cells = (names, _takes(one), one.shown_default(), _code(one.variable), one.option.help + former)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _takes(one: Declared) -> str:
    """What kind of value, and which are allowed."""
    again = " (several)" if one.option.listed else " (again)" if one.repeats else ""
    if one.choices:
        return ", ".join(map(str, one.choices)) + again
    kind = {bool: "", int: "whole number", float: "number", str: "text", Path: "path"}[one.item]
    allowed = range_words(one.option).removeprefix("lie in ").removeprefix("be ")
    allowed = "0 or more" if allowed == "not be negative" else allowed
    kind = f"{kind}, {allowed}" if allowed else kind
    return kind + again


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    Path(__file__).with_name("options.md").write_text(option_tables(), encoding="utf-8")
