"""What leads the sampling: the input's way and shape, and feet that stand still.

docs/reference/foot-restoration.md#guidance. Shapes: T frames, K = 265 features, F = 4 foot points
in the order of `columns.FEET`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from pipelines.body.feet import SOLE_DEPTH
from pipelines.body.rotations import matrix_from_6d, matrix_to_axis_angle
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import headings, turned
from pipelines.motion.contacts import contact_spans
from pipelines.motion.foot_lock import on_foot
from pipelines.motion.motion import Motion
from pipelines.motion.swing import swing_lift

Floats = NDArray[np.float64]

_DRIFT_SECONDS = 4.0
"""Slower than this the way of the root is the input's."""
_EVEN_SECONDS = 0.06
"""Evens the way of a root that follows from the feet."""
_FUSED_SECONDS = 0.1
"""Slower than this a point is where its place says, quicker than this it goes as its ways say."""
_STANDING_HEIGHT = 0.02
"""Metres that a planted foot point may stay above its height in the standing rest pose."""
_TOES_FLEX = 0.015
"""Metres that an ankle may sink below its standing height before it counts as in the floor."""
_SHAPE = (columns.positions(columns.LEGS), columns.rotations(columns.TURNED))


class Guide:
    """The input of a restoration, which knows where its heading and its root are in the world."""

    def __init__(self, motion: Motion, given_TK: Tensor) -> None:
        self.motion, self.given_TK = motion, given_TK
        self.heading_T = headings(motion)
        self.place_T2: Floats = motion.trans[:, :2].astype(np.float64)

    def on_the_way(self, found_TK: Tensor, stands_TF: Floats) -> Tensor:
        """The guess with a root that adds up: what it is to be, and where, is kept in mind.

        Heading and slow way are the input's; beyond that the root moves so that the feet that bear
        it stand, as far as the network believes that they do.
        """
        result = found_TK.clone()
        flat = np.pad(found_TK[:, columns.root_xy].double().numpy(), ((0, 0), (0, 1)))
        ways = turned(flat, self.heading_T)[:, :2]
        place_T2 = np.cumsum(ways, axis=0) - ways
        away_T2 = self.motion.trans[:, :2] - place_T2
        self.place_T2 = place_T2 + self._slow(away_T2, _DRIFT_SECONDS)
        rise = found_TK[:, columns.velocities([0])[2:]].double().numpy()
        height = found_TK[:, columns.height].double().numpy()
        result[:, columns.height] = torch.from_numpy(self._fused(height, rise)).float()
        self.place_T2 = self.place_T2 + self._borne(self._feet(result), stands_TF)
        back = turned(np.pad(_to_next(self.place_T2), ((0, 0), (0, 1))), -self.heading_T)
        result[:, columns.root_xy] = torch.from_numpy(back[:, :2]).float()
        result[:, columns.yaw_rate] = self.given_TK[:, columns.yaw_rate]
        return result

    def _borne(self, feet_TF3: Floats, stands_TF: Floats) -> Floats:
        """How far (T, 2) the root is to be moved so that standing feet do not glide."""
        glide = (stands_TF[..., None] * _to_next(feet_TF3)[..., :2]).sum(1)
        glide *= (stands_TF.max(1) / np.maximum(stands_TF.sum(1), 1e-6))[:, None]
        way = np.cumsum(glide, axis=0) - glide
        return self._slow(-way, _EVEN_SECONDS)

    def _slow(self, values: Floats, seconds: float) -> Floats:
        sigma = seconds * self.motion.fps
        return np.asarray(gaussian_filter1d(values, sigma, axis=0, mode="nearest"))

    def in_shape(self, found_TK: Tensor, now: float, strength: float) -> Tensor:
        """Geometric guidance: legs a share 1 - w towards those of the input, w = t / T = `now`."""
        result = found_TK.clone()
        share = strength * (1 - now)
        for part in _SHAPE:
            result[:, part] += share * (self.given_TK[:, part] - result[:, part])
        return result

    def stilled(self, found_TK: Tensor, now: float, stands_TF: Floats) -> Tensor:
        """Foot guidance: standing feet keep a share w of their ways; their places follow."""
        held = self._held(self._feet(found_TK), stands_TF, now)
        result = found_TK.clone()
        local = turned(held - self._root(found_TK)[:, None], -self.heading_T)
        ways = turned(_to_next(held), -self.heading_T)
        for part, values in (
            (columns.positions(columns.FEET), local), (columns.velocities(columns.FEET), ways),
        ):  # fmt: skip
            result[:, part] = torch.from_numpy(values.reshape(len(values), -1)).float()
        return result

    def feet(self, found_TK: Tensor, stands_TF: Floats) -> Floats:
        """Where the feet are to be in the end (T, F, 3): at rest where they stand, on the floor.

        A foot that travels over the floor while the other one bears the body is raised.
        """
        held = self._held(self._feet(found_TK), stands_TF, 0.0)
        floor = SOLE_DEPTH - np.array([_TOES_FLEX, _TOES_FLEX, 0, 0])
        held[..., 2] = np.maximum(held[..., 2], floor)
        for ankle, toes in ((0, 2), (1, 3)):
            held[:, toes] = on_foot(held[:, ankle], held[:, toes], columns.FEET[toes])
        held[..., 2] += np.tile(swing_lift(held, self.motion.fps), 2)
        return held

    def moved(self, found_TK: Tensor) -> Motion:
        """The input with the root and the leg rotations that were found."""
        poses = self.motion.poses.copy()
        sixes = found_TK[:, columns.rotations(columns.TURNED)].double().numpy()
        matrices = matrix_from_6d(sixes.reshape(len(sixes), -1, 6))
        poses[:, list(columns.TURNED)] = matrix_to_axis_angle(matrices)
        return replace(self.motion, poses=poses, trans=self._root(found_TK).astype(np.float32))

    def _root(self, x_TK: Tensor) -> Floats:
        height = x_TK[:, columns.height].double().numpy()
        return np.concatenate([self.place_T2, height], axis=1)

    def _feet(self, x_TK: Tensor) -> Floats:
        local = x_TK[:, columns.positions(columns.FEET)].double().numpy().reshape(-1, 4, 3)
        places = self._root(x_TK)[:, None] + turned(local, self.heading_T)
        ways = x_TK[:, columns.velocities(columns.FEET)].double().numpy().reshape(-1, 4, 3)
        return self._fused(places, turned(ways, self.heading_T))

    def _fused(self, places: Floats, ways: Floats) -> Floats:
        """Places (T, ...) that change as their ways say: added up errors are led back slowly."""
        added = np.cumsum(ways, axis=0) - ways
        return added + self._slow(places - added, _FUSED_SECONDS)

    def _held(self, places_TF3: Floats, stands_TF: Floats, share: float) -> Floats:
        joints = np.zeros((len(places_TF3), 24, 3))
        joints[:, list(columns.FEET)] = places_TF3
        held = places_TF3.copy()
        for point, spans in enumerate(contact_spans(joints, self.motion.fps, stands_TF)):
            _hold(held[:, point], spans, share, SOLE_DEPTH[point])
        return held


