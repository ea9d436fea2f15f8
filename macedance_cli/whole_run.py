"""How long a whole run still takes, from what its stages were expected to take."""

from __future__ import annotations

from collections.abc import Mapping


class WholeRun:
    """The stages that a run is made of, and what is left of them.

    What went before tells how fast this machine is: what is still to come is scaled by it.
    """

    def __init__(self) -> None:
        self._expected: dict[str, float] = {}
        self._at = -1
        self._taken = self._thought = 0.0

    def expect(self, seconds: Mapping[str, float]) -> None:
        """The stages that will come, in their order, with what each is expected to take."""
        self._expected = dict(seconds)
        self._at, self._taken, self._thought = -1, 0.0, 0.0

    def begin(self, name: str) -> None:
        """A stage begins: those before it are over, whether or not they were seen."""
        if name in self._expected:
            self._at = list(self._expected).index(name)

    def end(self, name: str, seconds: float) -> None:
        """A stage has taken so long."""
        if name in self._expected:
            self._taken += seconds
            self._thought += self._expected[name]

    def left(self, name: str, share: float, spent: float) -> float | None:
        """Seconds until the whole run is over; None where nothing but this stage is known of.

        Args:
            share: of the stage that is done, more than 0. spent: seconds on it.
        """
        to_come = list(self._expected.values())[self._at + 1 :]
        if name not in self._expected or not to_come or share <= 0:
            return None
        whole = spent / share
        pace = (self._taken + whole) / max(1e-9, self._thought + self._expected[name])
        return whole - spent + pace * sum(to_come)
