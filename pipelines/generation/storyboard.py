"""A dance's storyboard: a TOML file that says over time what the flags say.

    bar-starts = [0.12, 2.19, 4.26]     # as `--dry-run --bars` prints them
    edit = "dance.npz"

    [[part]]
    bars = "1-2"                        # or from = 0.12, to = 4.26
    style = "house"
    energy = 0.4
    keep = true                         # or redo = true
    facing = "left"                     # until another part says so
    hold = true                         # still, from beat to beat
    pose = "pose.npz@3.5"               # met where the part begins

Read, it becomes those flags (`with_plan`): there is one representation of both.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pipelines.generation.settings import GenerateConfig
from pipelines.generation.styles import FACINGS
from pipelines.support.errors import BadUsage, UnsuitableInput

if TYPE_CHECKING:
    from pipelines.motion_expert.library.song_plan import SongPlan
    from pipelines.music.sections import SongSection

_TOP = ("bar-starts", "edit", "keep-joints", "like", "part")
_PART = ("from", "to", "bars", "style", "energy", "keep", "redo", "pose", "facing", "hold")
_NAMES_A_DANCE = ("edit", "like")
_PHRASE = 4


def with_plan(config: GenerateConfig) -> GenerateConfig:
    """The request with the flags that the file of --plan stands for; itself without one.

    Files that it names lie beside it. Raises:
        BadUsage: a word or value that means nothing, by file, line and word, or what a flag says
            as well.
        UnsuitableInput: no such file, or no TOML.
    """
    if config.plan is None:
        return config
    text, document = _read(config.plan)
    page = _Page(config.plan, text)
    page.refuse_unknown(document, _TOP, 0)
    starts = page.numbers(document.get("bar-starts", []), "bar-starts")
    changes: dict[str, Any] = {"plan": None, **_dances_named(config, document, page)}
    joints = document.get("keep-joints", [])
    if not isinstance(joints, list):
        page.wrong(0, "keep-joints", joints, 'a list, such as ["upper"]')
    changes["keep_joints"] = (*config.keep_joints, *map(str, joints))
    said = _Said(_known_styles(config))
    for number, part in enumerate(document.get("part", []), start=1):
        page.refuse_unknown(part, _PART, number)
        said.add(page, part, number, starts)
    for name, flag, found in (
        ("genre", "--genre", said.styles), ("energy_at", "--energy-at", said.energies),
        ("facing", "--facing", said.facings),
    ):  # fmt: skip
        if found and getattr(config, name) is not None:
            raise BadUsage(f"{flag} and {config.plan} both say it", "leave one of them out")
        if found:
            changes[name] = ",".join(found)
    for name, more in (
        ("keep", said.keep), ("redo", said.redo), ("pose", said.poses), ("hold", said.holds)
    ):  # fmt: skip
        changes[name] = (*getattr(config, name), *more)
    return replace(config, **changes)


def _dances_named(
    config: GenerateConfig, document: Mapping[str, Any], page: _Page
) -> dict[str, Path]:
    """The dances that a plan names, by flag."""
    found = {}
    for name in _NAMES_A_DANCE:
        if name in document and getattr(config, name) is not None:
            raise BadUsage(f"--{name} and {config.plan} both name a dance", "leave one of them out")
        if name in document:
            found[name] = page.beside(str(document[name]))
    return found


def _known_styles(config: GenerateConfig) -> Callable[[str], str]:
    """From a style to the expert's name of it; raises BadUsage for one that it does not know."""

    def known(name: str) -> str:
        _, expert = config.motion_expert()
        return expert.find_genre(name, expert.genres(config.motion_folder()))

    return known


