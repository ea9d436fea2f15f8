"""Options, each declared once: a field of a config dataclass carries all that is known of one.

    fps: float = option(30.0, "Frames per second.", low=1, high=120, panel=PICTURE)

From the field come the flag with its help, the key of the TOML file, the environment variable, the
check with its message, the tables of docs/options.md, and whether the option belongs to what names
a run. Nothing here knows the command line.
"""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pipelines.support.errors import BadUsage

_KEY = "option"
_LEAVE_OUT = "leave one of them out"


@dataclass(frozen=True)
class Option:
    """What a field knows of its option beyond name, type and default.

    Attributes:
        help: one sentence.
        panel: heading that it stands under in the help.
        metavar: what stands for the value; "" is derived from the type.
        low, high: the smallest and the greatest value; of a tuple, of each part.
        above: the value has to be more than this.
        choices: what may be given, where the type does not say it (as Literal does).
        shown: how the help names the default; None names the value itself.
        named: whether another value makes another run; "if given" for an option that came later:
            it counts where it differs from its default, so that older runs keep their names.
        positional: given by place, not by a flag.
        negatable: a switch that can also be turned off, as those that are on by default can.
        short: a second, short flag such as "-o".
        former: names that it had before; they go on working, with a warning, for one release.
        former_variable: whether the environment variables of those names count as well.
        variable: the environment variable, where MACEDANCE_<NAME> means something else elsewhere.
        listed: whether the flag takes all values that follow it.
        clock: whether a number of seconds may be written as minutes:seconds.
    """

    help: str
    panel: str = ""
    metavar: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    shown: str | None = None
    named: bool | Literal["if given"] = True
    positional: bool = False
    negatable: bool = False
    short: str = ""
    former: tuple[str, ...] = ()
    former_variable: bool = True
    variable: str = ""
    listed: bool = False
    clock: bool = False


def option(default: Any, help: str, **known: Any) -> Any:
    """A field of a config dataclass; `known` are further attributes of `Option`."""
    return dataclasses.field(default=default, metadata={_KEY: Option(help, **known)})


def same(declared: Any, default: Any = dataclasses.MISSING, **known: Any) -> Any:
    """A field like `declared` (the result of `option`), with another default or other words."""
    changed = dataclasses.replace(declared.metadata[_KEY], **known)
    kept = declared.default if default is dataclasses.MISSING else default
    return dataclasses.field(default=kept, metadata={_KEY: changed})


@dataclass(frozen=True)
class Declared:
    """One option of a config class.

    Attributes:
        name: of the field.
        kind: the field's type, None left out.
        default: the field's default.
        option: what it knows beyond that.
    """

    name: str
    kind: Any
    default: Any
    option: Option

    @property
    def flag(self) -> str:
        """How it is written on the command line."""
        return flag(self.name)

    @property
    def key(self) -> str:
        """How it is written in a TOML file."""
        return self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable that sets it; "" for what is given by place."""
        if self.option.positional:
            return ""
        return self.option.variable or f"MACEDANCE_{self.name.upper()}"

    @property
    def item(self) -> Any:
        """The type of one value: of a tuple's parts, else the type itself."""
        return typing.get_args(self.kind)[0] if self.repeats else self.kind

    @property
    def repeats(self) -> bool:
        """Whether it may be given several times."""
        return typing.get_origin(self.kind) is tuple

    @property
    def choices(self) -> tuple[str, ...]:
        """What it may be; () where that is open."""
        if typing.get_origin(self.item) is Literal:
            return typing.get_args(self.item)
        return self.option.choices

    @property
    def has_negation(self) -> bool:
        """Whether there is a --no-... beside it."""
        return self.kind is bool and (self.option.negatable or self.default is True)

    def shown_default(self) -> str:
        """The default as the help says it; "" where there is nothing to say."""
        if self.option.shown is not None:
            return self.option.shown
        if self.has_negation:
            return "yes" if self.default else "no"
        if self.default in (None, False, "", ()) and not isinstance(self.default, (int, float)):
            return ""
        if self.kind is bool:
            return ""
        if self.repeats:
            return " ".join(map(str, self.default))
        if isinstance(self.default, float):
            return f"{self.default:g}"
        return str(self.default)


