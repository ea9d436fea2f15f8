"""How a pipeline tells whoever called it what it is doing, without knowing about terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[float], None]


class Progress(Protocol):
    """A listener: stages with a total, plain remarks, and warnings."""

    def stage(
        self, name: str, total: float | None = None, unit: str = ""
    ) -> AbstractContextManager[Advance]:
        """Open a stage of `total` units (None: unknown); the yielded function moves it on by n."""
        ...

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Tell which stages will come, in their order, and how long each is likely to take."""
        ...

    def say(self, message: str) -> None:
        """Tell the user something worth one line."""
        ...

    def warn(self, message: str) -> None:
        """Tell the user that the result is not what they may expect."""
        ...


class Silent:
    """A listener that hears nothing, for library use and tests."""

    @contextmanager
    def stage(self, name: str, total: float | None = None, unit: str = "") -> Iterator[Advance]:
        """Yield a function that ignores its argument."""
        yield lambda amount: None

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Ignore what will come."""

    def say(self, message: str) -> None:
        """Ignore the message."""

    def warn(self, message: str) -> None:
        """Ignore the message."""


SILENT: Progress = Silent()
