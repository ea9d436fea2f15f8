"""Real dance: which of the library's takes are held out, and both parts as clips."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from quality.clips import FPS, WINDOW, Clip, clip_of

from pipelines.motion_expert.library.storage import Library, TakeEntry


def parted(library: Library, held_out: Collection[str]) -> tuple[Library, list[TakeEntry]]:
    """The library without what is held out, and that.

    Args:
        library: all takes. held_out: names of dancers, and of groups of takes.
    """
    held = [take for take in library.takes if {take.dancer, take.group} & set(held_out)]
    return only(library, [take for take in library.takes if take not in held]), held


def only(library: Library, takes: Sequence[TakeEntry]) -> Library:
    """A library of these takes alone."""
    frames = np.concatenate([np.arange(t.first, t.first + t.frames) for t in takes])
    entries, pulses = [], [np.zeros(0)]
    first, counted = 0, 0
    for take in takes:
        readings = []
        for reading in take.readings:
            pulses.append(library.pulses[reading.first : reading.first + reading.count])
            readings.append(replace(reading, first=counted))
            counted += reading.count
        entries.append(replace(take, first=first, readings=tuple(readings)))
        first += take.frames
    return replace(
        library, takes=tuple(entries), steps=library.steps[frames],
        contacts=library.contacts[frames], curves=library.curves[frames],
        pulses=np.concatenate(pulses),
    )  # fmt: skip


def real_clips(library: Library, takes: Sequence[TakeEntry], frames: int) -> list[Clip]:
    """Takes cut into stretches; beats are those of their first reading."""
    clips = []
    for take in takes:
        motion, beats = library.recorded(take), library.counts(take)[0].times
        length = min(frames, motion.frames)
        for start in range(0, motion.frames - length + 1, length):
            if length >= WINDOW:
                part = motion.sliced(start, start + length)
                clips.append(clip_of(part, beats - start / FPS, take.genre, "", take.group))
    return clips
