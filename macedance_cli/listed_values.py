"""Flags that take all values that follow them, as `--ratings answers/*.json` wants it.

Typer has a flag take one value, or a fixed number; so the flag is said again before each value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

LISTING: dict[str, frozenset[str]] = {}
"""By command, filled as commands are made (`command.command`)."""


def repeated(arguments: Sequence[str], flags: Mapping[str, Collection[str]]) -> list[str]:
    """The arguments with such a flag before each of its values.

    Args:
        arguments: of the program, the command's name among them.
        flags: the flags of each command that take what follows.
    """
    command = next((word for word in arguments if word in flags), None)
    listing: str | None = None
    found: list[str] = []
    for number, word in enumerate(arguments):
        if word == "--":
            return [*found, *arguments[number:]]
        if word.startswith("-") and word != "-":
            listing = word if command is not None and word in flags[command] else None
            following = arguments[number + 1] if number + 1 < len(arguments) else "-"
            if listing is None or following.startswith("-"):
                found.append(word)  # without a value Typer says what is missing
        else:
            found += [word] if listing is None else [listing, word]
    return found
