"""Feet through a join: a foot that stands in both pieces stays, every other one steps once.

A cross-fade of poses drags a foot over the floor for as long as it lasts. Here each foot has its
own moment of handing over, chosen where it is in the air anyway
(docs/reference/dance-library.md#joins).

Shapes: S frames that two pieces share, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Contacts = NDArray[np.float32]

_SAME_PLACE = 0.06
"""Metres: a foot that stands nearer to where it stood keeps its place through a join."""
_ENOUGH = 3
"""Frames that a foot has to stand in both pieces for that."""
_STEP = 3
"""Frames of a step on either side of its middle."""
_BOTH_IN_THE_AIR = 1.0
"""Cost of a frame in which both feet step, beside one for a frame of standing that is lost."""
_OFF_THE_MIDDLE = 0.2
"""Cost per frame of stepping before or after the bodies are half-way between the pieces."""


def handed_over(
    ours_S43: Floats, theirs_S43: Floats, standing_S4: Contacts, stands_S4: Contacts,
    apart: Floats,
) -> tuple[Floats, Contacts]:  # fmt: skip
    """Where the foot points go (S, 4, 3) and stand (S, 4) from one piece to the next.

    Args:
        ours_S43, theirs_S43: foot points of the piece that ends and of the one that begins, on
            one floor. standing_S4, stands_S4: their contacts.
        apart: (2,) metres between the places of the left and of the right foot.
    """
    feet, contacts = np.empty_like(ours_S43), np.empty_like(standing_S4)
    stays = [_keeps_its_place(foot, standing_S4, stands_S4, apart) for foot in (0, 1)]
    moments = _moments(standing_S4, stands_S4, apart, stays)
    for foot in (0, 1):
        points = [foot, foot + 2]
        before, after = standing_S4[:, points], stands_S4[:, points]
        if stays[foot]:
            share, contacts[:, points] = _while_both_stand(before, after), _kept(before, after)
        else:
            share = _step_share(len(ours_S43), moments[foot])
            there = np.where(share[:, None] < 0.5, before, after)
            steps = apart[foot] > _SAME_PLACE
            moving = ((share > 0) & (share < 1))[:, None] & steps
            contacts[:, points] = np.where(moving, 0, there)
        part = ours_S43[:, points]
        feet[:, points] = part + share[:, None, None] * (theirs_S43[:, points] - part)
    return feet, contacts


def _keeps_its_place(foot: int, standing: Contacts, stands: Contacts, apart: Floats) -> bool:
    """Whether a foot stands through: in both pieces, and in the same place or as the nearer one."""
    points = [foot, foot + 2]
    planted = np.minimum(standing[:, points].max(1), stands[:, points].max(1)).sum() >= _ENOUGH
    return bool(planted and (apart[foot] <= _SAME_PLACE or foot == int(apart.argmin())))


def _while_both_stand(before_S2: Contacts, after_S2: Contacts) -> Floats:
    """(S,) 0 to 1 over the frames in which a foot stands in both pieces."""
    both = np.flatnonzero((before_S2.max(1) > 0.5) & (after_S2.max(1) > 0.5))
    first, last = int(both[0]), int(both[-1])
    share = np.zeros(len(before_S2))
    share[first : last + 1] = _rising(last + 1 - first)
    share[last + 1 :] = 1
    return share


def _kept(before_S2: Contacts, after_S2: Contacts) -> Contacts:
    """Contacts of a foot that stands through: no gap between the two pieces."""
    both = np.flatnonzero((before_S2.max(1) > 0.5) & (after_S2.max(1) > 0.5))
    first, last = int(both[0]), int(both[-1])
    through = np.maximum(before_S2, after_S2)[first : last + 1]
    return np.concatenate([before_S2[:first], through, after_S2[last + 1 :]])


def _moments(
    standing: Contacts, stands: Contacts, apart: Floats, stays: list[bool]
) -> tuple[int, int]:
    """The frame of each foot's handing over that loses least of its standing."""
    count = len(standing)
    middle, reach = (count - 1) / 2, min(_STEP, (count - 1) // 2)
    possible = range(reach, count - reach)
    costs = np.zeros((2, count))
    for foot in (0, 1):
        lost = (standing[:, [foot, foot + 2]].max(1) > 0.5).astype(float)
        lost += stands[:, [foot, foot + 2]].max(1) > 0.5
        for frame in possible:
            costs[foot, frame] = lost[frame - reach : frame + reach + 1].sum()
        costs[foot] *= min(1.0, float(apart[foot]) / _SAME_PLACE)
        costs[foot] += _OFF_THE_MIDDLE * np.abs(np.arange(count) - middle)

    def cost(pair: tuple[int, int]) -> float:
        shared = max(0, 2 * reach + 1 - abs(pair[0] - pair[1])) * (not any(stays))
        return float(costs[0, pair[0]] + costs[1, pair[1]] + _BOTH_IN_THE_AIR * shared)

    return min(product(possible, possible), key=cost)


def _rising(count: int) -> Floats:
    """(count,) from 0 to 1, both left out, level at its ends."""
    rise = (np.arange(count) + 1) / (count + 1)
    return np.asarray(rise**2 * (3 - 2 * rise))


def _step_share(count: int, moment: int) -> Floats:
    """(count,) 0 before the step in the middle of which `moment` is, 1 after it."""
    reach = min(_STEP, (count - 1) // 2)
    share = np.zeros(count)
    share[moment - reach : moment + reach + 1] = _rising(2 * reach + 1)
    share[moment + reach + 1 :] = 1
    return share
