"""Which clips people compare: pairs of one name, and pairs that tell who pays attention.

What a page holds is blind: clips and pairs are called by letters that follow from the files, and
the key to them (`Design.key`) stays with whoever made the study.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipelines.evaluation.items import Item
from pipelines.evaluation.sets import TRUTH, Sets
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_json

CATCH = "catch"
"""The group of pairs in which one clip is distorted."""


@dataclass(frozen=True)
class Seen:
    """One clip of the study, and whose it is.

    Attributes:
        system, name: where it comes from. distorted: by us, for a pair of the catch group.
    """

    system: str
    name: str
    distorted: bool = False


@dataclass(frozen=True)
class Pair:
    """Two clips to be compared, by their ids; `group` is "ours / theirs", or "catch"."""

    one: str
    other: str
    group: str


@dataclass(frozen=True)
class Design:
    """All that a study compares.

    Attributes:
        clips, pairs: by the ids that the page calls them.
        draws: of each group how many of its pairs one person sees, other ones for each person.
        trials: how many pairs one person sees in all.
        alone: by system, names that it does not share with any other.
    """

    clips: dict[str, Seen]
    pairs: dict[str, Pair]
    draws: dict[str, int]
    trials: int
    alone: dict[str, list[str]]

    def key(self) -> dict[str, Any]:
        """What tells whose clips were compared, as JSON."""
        return {
            "clips": {name: asdict(seen) for name, seen in self.clips.items()},
            "pairs": {name: asdict(pair) for name, pair in self.pairs.items()},
            "trials": self.trials,
        }

    @staticmethod
    def of_key(key: Mapping[str, Any]) -> Design:
        """A design as `key` wrote it, without what only its page needs."""
        clips = {name: Seen(**seen) for name, seen in key["clips"].items()}
        pairs = {name: Pair(**pair) for name, pair in key["pairs"].items()}
        return Design(clips, pairs, {}, int(key["trials"]), {})

    @property
    def systems(self) -> list[str]:
        """Who is compared, the truth last."""
        found = dict.fromkeys(seen.system for seen in self.clips.values())
        return sorted(found, key=lambda name: name == TRUTH)


def design(sets: Sets, trials: int, catch_trials: int, seed: int, salt: str) -> Design:
    """Every pair of systems on every name that both have, and so many pairs to catch with.

    Args:
        trials: the most pairs that one person is to see, those of the catch group apart.
        salt: what ids follow from beside names; whoever does not know it cannot tell them.

    Raises:
        UnsuitableInput: two systems without a clip of one name.
    """
    named = {name: {item.name: item for item in items} for name, items in sets.everyone().items()}
    book = _Book(salt)
    for one, other in itertools.combinations(named, 2):
        shared = sorted(named[one].keys() & named[other].keys())
        if not shared:
            raise UnsuitableInput(
                f"{one} and {other}: no clip of one has the name of one of the other",
                f"{one} has {_some(named[one])}; {other} has {_some(named[other])}",
            )
        for name in shared:
            book.pair(Seen(one, name), Seen(other, name), f"{one} / {other}")
    compared = {seen for seen in book.clips.values()}
    alone = {
        system: left
        for system, items in named.items()
        if (left := sorted(name for name in items if Seen(system, name) not in compared))
    }
    groups = [pair.group for pair in book.pairs.values()]
    draws = _shares(groups, trials)
    _catch(book, named, catch_trials, seed)
    caught = len(book.pairs) - len(groups)
    return Design(
        book.clips, book.pairs, draws | ({CATCH: caught} if caught else {}),
        min(trials, len(groups)) + caught, alone,
    )  # fmt: skip


class _Book:
    """Clips and pairs under ids that say nothing."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        self.clips: dict[str, Seen] = {}
        self.pairs: dict[str, Pair] = {}

    def pair(self, one: Seen, other: Seen, group: str) -> None:
        ids = sorted(self._clip(seen) for seen in (one, other))
        self.pairs[sha256_json([self.salt, *ids])[:12]] = Pair(ids[0], ids[1], group)

    def _clip(self, seen: Seen) -> str:
        name = sha256_json([self.salt, asdict(seen)])[:12]
        self.clips[name] = seen
        return name


def _shares(groups: list[str], trials: int) -> dict[str, int]:
    """How many pairs of each group one person sees: equal shares, or all there are."""
    counts = {group: groups.count(group) for group in dict.fromkeys(groups)}
    if len(groups) <= trials:
        return counts
    left, shares = trials, {}
    for place, group in enumerate(sorted(counts, key=lambda name: counts[name])):
        shares[group] = min(counts[group], left // (len(counts) - place))
        left -= shares[group]
    return shares


def _catch(book: _Book, named: dict[str, dict[str, Item]], count: int, seed: int) -> None:
    """Pairs of a clip and its distortion: of recordings, or where there are none of anybody."""
    sources = [TRUTH] if TRUTH in named else list(named)
    clips = [seen for seen in book.clips.values() if seen.system in sources and not seen.distorted]
    order = np.random.default_rng(seed).permutation(len(clips))
    for number in order[:count]:
        seen = clips[number]
        book.pair(seen, Seen(seen.system, seen.name, distorted=True), CATCH)


def _some(items: Mapping[str, Item]) -> str:
    names = sorted(items)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
