"""Which takes are held out of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from pipelines.support.errors import UnsuitableInput

HELD_OUT = ("val", "test")
"""Official splits that nothing is trained on."""


class Grouped(Protocol):
    """A dance, by what decides on which side it comes to lie."""

    @property
    def take(self) -> str:
        """Its name."""
        ...

    @property
    def group(self) -> str:
        """What must stay together."""
        ...

    @property
    def genre(self) -> str:
        """Its style; "" where none is known."""
        ...

    @property
    def split(self) -> str:
        """The side that the data set says, "train", "val" or "test", else ""."""
        ...


Dance = TypeVar("Dance", bound=Grouped)


def split_takes(
    sequences: Sequence[Dance], hold_out: Sequence[str], seed: int
) -> tuple[list[Dance], list[Dance]]:
    """Part the data into training and held-out sequences, never parting a group.

    Args:
        sequences: all of them.
        hold_out: names of takes or groups; or one number, the share of each genre's groups to hold
            out; or nothing: the data set's own split, and a tenth of the groups without one.
        seed: decides which groups a share takes.

    Raises:
        UnsuitableInput: a name matches no take, or nothing is left to train on.
    """
    if len(hold_out) == 1 and (share := _share(hold_out[0])) is not None:
        held = _share_of_groups(sequences, share, seed)
    elif hold_out:
        held = _named_groups(sequences, set(hold_out))
    else:
        held = {s.group for s in sequences if s.split in HELD_OUT}
        held |= _share_of_groups([s for s in sequences if not s.split], 0.1, seed)
    train = [s for s in sequences if s.group not in held]
    if not train:
        raise UnsuitableInput(
            "holding these takes out leaves nothing to train on", "name fewer with --hold-out"
        )
    return train, [s for s in sequences if s.group in held]


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1 else None


def _named_groups(sequences: Sequence[Grouped], names: set[str]) -> set[str]:
    missing = names - {s.take for s in sequences} - {s.group for s in sequences}
    if missing:
        known = ", ".join(sorted({s.take for s in sequences})[:12])
        raise UnsuitableInput(
            f"no take is called {', '.join(sorted(missing))}",
            f"--hold-out takes names of takes, such as {known}, or a share, such as 0.1",
        )
    return {s.group for s in sequences if s.take in names or s.group in names}


def _share_of_groups(sequences: Sequence[Grouped], share: float, seed: int) -> set[str]:
    """About `share` of each genre's groups; at least one of all, unless there is only one."""
    by_genre: dict[str, set[str]] = {}
    for sequence in sequences:
        by_genre.setdefault(sequence.genre, set()).add(sequence.group)
    random = np.random.default_rng([seed, 7])
    held: set[str] = set()
    for _, groups in sorted(by_genre.items()):
        order = [str(name) for name in random.permutation(sorted(groups))]
        held |= set(order[: round(share * len(order))])
    largest = max(by_genre.values(), key=len, default=set())
    if share > 0 and not held and len(largest) > 1:
        held.add(str(random.choice(sorted(largest))))
    return held
