"""The sets that an evaluation compares: one or two systems, and the recordings as the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.evaluation.items import Item, list_items, unmatched, with_music
from pipelines.evaluation.recordings import recorded_items, with_songs_of
from pipelines.evaluation.settings import TRUTH, EvaluateConfig
from pipelines.media.audio import probe_audio
from pipelines.support.errors import UnsuitableInput

__all__ = ["TRUTH", "Sets", "find_sets"]

_DANCES = "motion"


@dataclass(frozen=True)
class Sets:
    """The clips of an evaluation.

    Attributes:
        systems: clips by system. truth: the recordings, or none.
        said: a line for every set that is a data set as downloaded: which of its dances count.
    """

    systems: dict[str, list[Item]]
    truth: list[Item]
    said: tuple[str, ...] = ()

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

    A data set as downloaded counts by its own lists, and lends its songs to dances of its names.

    Raises UnsuitableInput where there is no such file or folder, nothing of a kind in it, no such
    split, no sound in a song, or no song of any clip's name.
    """
    if config.music is not None and config.music.is_file():
        probe_audio(config.music)
    said: list[str] = []
    systems = {
        name: with_music(_listed(name, place, kinds, config, said), config.music)
        for name, place in config.systems().items()
    }
    recordings = config.recordings()
    if recordings is None:
        return _heard(config, Sets(systems, [], tuple(said)))
    listed = _listed(TRUTH, recordings, kinds, config, said)
    truth = with_music(listed, config.music)
    if config.music is None and said:
        systems = {name: with_songs_of(items, truth) for name, items in systems.items()}
    if config.pred is not None and config.pred.is_file() and len(truth) == 1:
        # Two single files belong together whatever they are called.
        systems = {
            name: [replace(item, name=truth[0].name) for item in items]
            for name, items in systems.items()
        }
    return _heard(config, Sets(systems, truth, tuple(said)))


def _listed(
    name: str, place: Path, kinds: tuple[str, ...], config: EvaluateConfig, said: list[str]
) -> list[Item]:
    found = recorded_items(place, config.split, name == TRUTH) if _DANCES in kinds else None
    if found is not None:
        said.append(f"{name}: {found[1]}")
        return found[0]
    if config.split is not None and name == TRUTH:
        raise UnsuitableInput(
            f"{place}: not a data set of dances with splits", "leave --split out, or name one"
        )
    return list_items(place, kinds)


def _heard(config: EvaluateConfig, sets: Sets) -> Sets:
    """The sets; refused where a folder of songs was given, and no clip has the name of one."""
    if config.music is None or not config.music.is_dir():
        return sets
    inside = config.music.resolve()
    if any(item.music and item.music.resolve().parent == inside for item in sets.clips()):
        return sets
    first = sets.clips()[0].name
    raise UnsuitableInput(
        f"{config.music}: no song in it has the name of a clip, such as {first}",
        "name songs like the clips, give the one song of all, or leave --music out",
    )
