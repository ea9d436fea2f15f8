"""A foreign skeleton seen as body parts: where they are, how they turn, what hangs on what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.motion.source import SourceMotion

Floats = NDArray[np.float64]

LIMB_CHILD: dict[str, str] = {
    f"{side}_{joint}": f"{side}_{child}"
    for side in ("left", "right")
    for joint, child in (
        ("hip", "knee"), ("knee", "ankle"),
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand"),
    )
}  # fmt: skip
"""Limb joints whose bone must stay parallel to the source's, and the joint at its far end."""


class Parts:
    """Positions and turns of a source motion by part name ("left_knee", ...).

    Attributes:
        index: part name -> source joint.
        rest: part name -> (3,) place in the source's rest pose.
        frames: T.
    """

    def __init__(self, source: SourceMotion, index: dict[str, int]) -> None:
        self.index = index
        self.parents = source.parents
        self.fps = source.fps
        places = source.rest_positions()
        self.rest: dict[str, Floats] = {part: places[joint] for part, joint in index.items()}
        self._positions, self._turns = source.pose()
        self.frames = len(self._positions)
        self.spine = self._spine()

    def at(self, part: str) -> Floats:
        """Positions (T, 3) of a part."""
        return self._positions[:, self.index[part]]

    def turn(self, part: str) -> Floats:
        """Global rotations (T, 3, 3) of the source joint that plays a part."""
        return self._turns[:, self.index[part]]

    def turn_of(self, joint: int) -> Floats:
        """Global rotations (T, 3, 3) of a source joint."""
        return self._turns[:, joint]

    def place_of(self, joint: int) -> Floats:
        """Positions (T, 3) of a source joint."""
        return self._positions[:, joint]

    def rest_bone(self, part: str, child: str) -> Floats | None:
        """The rest vector between two parts, or None if one is missing or they coincide."""
        if part not in self.index or child not in self.index:
            return None
        bone = self.rest[child] - self.rest[part]
        return bone if np.linalg.norm(bone) > 1e-6 else None

    def spine_turns(self, mounts: dict[str, Floats]) -> dict[str, Floats]:
        """Global rotations (T, 3, 3) of pelvis and spine1 to spine3, spread over the source spine.

        The source's spine joints stand at even distances between pelvis and chest; ours take the
        turn at a third, two thirds and the whole of the way.
        """
        chain = [self.turn("pelvis") @ mounts["pelvis"]]
        for position, joint in enumerate(self.spine):
            mount = mounts.get(f"spine {position}", mounts["spine3"])
            chain.append(self.turn_of(joint) @ mount)
        result = {"pelvis": chain[0]}
        for number in (1, 2, 3):
            place = number / 3 * (len(chain) - 1)
            below = min(int(place + 1e-9), max(len(chain) - 2, 0))
            above = min(below + 1, len(chain) - 1)
            result[f"spine{number}"] = _between(chain[below], chain[above], place - below)
        return result

    def _spine(self) -> list[int]:
        """Source joints above the pelvis up to the one that carries both arms."""
        left = self._ancestors("left_shoulder")
        shared = [joint for joint in self._ancestors("right_shoulder") if joint in left]
        chest_up_to_pelvis = shared[: shared.index(self.index["pelvis"])]
        return chest_up_to_pelvis[::-1]

    def _ancestors(self, part: str) -> list[int]:
        chain = [self.parents[self.index[part]]]
        while chain[-1] >= 0:
            chain.append(self.parents[chain[-1]])
        return chain


def unit(vectors: Floats) -> Floats:
    """Vectors (..., 3) at length one; zero stays zero."""
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return result


def arc(source: Floats, target: Floats) -> Floats:
    """The shortest rotation (3, 3) that turns direction `source` (3,) into `target` (3,)."""
    a, b = unit(source), unit(target)
    axis = np.cross(a, b)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        if a @ b > 0:
            return np.eye(3)
        axis, sine = np.cross(a, np.eye(3)[np.abs(a).argmin()]), 1e-12
    turn: Floats = Rotation.from_rotvec(unit(axis) * np.arctan2(sine, a @ b)).as_matrix()
    return turn


def frame_of(primary: Floats, secondary: Floats) -> Floats:
    """Right-handed frames (..., 3, 3) with columns primary, secondary made square to it, third."""
    first = unit(primary)
    second = unit(secondary - (secondary * first).sum(-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def mean_rotation(matrices: Floats, weights: Floats | None = None) -> Floats:
    """The chordal mean (3, 3) of rotations (T, 3, 3)."""
    result: Floats = Rotation.from_matrix(matrices).mean(weights).as_matrix()
    return result


def _between(below: Floats, above: Floats, weight: float) -> Floats:
    if weight < 1e-6:
        return below
    if weight > 1 - 1e-6:
        return above
    step = matrix_to_axis_angle(np.swapaxes(below, -1, -2) @ above)
    result: Floats = below @ axis_angle_to_matrix(step * weight)
    return result
