"""How macedance talks: data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from macedance_cli.whole_run import WholeRun
from pipelines.support.progress import Advance, Progress, Silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

SECONDS_BETWEEN_LINES = 5.0


def print_data(text: str) -> None:
    """Print one result on stdout. A reader that has left is no failure: the work is done."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        leave_stdout()


def leave_stdout() -> None:
    """Let stdout lead nowhere: the interpreter flushes it once more on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """Print one JSON object on stdout."""
    print_data(json.dumps(value, indent=2, default=str))


def print_facts(facts: dict[str, Any], as_json: bool) -> None:
    """Print a dictionary on stdout, as JSON or as one line per entry."""
    if as_json:
        print_json(facts)
        return
    facts = _one_per_line(facts)
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        print_data(f"{name:<{width}}  {_words(value)}")


def _one_per_line(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with what lies within a fact as lines of its own."""
    lines: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, dict):
            lines |= {f"{name}: {part}": one for part, one in _one_per_line(value).items()}
        else:
            lines[name] = value
    return lines


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list) else str(value)


def talk(text: str) -> None:
    """Print one line for people on stderr; silent when nobody can read it."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def open_progress(quiet: bool = False) -> Progress:
    """The listener that suits stderr: bars on a terminal, a line now and then anywhere else.

    A quiet one tells only warnings.
    """
    if quiet:
        return QuietProgress()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return TerminalProgress()
    return PlainProgress()


class QuietProgress(Silent):
    """Progress for who wants to hear of nothing but doubts."""

    def warn(self, message: str) -> None:
        """See pipelines.support.progress."""
        talk(f"warning: {message}")


class PlainProgress:
    """Progress for log files and pipes: one line per stage, and one every few seconds in it."""

    def __init__(self, seconds_between_lines: float = SECONDS_BETWEEN_LINES) -> None:
        self._pause = seconds_between_lines
        self._whole = WholeRun()

    @contextmanager
    def stage(self, name: str, total: float | None = None, unit: str = "") -> Iterator[Advance]:
        """See pipelines.support.progress."""
        begin = time.monotonic()
        self._whole.begin(name)
        done, next_line = 0.0, begin + self._pause

        def advance(amount: float) -> None:
            nonlocal done, next_line
            done += amount
            now = time.monotonic()
            if now >= next_line:
                next_line = now + self._pause
                left = _time_left(done, total, now - begin)
                left += _whole_left(self._whole, name, done, total, now - begin)
                talk(f"{name}: {_count(done, total, unit)}{_share(done, total)}{left}")

        yield advance
        spent = time.monotonic() - begin
        self._whole.end(name, spent)
        talk(f"{name}: done in {_duration(spent)}")

    def expect(self, seconds: Mapping[str, float]) -> None:
        """See pipelines.support.progress."""
        self._whole.expect(seconds)

    def say(self, message: str) -> None:
        """See pipelines.support.progress."""
        talk(message)

    def warn(self, message: str) -> None:
        """See pipelines.support.progress."""
        talk(f"warning: {message}")


class TerminalProgress:
    """Progress on a terminal: a live bar per stage with the time left, then one line that stays."""

    def __init__(self, stream: TextIO | None = None) -> None:
        from rich.console import Console

        self._console: Console = Console(file=stream or sys.stderr, highlight=False)
        self._bars: Bars | None = None
        self._whole = WholeRun()

    def expect(self, seconds: Mapping[str, float]) -> None:
        """See pipelines.support.progress."""
        self._whole.expect(seconds)

    @contextmanager
    def stage(self, name: str, total: float | None = None, unit: str = "") -> Iterator[Advance]:
        """See pipelines.support.progress."""
        begin = time.monotonic()
        self._whole.begin(name)
        with self._live_bars() as bars:
            done = 0.0
            task = bars.add_task(name, total=total, amount=_count(done, total, unit))

            def advance(amount: float) -> None:
                nonlocal done
                done += amount
                whole = _whole_left(self._whole, name, done, total, time.monotonic() - begin)
                bars.update(task, completed=done, amount=_count(done, total, unit) + whole)

            try:
                yield advance
            finally:
                bars.remove_task(task)
                bars.refresh()
            spent = time.monotonic() - begin
            self._whole.end(name, spent)
            self._print(f"{name}  {_duration(spent)}", "green", "✓ ")

    def say(self, message: str) -> None:
        """See pipelines.support.progress."""
        self._print(message)

    def warn(self, message: str) -> None:
        """See pipelines.support.progress."""
        self._print(f"warning: {message}", "yellow")

    @contextmanager
    def _live_bars(self) -> Iterator[Bars]:
        """The display of the outermost stage; stages inside it add their bars to the same one."""
        if self._bars is not None:
            yield self._bars
            return
        with _bars(self._console) as bars:
            self._bars = bars
            try:
                yield bars
            finally:
                self._bars = None

    def _print(self, message: str, style: str = "", mark: str = "") -> None:
        from rich.text import Text

        line = Text(mark, style) + Text(message, style if not mark else "")
        self._console.print(line, soft_wrap=True)


def _bars(console: Console) -> Bars:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _count(done: float, total: float | None, unit: str) -> str:
    if total:
        return f"{done:g} of {total:g} {unit}".rstrip()
    return f"{done:g} {unit}".rstrip() if done else ""


def _share(done: float, total: float | None) -> str:
    return f" ({100 * done / total:.0f} %)" if total else ""


def _time_left(done: float, total: float | None, spent: float) -> str:
    if not total or done <= 0:
        return ""
    return f", {_duration(max(0.0, total - done) * spent / done)} left"


def _whole_left(whole: WholeRun, name: str, done: float, total: float | None, spent: float) -> str:
    left = whole.left(name, done / total, spent) if total else None
    return "" if left is None else f", the whole run {_duration(left)}"


def _duration(seconds: float) -> str:
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole:02d} s" if minutes else f"{whole} s"
