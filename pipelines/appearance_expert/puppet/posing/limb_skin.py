"""How the vertices of an arm or a leg hang on its joints.

Shapes: V vertices, B = 4 bones (trunk, upper, lower, tip), 3 joints between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import ARMS, CHAINS
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.posing.vectors import smoothstep, unit

Array = NDArray[np.float64]

_FOLDED = np.cos(np.radians(105))
"""Cosine between neighbouring bones below which a limb is folded on itself in the picture."""


@dataclass(frozen=True)
class Skin:
    """How the vertices of one limb hang on its joints.

    Attributes:
        joint: (V,) which of the three joints a vertex turns about.
        blend: (V,) 0 on the bone before that joint, 1 on the bone after it.
        xy: (V, 2) places in texture space.
        chain: (4, 2) joints root, middle, end, tip in texture space.
        trunk: (2,) direction of the trunk's bone at the root.
        is_arm: whether it is an arm.
        radii: of its three bones, in texture pixels.
    """

    joint: NDArray[np.int64]
    blend: Array
    xy: Array
    chain: Array
    trunk: Array
    is_arm: bool
    radii: tuple[float, ...]

    def is_web(self, triangles: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(N,) triangles that join two bones far from the joint between them.

        Where a limb is folded in the picture its bones touch; they must part when it opens.
        """
        bones = np.diff(self.chain, axis=0)
        bones /= np.maximum(np.linalg.norm(bones, axis=1, keepdims=True), 1e-6)
        if float((bones[:-1] * bones[1:]).sum(1).min()) > _FOLDED:
            return np.zeros(len(triangles), dtype=np.bool_)
        along = (self.joint + self.blend)[triangles]
        jumps = np.ptp(along, axis=1) > 0.3
        middle = self.xy[triangles].mean(1)
        gap = np.linalg.norm(middle[:, None] - self.chain[:3], axis=2)
        near = (gap < 1.7 * np.asarray(self.radii)).any(1)
        return np.asarray(jumps & ~near & (along.min(1) > 0.5))


def skin_limb(part: int, xy: Array, figure: Figure, capsules: list[Capsule]) -> Skin:
    """Weights of the vertices xy (V, 2) of one limb's mesh."""
    chain = np.stack([figure.point(name) for name in CHAINS[part]])
    is_arm = part in ARMS
    neck, pelvis = figure.point("neck"), figure.point("pelvis")
    trunk = unit(chain[0] - neck) if is_arm else unit(pelvis - neck)
    bones = [trunk, *(unit(chain[k + 1] - chain[k]) for k in range(3))]
    radii = [capsule.radius for capsule in capsules if capsule.part == part]
    softness = [0.75 * radii[0], 0.75 * min(radii[0], radii[1]), 0.6 * radii[2]]
    nearest = _nearest_bone(xy, chain, radii)
    along = np.zeros(len(xy))
    for joint in range(3):
        tangent = _bisector(bones[joint], bones[joint + 1])
        offset = (xy - chain[joint]) @ tangent
        far = np.linalg.norm(xy - chain[joint], axis=1) / (1.3 * radii[joint])
        sharp = softness[joint] / np.maximum(1, far) ** 2 if joint else softness[joint]
        rise = smoothstep(offset / (2 * sharp) + 0.5)
        before = nearest == joint - 1 if joint else np.zeros(len(xy), dtype=bool)
        beside = before | (nearest == joint)
        along += np.where(beside, rise, (nearest > joint).astype(float))
    joint_index = np.clip(np.floor(along), 0, 2).astype(np.int64)
    return Skin(joint_index, along - joint_index, xy, chain, trunk, is_arm, tuple(radii))


def _nearest_bone(xy: Array, chain: Array, radii: list[float]) -> NDArray[np.int64]:
    distances = []
    for k in range(3):
        axis = chain[k + 1] - chain[k]
        share = np.clip((xy - chain[k]) @ axis / max(float(axis @ axis), 1e-9), 0, 1)
        gap = np.linalg.norm(xy - chain[k] - share[:, None] * axis, axis=1)
        distances.append(gap / radii[k])
    return np.asarray(np.argmin(distances, axis=0))


def _bisector(before: Array, after: Array) -> Array:
    total = before + after
    if np.linalg.norm(total) < 0.2:  # folded back on itself: one side is before, one after
        return unit(after - 0.9 * before)
    return unit(total)
