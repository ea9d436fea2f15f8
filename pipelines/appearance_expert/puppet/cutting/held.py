"""Arms that a picture shows across the body: they cannot be cut out, so the trunk carries them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM, RIGHT_ARM, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    Point,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure

MOST_ACROSS = 0.33
"""Share of forearm and hand before the trunk or the other arm from which an arm is held."""

MOST_THICKNESS = 0.75
"""Width over length of a forearm from which it does not bend like one: a robe's sleeve, a stump."""

_MOST_BESIDE_HELD = 0.1
_ON_TRUNK = 0.05
_SAMPLES = 24


def shares_across(figure: Figure, capsules: list[Capsule]) -> dict[int, float]:
    """Which share of each arm's forearm and hand lies before the trunk or the other arm.

    What lies behind such an arm is not in the picture; too much of it would have to be invented.
    """
    trunk = outside_polygon(figure.matte.shape, torso_polygon(figure))
    shares = {}
    for arm, other in ((LEFT_ARM, RIGHT_ARM), (RIGHT_ARM, LEFT_ARM)):
        path = _forearm_and_hand(capsules, arm)
        if len(path):
            covers = _at(trunk, path) <= _ON_TRUNK * figure.unit
            covers |= _on_arm(path, [c for c in capsules if c.part == other], 0.0)
            shares[arm] = float(covers.mean())
    return shares


def arms_to_hold(figure: Figure, capsules: list[Capsule]) -> tuple[int, ...]:
    """Arms across the trunk or each other, in sleeves too wide to bend, and beside a held one."""
    shares = shares_across(figure, capsules)
    wide = {c.part for c in capsules if c.place == 1 and _thickness(c) > MOST_THICKNESS}
    held = [arm for arm, share in shares.items() if share > MOST_ACROSS or arm in wide]
    for arm in shares:
        if held and arm not in held:
            path = _forearm_and_hand(capsules, arm)
            hand = next(c.radius for c in capsules if c.part == arm and c.place == 2)
            other = [c for c in capsules if c.part in held and c.place > 0]
            beside = _on_arm(path, other, 0.5 * hand)
            if beside.mean() > _MOST_BESIDE_HELD:
                held.append(arm)
    return tuple(sorted(held))


def carried_by_trunk(
    figure: Figure, capsules: list[Capsule], held: tuple[int, ...]
) -> tuple[Figure, list[Capsule]]:
    """The same figure with the held arms as pieces of the trunk."""
    carried = [replace(c, part=TORSO) if c.part in held else c for c in capsules]
    limbs = tuple(limb for limb in figure.limbs if limb not in held)
    return replace(figure, limbs=limbs), carried


def _thickness(bone: Capsule) -> float:
    return 2 * bone.radius / max(1.0, float(np.linalg.norm(bone.end - bone.start)))


def _forearm_and_hand(capsules: list[Capsule], arm: int) -> Point:
    """(N, 2) places evenly spread along the bones below the elbow."""
    bones = [c for c in capsules if c.part == arm and c.place > 0]
    if not bones:
        return np.zeros((0, 2))
    length = sum(float(np.linalg.norm(c.end - c.start)) for c in bones)
    pieces = []
    for bone in bones:
        share = float(np.linalg.norm(bone.end - bone.start)) / max(length, 1e-6)
        steps = np.linspace(0, 1, max(2, round(_SAMPLES * share)))[:, None]
        pieces.append(bone.start + steps * (bone.end - bone.start))
    return np.concatenate(pieces)


def _on_arm(path: Point, capsules: list[Capsule], margin: float) -> NDArray[np.bool_]:
    found = np.zeros(len(path), dtype=np.bool_)
    for capsule in capsules:
        axis = capsule.end - capsule.start
        along = np.clip((path - capsule.start) @ axis / max(float(axis @ axis), 1e-9), 0, 1)
        gap = np.linalg.norm(path - capsule.start - along[:, None] * axis, axis=1)
        found |= gap < capsule.radius + margin
    return found


def _at(distance: NDArray[np.float32], path: Point) -> NDArray[np.float32]:
    column = np.clip(path[:, 0].astype(int), 0, distance.shape[1] - 1)
    row = np.clip(path[:, 1].astype(int), 0, distance.shape[0] - 1)
    return np.asarray(distance[row, column])