def _hold(places_T3: Floats, spans: list[tuple[int, int]], share: float, standing: float) -> None:
    """Bring a point to rest where it stands, in place; between stands it is carried along.

    The ways of the paper's guidance are added up anew in each stand, about its middle, so that no
    error of one is carried into the next.
    """
    if not spans:
        return
    before = places_T3.copy()
    for start, stop in spans:
        middle = np.median(before[start:stop], axis=0)
        middle[2] = np.clip(middle[2], standing, standing + _STANDING_HEIGHT)
        places_T3[start:stop] = middle + share * (before[start:stop] - middle)
    for (_, stop), (start, _) in pairwise(spans):
        _carry(places_T3, before, stop - 1, start)
    first, last = spans[0][0], spans[-1][1] - 1
    places_T3[:first] = before[:first] + (places_T3[first] - before[first])
    places_T3[last + 1 :] = before[last + 1 :] + (places_T3[last] - before[last])


def _carry(places_T3: Floats, before_T3: Floats, left: int, right: int) -> None:
    """Between two frames that have been moved, move the others by what fades from one to other."""
    ease = np.linspace(0, 1, right - left + 1)[1:-1, None]
    ease = ease * ease * (3 - 2 * ease)
    start, end = places_T3[left] - before_T3[left], places_T3[right] - before_T3[right]
    places_T3[left + 1 : right] = before_T3[left + 1 : right] + (1 - ease) * start + ease * end


def _to_next(values: Floats) -> Floats:
    """Ways to the next frame, the last one repeated."""
    step = np.diff(values, axis=0)
    return np.concatenate([step, step[-1:]])
