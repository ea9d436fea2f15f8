"""`--config file.toml`: a file ranks below the environment, the environment below flags."""

from __future__ import annotations

import difflib
import json
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from macedance_cli.console import talk
from pipelines.support.clock import time_given
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.options import Declared, declared

Config = TypeVar("Config")

COMMANDS = (
    "curate", "generate", "render", "train-motion", "train-appearance", "evaluate", "doctor",
)  # fmt: skip


def resolve(
    config_type: type[Config],
    command: str,
    file: Path | None,
    given: Mapping[str, Any],
    own: Sequence[Declared] = (),
) -> Config:
    """Build a command's config from its defaults, a TOML file, and what was given.

    Args:
        config_type: a dataclass whose fields are declared options.
        given: what flags and environment said; None means not given.
        own: options of experts; they come into the config's field `options`.

    Raises:
        BadUsage: the file holds an unknown key or a value of the wrong type.
        UnsuitableInput: the file is missing or is not TOML.
    """
    values = {} if file is None else _file_values((*declared(config_type), *own), command, file)
    values |= {name: value for name, value in given.items() if value is not None}
    theirs = {one.name for one in own}
    if own:
        values["options"] = {name: values.pop(name) for name in list(values) if name in theirs}
    return config_type(**values)


def _file_values(options: Sequence[Declared], command: str, file: Path) -> dict[str, Any]:
    """Top-level keys belong to whatever command runs; its own table ranks above them."""
    document = _read_toml(file)
    shared = {key: value for key, value in document.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    for table in tables:
        if table not in COMMANDS:
            raise BadUsage(f"{file}: unknown table [{table}]", _suggestion(table, COMMANDS))
    known = {one.key: one for one in options}
    former = {name.replace("_", "-"): one for one in options for name in one.option.former}
    values: dict[str, Any] = {}
    for written, value in (shared | tables.get(command, {})).items():
        key = written.replace("_", "-")
        one = known.get(key) or former.get(key)
        if one is None:
            raise BadUsage(
                f"{file}: macedance {command} has no option {written!r}", _suggestion(key, known)
            )
        if key not in known:
            talk(f"warning: {file}: {written} is called {one.key} now")
            if one.name in values:
                continue
        values[one.name] = _converted(value, one, f"{file}: {written}")
    return values


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UnsuitableInput(f"--config {file}: {reason}") from error
    except (ValueError, RecursionError) as error:  # not TOML, or not UTF-8
        raise UnsuitableInput(f"--config {file}: not a TOML file ({error})") from error


def _converted(value: Any, one: Declared, place: str) -> Any:
    """`value` as the option's type; TOML has no paths, tuples or None."""
    import pydantic

    if one.option.clock and isinstance(value, str):
        return time_given(place)(value)
    kind: Any = typing.Literal[one.choices] if one.choices and not one.repeats else one.kind
    try:
        # JSON's strictness is TOML's: a list may become a tuple, a text a path, 1 may become 1.0.
        text = json.dumps(value)
        return pydantic.TypeAdapter(kind).validate_json(text, strict=True)
    except (pydantic.ValidationError, TypeError):  # TypeError: a date
        raise BadUsage(
            f"{place} = {value!r} is not {_name(one)}", "give a value as the flag takes it"
        ) from None


def _name(one: Declared) -> str:
    if one.repeats:
        return "a list"
    if one.choices:
        return " | ".join(map(repr, one.choices))
    return {Path: "a path", str: "text", float: "a number", int: "a whole number",
            bool: "true or false"}[one.kind]  # fmt: skip


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else "known are: " + ", ".join(names)
