"""Posing of the torso and the head: inflated to a relief, turned in 3D, bent along the spine.

Both are closed skins: the front shows the picture, the back its mirror (for the head: hair), so
that a turn slides the picture around the body instead of flipping a card:
docs/reference/puppet.md#turns.
Shapes: T frames, V vertices.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.posing.mesh import CLOSED_STEP
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

Array = NDArray[np.float64]

TORSO_THICKNESS = 0.45
HEAD_THICKNESS = 0.42
TORSO_RAMP, HEAD_RAMP = 0.4, 0.2
_ROUNDNESS = 2.4
_HANDLES = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_RIM = 1.5 * CLOSED_STEP
"""Pixels along the outline where front and back lie on each other. Every triangle that the
outline crosses must lie there whole, or a gap opens between the two sides."""


def relief(
    alpha: NDArray[np.float32], xy: Array, thickness: float, widest: float, ramp: float
) -> Array:
    """Half depth (V,) of a body whose outline is the layer's: superellipses row by row.

    Args:
        thickness: half depth over half width.
        widest: half widths above this (hair, a coat) do not make the body deeper, in pixels.
        ramp: share of `widest` over which it rises from the outline; short ramps keep a face flat.
    """
    rows = np.arange(alpha.shape[0])
    solid = alpha > 0.3
    used = solid.any(1)
    left = np.where(used, solid.argmax(1), 0).astype(float)
    right = np.where(used, alpha.shape[1] - solid[:, ::-1].argmax(1), 0).astype(float)
    if not used.any():
        return np.zeros(len(xy))
    left = np.interp(rows, rows[used], left[used])
    right = np.interp(rows, rows[used], right[used])
    soft = max(2.0, 0.15 * widest)
    left = cv2.GaussianBlur(left[:, None], (0, 0), soft, borderType=cv2.BORDER_REPLICATE)[:, 0]
    right = cv2.GaussianBlur(right[:, None], (0, 0), soft, borderType=cv2.BORDER_REPLICATE)[:, 0]
    middle = np.interp(xy[:, 1], rows, (left + right) / 2)
    half = np.maximum(np.interp(xy[:, 1], rows, (right - left) / 2), 2.0)
    across = np.clip(np.abs(xy[:, 0] - middle) / half, 0, 1)
    bulge = (1 - across**_ROUNDNESS) ** (1 / _ROUNDNESS)
    inward = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    column = np.clip(np.rint(xy[:, 0]).astype(int), 0, alpha.shape[1] - 1)
    row = np.clip(np.rint(xy[:, 1]).astype(int), 0, alpha.shape[0] - 1)
    closing = np.clip((inward[row, column] - _RIM) / max(4.0, ramp * widest), 0, 1)
    return np.asarray(thickness * np.minimum(half, widest) * bulge * closing**0.6)


@dataclass(frozen=True)
class TrunkTrack:
    """The spine through a dance, on the canvas.

    Attributes:
        spine: (T, 3, 2) pelvis, middle and neck.
        across: (T, 2, 2), deep: (T, 2, 2), up: (T, 2, 2) projections of the body's axes to its
            left, to its front and upwards, at the pelvis and at the chest.
        head: (T, 2) head joint; head_axes: (T, 2, 3) projections of the head's own axes.
        handles: (T, 4, 2) places of shoulders and hips.
    """

    spine: Array
    across: Array
    deep: Array
    up: Array
    head: Array
    head_axes: Array
    handles: Array


def track_trunk(
    dance: StagedDance, pelvis_T33: Array, chest_T33: Array, head_T33: Array
) -> TrunkTrack:
    """Read spine and handles off a staged dance, with the rotations to draw one side with."""
    ends = np.stack([pelvis_T33, chest_T33], axis=1)  # (T, 2, 3, 3)
    return TrunkTrack(
        spine=dance.xy[:, [POINT["pelvis"], POINT["spine2"], POINT["neck"]]],
        across=ends[..., :2, 0],
        deep=ends[..., :2, 2],
        up=ends[..., :2, 1],
        head=dance.xy[:, POINT["head"]],
        head_axes=head_T33[:, :2, :],
        handles=dance.xy[:, [POINT[name] for name in _HANDLES]],
    )


class TorsoSkin:
    """The torso's vertices, front or back, tied to the spine and to shoulders and hips."""

    def __init__(self, xy: Array, depth: Array, figure: Figure) -> None:
        """Tie vertices xy (V, 2) that stand out by depth (V,) towards the viewer."""
        self._pelvis, self._middle, self._neck = (
            figure.point(name) for name in ("pelvis", "spine2", "neck")
        )
        self._length = max(float(self._pelvis[1] - self._neck[1]), 1.0)
        share = (self._pelvis[1] - self._middle[1]) / self._length
        self._share = float(np.clip(share, 0.3, 0.7))
        self._depth = depth
        self._handles = np.stack([figure.point(name) for name in _HANDLES])
        self._reach = 0.75 * figure.unit
        self._along, self._sideways = self._coordinates(xy)
        self._handle_along, self._handle_sideways = self._coordinates(self._handles)
        kernel = self._kernel(self._handles)
        self._pull = self._kernel(xy) @ np.linalg.inv(kernel + 1e-3 * np.eye(len(kernel)))

    def _kernel(self, xy: Array) -> Array:
        gap = ((xy[:, None] - self._handles) ** 2).sum(-1)
        return np.asarray(np.exp(-gap / (2 * self._reach**2)))

    def _coordinates(self, xy: Array) -> tuple[Array, Array]:
        along = (self._pelvis[1] - xy[:, 1]) / self._length
        spine = np.stack([self._pelvis, self._middle, self._neck])
        return along, xy[:, 0] - self._curve(spine, np.array([[0, -1.0]] * 2), along)[:, 0]

    def _curve(self, spine: Array, up: Array, along: Array) -> Array:
        """The parabola through pelvis, middle and neck, straight on past both ends."""
        s = self._share
        inner = np.clip(along, 0, 1)[:, None]
        below = (inner - s) * (inner - 1) / s
        middle = inner * (inner - 1) / (s * (s - 1))
        above = inner * (inner - s) / (1 - s)
        curve = below * spine[0] + middle * spine[1] + above * spine[2]
        curve += np.minimum(along, 0)[:, None] * up[0] * self._length
        curve += np.maximum(along - 1, 0)[:, None] * up[1] * self._length
        return np.asarray(curve)

    def _free(
        self, track: TrunkTrack, frame: int, along: Array, sideways: Array, depth: Array
    ) -> Array:
        share = _smooth(along)[:, None]
        across = track.across[frame, 0] * (1 - share) + track.across[frame, 1] * share
        deep = track.deep[frame, 0] * (1 - share) + track.deep[frame, 1] * share
        curve = self._curve(track.spine[frame], track.up[frame], along)
        return np.asarray(curve + sideways[:, None] * across + depth[:, None] * deep)

    def pose(self, track: TrunkTrack, frame: int) -> Array:
        """Canvas places (V, 2)."""
        free = self._free(track, frame, self._along, self._sideways, self._depth)
        flat = np.zeros(len(_HANDLES))
        handles = self._free(track, frame, self._handle_along, self._handle_sideways, flat)
        return np.asarray(free + self._pull @ (track.handles[frame] - handles))


class HeadSkin:
    """The head's vertices: rigid in 3D, growing out of the torso at the neck."""

    def __init__(self, xy: Array, depth: Array, figure: Figure, torso: TorsoSkin) -> None:
        """Tie vertices xy (V, 2) that stand out by depth (V,) towards the viewer."""
        self._torso = torso
        joint, neck = figure.point("head"), figure.point("neck")
        self._body = np.stack([xy[:, 0] - joint[0], joint[1] - xy[:, 1], depth], axis=1)
        rise = max(float(neck[1] - joint[1]), 1.0)
        self._own = _smooth((neck[1] - xy[:, 1]) / (0.55 * rise))[:, None]

    def pose(self, track: TrunkTrack, frame: int) -> Array:
        """Canvas places (V, 2)."""
        rigid = track.head[frame] + self._body @ track.head_axes[frame].T
        return np.asarray(self._own * rigid + (1 - self._own) * self._torso.pose(track, frame))


def _smooth(x: Array) -> Array:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))
