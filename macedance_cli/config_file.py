"""`--config file.toml`: a file ranks below the environment, the environment below flags."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipelines.support.errors import BadUsage, UnsuitableInput

Config = TypeVar("Config")

COMMANDS = ("curate", "generate", "render", "train-motion", "train-appearance", "evaluate")


def resolve(
    config_type: type[Config],
    command: str,
    file: Path | None,
    given: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> Config:
    """Build a command's config from its defaults, a TOML file, and what was given.

    Args:
        config_type: a dataclass whose fields are named like the options.
        given: what flags and environment said; None means not given.
        defaults: for fields of the dataclass that have none.

    Raises:
        BadUsage: the file holds an unknown key or a value of the wrong type.
        UnsuitableInput: the file is missing or is not TOML.
    """
    values = dict(defaults or {})
    if file is not None:
        values |= _file_values(config_type, command, file)
    values |= {name: value for name, value in given.items() if value is not None}
    return config_type(**values)


def _file_values(config_type: type, command: str, file: Path) -> dict[str, Any]:
    """Top-level keys belong to whatever command runs; its own table ranks above them."""
    document = _read_toml(file)
    shared = {key: value for key, value in document.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    for table in tables:
        if table not in COMMANDS:
            raise BadUsage(f"{file}: unknown table [{table}]", _suggestion(table, COMMANDS))
    field_types = typing.get_type_hints(config_type)
    values: dict[str, Any] = {}
    for key, value in (shared | tables.get(command, {})).items():
        name = key.replace("-", "_")
        if name not in field_types:
            options = (field.name.replace("_", "-") for field in dataclasses.fields(config_type))
            raise BadUsage(
                f"{file}: macedance {command} has no option {key!r}",
                _suggestion(key.replace("_", "-"), options),
            )
        values[name] = _converted(value, field_types[name], f"{file}: {key}")
    return values


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UnsuitableInput(f"--config {file}: {reason}") from error
    except (ValueError, RecursionError) as error:  # not TOML, or not UTF-8
        raise UnsuitableInput(f"--config {file}: not a TOML file ({error})") from error


def _converted(value: Any, wanted: Any, place: str) -> Any:
    """`value` as the type `wanted` of a dataclass field; TOML has no paths, tuples or None."""
    choices = _choices(wanted)
    for choice in choices:
        if typing.get_origin(choice) is typing.Literal and value in typing.get_args(choice):
            return value
        if choice is float and type(value) is int:
            return float(value)
        if choice is Path and isinstance(value, str):
            return Path(value)
        if isinstance(choice, type) and type(value) is choice:
            return value
        if typing.get_origin(choice) in (tuple, list) and isinstance(value, list):
            inner = typing.get_args(choice)[0]
            return typing.get_origin(choice)(_converted(item, inner, place) for item in value)
    names = " or ".join(_name(choice) for choice in choices if choice is not type(None))
    raise BadUsage(f"{place} = {value!r} is not {names}", "give a value as the flag takes it")


def _choices(wanted: Any) -> tuple[Any, ...]:
    union = typing.get_origin(wanted) in (typing.Union, types.UnionType)
    return typing.get_args(wanted) if union else (wanted,)


def _name(choice: Any) -> str:
    if typing.get_origin(choice) is typing.Literal:
        return " | ".join(map(repr, typing.get_args(choice)))
    return {Path: "a path", str: "text", float: "a number", int: "a whole number",
            bool: "true or false"}.get(choice, "a list")  # fmt: skip


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else "known are: " + ", ".join(names)
