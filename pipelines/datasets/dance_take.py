"""One recorded dance with all that is known about it: what the dance library is made of.

Shapes: T frames, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.contacts import standing
from pipelines.motion.motion import Motion
from pipelines.motion.standing import dancing_part, joint_speed
from pipelines.motion.stepping_over import step_over
from pipelines.rhythm.pulses import Pulses
from pipelines.support.conventions import LIVELY

_SHORTEST_SECONDS = 3.0
_FEWEST_COUNTS = 5
"""A bar of four, from its first count to the next bar's."""


@dataclass(frozen=True)
class DanceTake:
    """A take at 30 fps, on the floor z = 0, feet planted.

    Attributes:
        name: unique, such as `gHO_sBM_cAll_d19_mHO0_ch01` or `60_03`.
        motion: the dance.
        contacts: (T, 4) 0 or 1.
        genre: ordinary name of the style.
        pulses: readings, the most trusted first.
        dancer: who danced. choreography: what was danced; takes that share it are no two dances.
        couple: whether the dancer holds a partner.
        group: what must be held out together.
        collection, licence: where it comes from and on which terms.
        root_estimated: whether its way over the floor was lost and found again from the feet.
        split: "train", "val" or "test" where the data set has a split, else "".
    """

    name: str
    motion: Motion
    contacts: NDArray[np.float32]
    genre: str
    pulses: tuple[Pulses, ...]
    dancer: str
    choreography: str
    group: str
    collection: str
    licence: str
    couple: bool = False
    root_estimated: bool = False
    split: str = ""


@dataclass
class DanceCollection:
    """What was found.

    Attributes:
        takes: by collection and name.
        left_out: one line per take that gave nothing: its name or file and the reason.
        notes: one line per take that is not what it might be, such as a song that is not heard.
    """

    takes: list[DanceTake] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lively_only(self, lively: float = LIVELY) -> DanceCollection:
        """The same without takes that are too short, hardly move or have no steps to count."""
        kept, left_out = [], list(self.left_out)
        for take in self.takes:
            reason = _why_not(take, lively)
            if reason is None:
                kept.append(take)
            else:
                left_out.append(f"{take.name}: {reason}")
        return DanceCollection(kept, left_out, list(self.notes))


def _why_not(take: DanceTake, lively: float) -> str | None:
    if take.motion.seconds < _SHORTEST_SECONDS:
        return f"{take.motion.seconds:.1f} s of dance, too short"
    speed = float(joint_speed(take.motion).mean())
    if speed < lively:
        return f"hardly moves ({speed:.2f} m/s)"
    if not take.pulses:
        return "no steps to count"
    counts = max(
        int(((one.times >= 0) & (one.times <= take.motion.seconds)).sum()) for one in take.pulses
    )
    return None if counts >= _FEWEST_COUNTS else f"{counts} counts, shorter than a bar"


def planted(motion: Motion) -> tuple[Motion, NDArray[np.float32]]:
    """The dancing part of a take on the floor with its feet planted, and its contacts (T, 4).

    A single frame where nobody dances.
    """
    start, stop = dancing_part(motion)
    if stop - start < 4:
        return motion.sliced(0, 1), np.zeros((1, 4), np.float32)
    part = motion.sliced(start, stop)
    contacts = standing(part.joints(), part.fps)
    return step_over(part, contacts), contacts