def declared(config_type: type) -> tuple[Declared, ...]:
    """The options of a config class, in the order of its fields."""
    types_of = typing.get_type_hints(config_type)
    return tuple(
        Declared(field.name, _without_none(types_of[field.name]), field.default,
                 field.metadata[_KEY])
        for field in dataclasses.fields(config_type)
        if _KEY in field.metadata
    )  # fmt: skip


def flag(name: str) -> str:
    """How a config's field is written on the command line."""
    return f"--{name.replace('_', '-')}"


def check(config: object) -> None:
    """Raise BadUsage, naming the flag and the way out, where a value is out of what may be."""
    for known in declared(type(config)):
        value = getattr(config, known.name)
        for one in value if known.repeats else (value,):
            if one is not None:
                _check_choice(known, one)
                _check_range(known, one)


def _check_choice(known: Declared, value: Any) -> None:
    if known.choices and value not in known.choices:
        raise BadUsage(f"{known.flag} {value}: unknown", f"choose {', '.join(known.choices)}")


def _check_range(known: Declared, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    low, high, above = known.option.low, known.option.high, known.option.above
    too_low = (low is not None and not value >= low) or (above is not None and not value > above)
    if not too_low and (high is None or value <= high):
        return
    # A default in words, such as "to its end", is no value to give instead.
    shown = known.shown_default() if known.option.shown is None else ""
    raise BadUsage(
        f"{known.flag} {value:g}: must {range_words(known.option)}",
        f"{shown} is the default" if shown else "",
    )


def range_words(known: Option) -> str:
    """What a number has to do: "lie in 1 ... 120", "be more than 0"; "" where anything goes."""
    low, high, above = known.low, known.high, known.above
    if high is not None and above is not None:
        return f"lie in ({above:g}, {high:g}]"
    if high is not None:
        return f"lie in {low or 0:g} ... {_whole(high)}"
    if above is not None:
        return f"be more than {above:g}"
    if low == 0:
        return "not be negative"
    return "" if low is None else f"be at least {low:g}"


def _whole(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def identity(config: object) -> dict[str, Any]:
    """The values that make another run where they change, JSON-able, by name.

    By the first name that an option had: a better one does not make another run.
    """
    found: dict[str, Any] = {}
    for known in declared(type(config)):
        value = getattr(config, known.name)
        if known.option.named is False:
            continue
        if known.option.named == "if given" and value == known.default:
            continue
        first = known.option.former[0] if known.option.former else known.name
        found[first] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def distinct(config_types: Iterable[type]) -> tuple[Declared, ...]:
    """The options of several classes, each once; two that share a name must be declared alike."""
    found: dict[str, Declared] = {}
    for known in (one for config_type in config_types for one in declared(config_type)):
        first = found.setdefault(known.name, known)
        assert (first.kind, first.option) == (known.kind, known.option), known.name
    return tuple(found.values())


def taken(
    option_type: type[Any], given: Mapping[str, Any], chosen: str, hint: str = _LEAVE_OUT
) -> Any:
    """The own options of what was chosen, from those that were given; the others are refused.

    Args:
        option_type: the config class of what was chosen.
        given: values by field name; None counts as not given.
        chosen: how it was chosen, such as "--expert mace".
        hint: the way out where an option is refused.

    Raises BadUsage for an option that it does not know.
    """
    known = {one.name for one in declared(option_type)}
    for name, value in given.items():
        if name not in known and value is not None:
            raise BadUsage(f"{flag(name)} means nothing to {chosen}", hint)
    return option_type(**{name: value for name, value in given.items() if value is not None})


def check_slices(batch_size: int, accumulate: int) -> None:
    """Raise BadUsage where an update does not part into equal slices, one or more a process."""
    slices = accumulate * int(os.environ.get("WORLD_SIZE", "1"))
    if batch_size % slices:
        raise BadUsage(
            f"--batch-size {batch_size} cannot be cut into {slices} equal slices",
            f"use a multiple of {slices} (processes x --accumulate)",
        )


def _without_none(kind: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kept = [part for part in typing.get_args(kind) if part is not type(None)]
        assert len(kept) == 1, kind
        return cast(Any, kept[0])
    return kind
