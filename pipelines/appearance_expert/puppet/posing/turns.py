"""Turning away from the camera with a flat picture (docs/reference/puppet.md#turns).

A picture shows one side. Up to a limit the relief is really turned; beyond, the turn is held
back, and around the profile the front gives way to the back. Shapes: T frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.appearance_expert.puppet.posing.depth_order import switched_with_hysteresis

Array = NDArray[np.float64]

_SOFT_FROM = np.radians(35)
_CROSSFADE_SECONDS = 0.06
_CROSSFADE_ANGLE = np.radians(5)
_CROSSFADE_AFTER = np.radians(8)
"""A little past the profile the front is still the better guess."""
_SHORTEST_STAY = 0.4
"""Seconds: a glance just past the profile that is over sooner would look like a flicker."""
_GLANCE = np.sin(np.radians(125 - 90))


@dataclass(frozen=True)
class Turn:
    """How one part of the body shows itself through a dance.

    Attributes:
        front: (T, 3, 3) rotations, camera axes, to draw the front with.
        back: (T, 3, 3) rotations to draw the back with.
        share: (T,) opacity of the front over the back, 1 while it faces the camera.
        angle: (T,) radians, how far the part is turned away from the camera, in [0, pi].
    """

    front: Array
    back: Array
    share: Array
    angle: Array


def hold_back_turns(
    rotations_T33: Array, most: float, fps: float, most_nod: float | None = None
) -> Turn:
    """Limit how far a relief is turned about its own upright axis, seen from either side.

    Args:
        rotations_T33: global rotations in camera axes (x right, y down, z away).
        most: radians that the turn approaches but does not pass.
        fps: frames per second, for the crossfade between the sides.
        most_nod: the same for nodding; None leaves it free.
    """
    to_camera = -rotations_T33[:, 2, :]  # the direction towards the camera, in the body's axes
    heading = np.arctan2(to_camera[:, 0], to_camera[:, 2])
    certain = np.hypot(to_camera[:, 0], to_camera[:, 2])
    behind = np.arctan2(-to_camera[:, 0], -to_camera[:, 2])
    front = rotations_T33 @ _about_upright(certain * (heading - _limited(heading, most)))
    back = rotations_T33 @ _about_upright(certain * (behind - _limited(behind, most)))
    if most_nod is not None:
        front = _nods_held_back(front, 1.0, most_nod)
        back = _nods_held_back(back, -1.0, most_nod)
    beyond = to_camera[:, 2] + np.sin(_CROSSFADE_AFTER)
    faces = switched_with_hysteresis(beyond, float(np.sin(_CROSSFADE_ANGLE)))
    faces = _without_glances(faces, -to_camera[:, 2], round(_SHORTEST_STAY * fps))
    sigma = max(0.5, _CROSSFADE_SECONDS * fps)
    share = gaussian_filter1d(faces.astype(np.float64), sigma, mode="nearest")
    share[share > 0.995], share[share < 0.005] = 1.0, 0.0
    return Turn(front, back, share, np.arccos(np.clip(to_camera[:, 2], -1, 1)))


def _without_glances(faces_T: NDArray[np.bool_], away_T: Array, shortest: int) -> NDArray[np.bool_]:
    """The back is left out where it would show shortly and not for a real turn.

    Args:
        away_T: (T,) how far the front points away from the camera, in [-1, 1].
        shortest: frames.
    """
    result = faces_T.copy()
    switches = np.flatnonzero(np.diff(faces_T)) + 1
    for start, end in pairwise(switches):
        if end - start < shortest and away_T[start:end].max() < _GLANCE:
            result[start:end] = True
    return result


def _nods_held_back(rotations: Array, side: float, most: float) -> Array:
    to_camera = -rotations[:, 2, :]
    nod = np.arctan2(to_camera[:, 1], side * to_camera[:, 2])
    excess = nod - np.sign(nod) * np.minimum(np.abs(nod), most)
    certain = np.hypot(to_camera[:, 1], to_camera[:, 2])
    return np.asarray(rotations @ _about_sideways(-side * certain * excess))


def _limited(angle: Array, most: float) -> Array:
    """The angle itself while small, then approaching `most`; past the profile it comes back."""
    size = np.abs(angle)
    size = np.where(size > np.pi / 2, np.pi - size, size)
    start = min(_SOFT_FROM, 0.7 * most)
    over = np.maximum(size - start, 0)
    held = np.minimum(size, start) + (most - start) * (1 - np.exp(-over / (most - start)))
    return np.asarray(np.sign(angle) * held)


def _about_upright(angle: Array) -> Array:
    """(T, 3, 3) rotations about the body's y axis."""
    cos, sin = np.cos(angle), np.sin(angle)
    result = np.zeros((len(angle), 3, 3))
    result[:, 0, 0], result[:, 0, 2] = cos, sin
    result[:, 1, 1] = 1
    result[:, 2, 0], result[:, 2, 2] = -sin, cos
    return result


def _about_sideways(angle: Array) -> Array:
    """(T, 3, 3) rotations about the body's x axis."""
    cos, sin = np.cos(angle), np.sin(angle)
    result = np.zeros((len(angle), 3, 3))
    result[:, 0, 0] = 1
    result[:, 1, 1], result[:, 1, 2] = cos, -sin
    result[:, 2, 1], result[:, 2, 2] = sin, cos
    return result
