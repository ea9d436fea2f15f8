"""Makes a library of dance takes: what is slow to find out about them is found out once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import FOOT_JOINTS, JOINT
from pipelines.datasets.dance_take import DanceTake
from pipelines.metrics.joints import body_speed, foot_speed
from pipelines.metrics.phase_locking import phase_locking
from pipelines.motion_expert.library.genres import style_of
from pipelines.motion_expert.library.storage import FPS, Library, Reading, TakeEntry, steps_of
from pipelines.support.errors import UnsuitableInput


def build_library(takes: Sequence[DanceTake], left_out: Sequence[str] = ()) -> Library:
    """A library of these takes, in this order.

    Args:
        takes: at 30 fps.
        left_out: what was read and not taken, one line each.

    Raises:
        UnsuitableInput: there are no takes.
    """
    if not takes:
        raise UnsuitableInput("no dance to make a library of", "give a folder of motion files")
    entries, steps, contacts, curves, pulses = [], [], [], [], []
    first, counted = 0, 0
    for take in takes:
        readings = []
        for reading in take.pulses:
            readings.append(
                Reading(counted, len(reading.times), round(reading.confidence, 3), reading.known)
            )
            pulses.append(reading.times)
            counted += len(reading.times)
        entries.append(
            TakeEntry(
                take.name,
                take.genre,
                take.dancer,
                take.choreography,
                take.group,
                take.collection,
                take.licence,
                take.couple,
                take.root_estimated,
                first,
                take.motion.frames,
                tuple(readings),
                _grid_kept(take),
            )
        )
        first += take.motion.frames
        steps.append(steps_of(take.motion.poses, take.motion.trans))
        contacts.append(np.asarray(take.contacts, dtype=np.float32))
        curves.append(_curves(take))
    return Library(
        tuple(entries), np.concatenate(steps), np.concatenate(contacts),
        np.concatenate(curves).astype(np.float16).astype(np.float32),
        np.concatenate(pulses).astype(np.float32).astype(np.float64), tuple(left_out),
    )  # fmt: skip


def _curves(take: DanceTake) -> NDArray[np.float64]:
    """(T, 4): foot speed, body speed, pelvis height, height of the head above the pelvis."""
    joints = take.motion.joints()
    pelvis, head = joints[:, JOINT["pelvis"], 2], joints[:, JOINT["head"], 2]
    lowest = joints[:, list(FOOT_JOINTS), 2].min(1)
    return np.stack(
        [foot_speed(joints, FPS), body_speed(joints, FPS), pelvis - lowest, head - pelvis], axis=1
    )


def _grid_kept(take: DanceTake) -> tuple[float, float] | None:
    """R and phase of a take's speed on the beats of its own music, where these are known."""
    known = [reading for reading in take.pulses if reading.known]
    if not known:
        return None
    speed = foot_speed if style_of(take.genre).by == "feet" else body_speed
    found = phase_locking(speed(take.motion.joints(), FPS), known[0].times, FPS)
    return round(found.resultant, 3), round(found.phase, 3)


def grid_disagreements(library: Library) -> list[str]:
    """Takes on a known grid whose speed keeps it firmly at the wrong half of the beat.

    Firmly: R above .35; wrong: more than 2 rad from the mean phase of their style.
    """
    lines = []
    for genre in sorted({take.genre for take in library.takes}):
        on_grid = [t for t in library.takes if t.genre == genre and t.grid is not None]
        if len(on_grid) < 3:
            continue
        sums = [t.grid[0] * np.exp(1j * t.grid[1]) for t in on_grid if t.grid]
        mean = float(np.angle(np.sum(sums)))
        for take in on_grid:
            assert take.grid is not None
            strength, phase = take.grid
            off = float(np.angle(np.exp(1j * (phase - mean))))
            if strength > 0.35 and abs(off) > 2:
                said = f"R {strength:.2f} at {phase:+.1f} rad, {genre} {mean:+.1f}"
                lines.append(f"{take.name}: {said}")
    return lines
