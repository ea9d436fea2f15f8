"""A listener that remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Listener:
    """Hears remarks, warnings and stages: (name, total, unit), and how much of each was done."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []
        self.stages: list[tuple[str, float | None, str]] = []
        self.done: dict[str, float] = {}

    def say(self, message: str) -> None:
        self.said.append(message)

    def warn(self, message: str) -> None:
        self.warned.append(message)

    def expect(self, seconds: Mapping[str, float]) -> None:
        pass

    @contextmanager
    def stage(self, name: str, total: float | None = None, unit: str = "") -> Iterator:
        self.stages.append((name, total, unit))
        self.done.setdefault(name, 0.0)

        def advance(amount: float) -> None:
            self.done[name] += amount

        yield advance
