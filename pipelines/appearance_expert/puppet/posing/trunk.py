"""Posing of the torso and the head: reliefs, turned in 3D and bent along the spine.

Both are closed skins: the front shows the picture, the back its mirror (for the head: hair), so
that a turn slides the picture around the body instead of flipping a card:
docs/reference/puppet.md#turns.
Shapes: T frames, V vertices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.posing.vectors import smoothstep
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

Array = NDArray[np.float64]

_HANDLES = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


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
        share = smoothstep(along)[:, None]
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
        self._own = smoothstep((neck[1] - xy[:, 1]) / (0.55 * rise))[:, None]

    def pose(self, track: TrunkTrack, frame: int) -> Array:
        """Canvas places (V, 2)."""
        rigid = track.head[frame] + self._body @ track.head_axes[frame].T
        return np.asarray(self._own * rigid + (1 - self._own) * self._torso.pose(track, frame))
