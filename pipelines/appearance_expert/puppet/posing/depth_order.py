"""Which part is painted over which, frame by frame, without flicker.

The rules: docs/reference/puppet.md#depth-order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    CHAINS,
    HEAD,
    LEGS,
    TORSO,
)
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

Group = tuple[int, int]
"""A part and its half: 0 above elbow or knee (or the whole part), 1 below."""

HYSTERESIS = 0.04
_ARM_FORWARD = -0.07
_HEAD_FORWARD = -0.14
_LEG_BACKWARD = 0.12
_SHORTEST = 4


def groups_of(limbs: tuple[int, ...]) -> list[Group]:
    """Everything that is ordered: torso, head, and the two halves of each dancing limb."""
    return [(TORSO, 0), (HEAD, 0)] + [(limb, half) for limb in limbs for half in (0, 1)]


def depth_keys(dance: StagedDance, groups: list[Group]) -> NDArray[np.float64]:
    """(T, G) metres from the camera at which each group counts when they are sorted."""
    depth = dance.depth

    def at(*names: str) -> NDArray[np.float64]:
        return np.asarray(depth[:, [POINT[name] for name in names]].mean(1))

    keys = []
    for part, half in groups:
        if part == TORSO:
            keys.append(at("pelvis", "spine2", "spine3", "neck"))
        elif part == HEAD:
            keys.append(at("head") + _HEAD_FORWARD)
        else:
            root, middle, end, _ = CHAINS[part]
            forward = _ARM_FORWARD if part in ARMS else _LEG_BACKWARD
            key = at(root, middle, middle) if half == 0 else at(middle, end, end)
            if half == 0 and part in LEGS:
                # A thigh lies before the hem that it raises, however the chest above it leans.
                key = key - at("pelvis") + at("pelvis", "spine2", "spine3", "neck")
            keys.append(key + forward)
    return np.stack(keys, axis=1)


def sorted_with_hysteresis(
    keys_TG: NDArray[np.float64], hysteresis: float = HYSTERESIS
) -> NDArray[np.int64]:
    """(T, G) groups from the farthest to the nearest.

    A pair changes places only when it is wrong by more than `hysteresis` metres; an order that
    lasts fewer than four frames gives way to the one before it.
    """
    order = np.argsort(-keys_TG[0], kind="stable")
    orders = np.empty(keys_TG.shape, dtype=np.int64)
    for frame, keys in enumerate(keys_TG):
        moved = True
        while moved:
            moved = False
            for i in range(len(order) - 1):
                if keys[order[i + 1]] - keys[order[i]] > hysteresis:
                    order[[i, i + 1]] = order[[i + 1, i]]
                    moved = True
        orders[frame] = order
    return _without_short_stays(orders)


def _without_short_stays(orders: NDArray[np.int64]) -> NDArray[np.int64]:
    result = orders.copy()
    start = 0
    for frame in range(1, len(orders) + 1):
        if frame == len(orders) or (orders[frame] != orders[start]).any():
            if frame - start < _SHORTEST and start > 0:
                result[start:frame] = result[start - 1]
            start = frame
    return result


def switched_with_hysteresis(signal: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    """(T,) whether a signal is positive, changing only when it passes zero by `margin`."""
    state = bool(signal[0] > 0)
    states = np.empty(len(signal), dtype=np.bool_)
    for frame, value in enumerate(signal):
        if state and value < -margin:
            state = False
        elif not state and value > margin:
            state = True
        states[frame] = state
    return states
