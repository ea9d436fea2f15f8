"""The sets that an evaluation compares: one or two systems, and the recordings as the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.evaluation.items import Item, list_items, unmatched, with_music
from pipelines.evaluation.settings import EvaluateConfig

TRUTH = "truth"


@dataclass(frozen=True)
class Sets:
    """The clips of an evaluation.

    Attributes:
        systems: clips by system. truth: the recordings, or none.
    """

    systems: dict[str, list[Item]]
    truth: list[Item]

    def everyone(self) -> dict[str, list[Item]]:
        """The systems, and the truth where there is one."""
        return {**self.systems, **({TRUTH: self.truth} if self.truth else {})}

    def clips(self) -> list[Item]:
        """All clips of all sets."""
        return [item for items in self.everyone().values() for item in items]

    def unmatched(self) -> dict[str, list[str]]:
        """Names without a partner: "pred without truth" and the other way round; {} if none."""
        found: dict[str, list[str]] = {}
        if not self.truth:
            return found
        for name, items in self.systems.items():
            ours, theirs = unmatched(items, self.truth)
            if ours:
                found[f"{name} without {TRUTH}"] = ours
            if theirs:
                found[f"{TRUTH} without {name}"] = theirs
        return found


def find_sets(config: EvaluateConfig, kinds: tuple[str, ...]) -> Sets:
    """The sets that a config names, of these kinds of files (`items.list_items`).

    Raises UnsuitableInput where there is no such file or folder, or nothing of a kind in it.
    """
    systems = {
        name: with_music(list_items(place, kinds), config.music)
        for name, place in config.systems().items()
    }
    if config.truth is None:
        return Sets(systems, [])
    truth = with_music(list_items(config.truth, kinds), config.music)
    if config.pred is not None and config.pred.is_file() and len(truth) == 1:
        # Two single files belong together whatever they are called.
        systems = {
            name: [replace(item, name=truth[0].name) for item in items]
            for name, items in systems.items()
        }
    return Sets(systems, truth)