@dataclass
class _Said:
    """What the parts of a plan say, as flags say it; `known` as `_known_styles`."""

    known: Callable[[str], str]
    keep: list[str] = field(default_factory=list)
    redo: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    energies: list[str] = field(default_factory=list)
    facings: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    poses: list[str] = field(default_factory=list)

    def add(
        self, page: _Page, part: Mapping[str, Any], number: int, starts: Sequence[float]
    ) -> None:
        start, stop = page.times(part, number, starts)
        for name, found in (("keep", self.keep), ("redo", self.redo), ("hold", self.holds)):
            if page.flag(part, name, number):
                found.append(f"{start:g}:{stop:g}")
        if "style" in part:
            page.check_style(part["style"], number, self.known)
            self.styles.append(f"{part['style']}@{start:g}")
        if "energy" in part:
            energy = page.number(part["energy"], "energy", number)
            if not 0 <= energy <= 1:
                page.wrong(number, "energy", energy, "from 0 to 1")
            self.energies.append(f"{energy:g}@{start:g}")
        if "facing" in part:
            self.facings.append(f"{page.facing(part['facing'], number)}@{start:g}")
        if "pose" in part:
            self.poses.append(f"{start:g}={page.beside(str(part['pose']))}")


def storyboard(config: GenerateConfig, song: SongPlan, sections: Sequence[SongSection]) -> str:
    """A plan for the song that can be saved, written into and used: its bars, and a part for each
    phrase of four, with what the flags say of style, keep and redo where they say it.

    Args:
        song: bars of the song's part that is danced. sections: the whole song's, counted from where
            the dance begins; none where they are not known.
    """
    starts = [max(0.0, float(second)) for second in song.pulses[:: song.per_bar]]
    steady = "" if song.steady else ", which are a count of our own: the song has no steady beat"
    lines = [
        f"# {song.bars} bars of {song.per_bar} at {song.bpm:.1f} a minute{steady}.",
        "# Of a part also: style, energy = 0 ... 1, facing, hold = true, pose; keep or redo = true",
        "# with edit. Before the first part: edit, keep-joints, like.",
        f"bar-starts = [{', '.join(f'{min(second, song.seconds):.2f}' for second in starts)}]",
    ]
    for name in _NAMES_A_DANCE:
        if getattr(config, name) is not None:
            lines.append(f'{name} = "{getattr(config, name)}"')
    if config.keep_joints:
        names = ", ".join(f'"{name}"' for name in config.keep_joints)
        lines.append(f"keep-joints = [{names}]")
    for first in range(0, song.bars, _PHRASE):
        last = min(first + _PHRASE, song.bars)
        again = int(song.same_as[first])
        note = f", as bars {again + 1} to {again + last - first}" if again >= 0 else ""
        energy = float(song.energy[first:last].mean())
        middle = (starts[first] + min(starts[last], song.seconds)) / 2
        lines += [
            "", "[[part]]", f'bars = "{first + 1}-{last}"',
            f"# {starts[first]:.2f} to {min(starts[last], song.seconds):.2f} s, "
            f"{_section_at(sections, middle)}loudness rank {energy:.2f}{note}",
        ]  # fmt: skip
    return "\n".join([*lines, *_parts_of_flags(config)])


def _section_at(sections: Sequence[SongSection], second: float) -> str:
    """The letter of the section that is heard then, in words."""
    if not sections:
        return ""
    label = next((part.label for part in sections if second < part.end), sections[-1].label)
    return f"section {label}, "


def _parts_of_flags(config: GenerateConfig) -> list[str]:
    """What flags say, as parts."""
    asked, lines = config.direction(), []
    for name, spans in (("keep", asked.keep), ("redo", asked.redo), ("hold", asked.holds)):
        for span in spans:
            lines += ["", "[[part]]", f"from = {span.start:g}", f"to = {span.stop:g}",
                      f"{name} = true"]  # fmt: skip
    for one in asked.poses:
        lines += ["", "[[part]]", f"from = {one.second:g}", f'pose = "{one.path}@{one.at:g}"']
    for flag, name, quote in (
        (config.genre, "style", '"'), (config.energy_at, "energy", ""),
        (config.facing, "facing", '"'),
    ):  # fmt: skip
        for entry in (flag or "").split(",") if flag else []:
            value, _, second = entry.partition("@")
            lines += ["", "[[part]]", f"from = {second.strip() or 0}",
                      f"{name} = {quote}{value.strip()}{quote}"]  # fmt: skip
    return lines


