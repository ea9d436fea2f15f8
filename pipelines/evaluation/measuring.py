"""Whole sets of clips, measured one after the other: what fails is named and left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.metrics.joints import Float
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress

_WAY_OUT = "--music names a song, or a folder of songs named like the clips"


@dataclass
class MeasuredSet:
    """A set of clips after measuring.

    Attributes:
        clips: of those that could be measured, in the order of their names.
        left_out: name -> why, for those that could not.
        silent: name -> why, for those measured without their music.
        notes: what else was noticed, one line each.
    """

    clips: list[Clip] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def without_beats(name: str, measured: MeasuredSet) -> str | None:
    """A warning where clips of a set have no beat score for want of music; None where all have one.

    Args:
        name: of the set.
    """
    silent = measured.silent
    if not silent:
        return None
    first, why = next(iter(silent.items()))
    counted = len(measured.clips)
    reason = why if len(set(silent.values())) == 1 else f"{first}: {why}; and others"
    if len(silent) >= counted:
        return f"{name}: BAS is left out, no clip has music that can be used ({reason}): {_WAY_OUT}"
    names = ", ".join(sorted(silent)[:5]) + (", ..." if len(silent) > 5 else "")
    return (
        f"{name}: BAS is of {counted - len(silent)} of {counted} clips; "
        f"without music: {names} ({reason})"
    )


class Listener:
    """Finds the beats of clips' music; each file and recipe once, kept in a folder."""

    def __init__(self, recipe: str, folder: Path) -> None:
        self._recipe, self._folder = recipe, folder

    def listen(self, items: Sequence[Item], progress: Progress) -> None:
        """Find the beats of all songs on all cores; `beats` then has them at once.

        Most of the time goes into decoding, which runs in processes of its own.
        """
        from concurrent.futures import ThreadPoolExecutor

        songs = {(item.music, item.start): item for item in items if item.music is not None}
        if len(songs) < 2:
            return
        with (
            progress.stage("listening to the music", len(songs), "songs") as advance,
            ThreadPoolExecutor(max_workers=os.cpu_count()) as pool,
        ):
            for _ in pool.map(self.beats, songs.values()):
                advance(1)

    def beats(self, item: Item, measured: MeasuredSet | None = None) -> Float | None:
        """Seconds (B,), or None where there is no music; `measured` hears why."""
        from pipelines.music.song_cache import cached_beats

        if item.music is None:
            reason = "no music of its name"
        else:
            try:
                beats = cached_beats(item.music, self._recipe, item.start, self._folder)
                if len(beats):
                    return beats
                reason = f"{item.music.name}: no beat is heard"
            except UnsuitableInput as error:
                reason = error.what
        if measured is not None:
            measured.silent[item.name] = reason
        return None


def measure_each(
    title: str,
    items: Sequence[Item],
    measure: Callable[[Item, MeasuredSet], Clip],
    progress: Progress,
) -> MeasuredSet:
    """Measure clip by clip; a clip that cannot be measured is left out with its reason.

    Only numbers are kept, so memory does not grow with the length of the clips.
    """
    measured = MeasuredSet()
    with progress.stage(title, len(items), "clips") as advance:
        for item in items:
            try:
                measured.clips.append(measure(item, measured))
            except UnsuitableInput as error:
                measured.left_out[item.name] = error.what
            advance(1)
    return measured