def _read(path: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UnsuitableInput(f"--plan {path}: {reason}",
                              "`--dry-run --bars` prints one to begin with") from error  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise UnsuitableInput(f"--plan {path}: not a TOML file ({error})") from error


class _Page:
    """A plan's text, in which a word's line is found."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._lines = path, text.splitlines()

    def wrong(self, part: int, word: str, value: Any, wanted: str) -> NoReturn:
        """Raise BadUsage for a value."""
        shown = repr(value) if isinstance(value, str) else value
        raise BadUsage(f"--plan {self._where(part, word)}: {word} = {shown}: not {wanted}",
                       "docs/editing.md#a-storyboard tells what a part may say")  # fmt: skip

    def refuse_unknown(self, table: Any, known: Sequence[str], part: int) -> None:
        """Raise BadUsage for a word that is none of these."""
        if not isinstance(table, dict):
            self.wrong(part, "part", table, "a table: write [[part]] over its lines")
        for word in table:
            if word not in known:
                near = difflib.get_close_matches(word, known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise BadUsage(f"--plan {self._where(part, word)}: {word!r} is unknown",
                               f"{hint}known: {', '.join(known)}")  # fmt: skip

    def number(self, value: Any, word: str, part: int) -> float:
        """A number; raises BadUsage for anything else."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.wrong(part, word, value, "a number")
        return float(value)

    def numbers(self, values: Any, word: str) -> list[float]:
        """A list of numbers."""
        if not isinstance(values, list):
            self.wrong(0, word, values, "a list of seconds")
        return [self.number(value, word, 0) for value in values]

    def flag(self, part: Mapping[str, Any], word: str, number: int) -> bool:
        """Whether a part says true."""
        value = part.get(word, False)
        if not isinstance(value, bool):
            self.wrong(number, word, value, "true or false")
        return value

    def check_style(self, value: Any, part: int, known: Callable[[str], str]) -> None:
        """Raise BadUsage for a style that the expert does not know."""
        try:
            known(str(value))
        except BadUsage as error:
            where = self._where(part, "style")
            raise BadUsage(f"--plan {where}: style = {value!r}: unknown", error.hint) from None

    def facing(self, value: Any, part: int) -> str:
        """A way to face, by name or in degrees."""
        said = str(value).strip()
        if said in FACINGS:
            return said
        try:
            angle = float(said)
        except ValueError:
            angle = math.inf
        if isinstance(value, bool) or not -360 <= angle <= 360:
            self.wrong(part, "facing", value, f"{', '.join(FACINGS)}, or degrees")
        return f"{angle:g}"

    def beside(self, name: str) -> Path:
        """A file that the plan names."""
        return self._path.parent / name

    def times(
        self, part: Mapping[str, Any], number: int, starts: Sequence[float]
    ) -> tuple[float, float]:
        """Seconds from and to which a part lasts; to its beginning where it does not say."""
        if "bars" in part:
            return self._of_bars(part["bars"], number, starts)
        if "from" not in part:
            raise BadUsage(f"--plan {self._where(number, '[[part]]')}: when does it begin?",
                           'add from = 8.0, or bars = "5-8"')  # fmt: skip
        start = self.number(part["from"], "from", number)
        stop = self.number(part.get("to", start), "to", number)
        lasts = "to" in part or any(part.get(name) for name in ("keep", "redo", "hold"))
        if lasts and stop <= start:
            self.wrong(number, "to", part.get("to", "nothing"), f"after from = {start:g}")
        return start, stop

    def _of_bars(self, asked: Any, number: int, starts: Sequence[float]) -> tuple[float, float]:
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", str(asked))
        if match is None:
            self.wrong(number, "bars", asked, 'of the form "5-8" or "5"')
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last < len(starts):
            self.wrong(number, "bars", asked,
                       f"among bars 1 to {max(0, len(starts) - 1)} of bar-starts, whose last entry "
                       "ends the last bar")  # fmt: skip
        return starts[first - 1], starts[last]

    def _where(self, part: int, word: str) -> str:
        """File and line of a word in the part of that number, 0: before the first."""
        heads = [n for n, line in enumerate(self._lines) if line.strip().startswith("[[part")]
        begin = heads[part - 1] if 0 < part <= len(heads) else 0
        pattern = re.compile(rf"""\s*["']?{re.escape(word)}["']?(\s*=|\s*$|\s*#)""")
        lines = range(begin, len(self._lines))
        line = next((number for number in lines if pattern.match(self._lines[number])), begin)
        return f"{self._path}, line {line + 1}"
