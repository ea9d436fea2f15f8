"""Is the figure in one piece while it dances? Measured pose by pose, the widest ones first."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    LEFT_ARM,
    LEFT_LEG,
    PART_NAMES,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.painting.compositor import Compositor
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList
from pipelines.appearance_expert.puppet.posing.rig import Rig
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

MOST_LOOSE = 0.01
MOST_HOLES = 0.04
MOST_STRETCHED = {LEFT_ARM: 0.06, RIGHT_ARM: 0.06, LEFT_LEG: 0.12, RIGHT_LEG: 0.12}
"""Beyond it the limb is held, where it is an arm, or dances less for as long."""

_POSES = 6
_SIDE = 320
_SPECK = 6
_WHITE = np.full((_SIDE, _SIDE, 3), 255, np.float32)
_HALF = 128
_TRUNK = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
_TRUNK_INSIDE, _TRUNK_CORE = 0.6, 0.4
"""How far towards the corners of the trunk holes are looked for, and where its edge may not be."""


@dataclass(frozen=True)
class Tears:
    """What is torn in one pose, or at worst in several.

    Attributes:
        loose: share of the figure's pixels apart from its largest piece, beyond that of the
            picture itself.
        holes: share of the trunk, well inside shoulders and hips, that shows the background.
        stretched: for each limb, the share of its pixels on triangles drawn out to slivers.
    """

    loose: float
    holes: float
    stretched: dict[int, float]

    @property
    def failed(self) -> tuple[str, ...]:
        """What is out of bounds, in words."""
        found = []
        if self.loose > MOST_LOOSE:
            found.append(f"{self.loose:.1%} of the figure comes off (most {MOST_LOOSE:.0%})")
        if self.holes > MOST_HOLES:
            found.append(f"{self.holes:.0%} of the trunk is open (most {MOST_HOLES:.0%})")
        for limb, share in self.stretched.items():
            if share > MOST_STRETCHED[limb]:
                found.append(
                    f"{share:.0%} of the {PART_NAMES[limb]} is drawn out "
                    f"(most {MOST_STRETCHED[limb]:.0%})"
                )
        return tuple(found)

    @property
    def torn_parts(self) -> tuple[int, ...]:
        """The limbs that are drawn out too far; the torso, which stands for the whole body, where
        something comes off or is open."""
        limbs = tuple(p for p, share in self.stretched.items() if share > MOST_STRETCHED[p])
        apart = self.loose > MOST_LOOSE or self.holes > MOST_HOLES
        return (TORSO, *limbs) if apart else limbs

    @property
    def torn_arms(self) -> tuple[int, ...]:
        """The arms that are drawn out too far."""
        return tuple(arm for arm in ARMS if self.stretched.get(arm, 0.0) > MOST_STRETCHED[arm])

    def as_json(self) -> dict[str, float]:
        """The numbers, rounded."""
        return {
            "loose": round(self.loose, 4),
            "holes": round(self.holes, 4),
            "stretched": round(max(self.stretched.values(), default=0.0), 4),
        }


def measure_tears(rig: Rig, figure: Figure, dance: StagedDance) -> Tears:
    """Draw the figure alone in its widest poses and look for what is torn."""
    each = list(tears_of(rig, figure, dance, widest_poses(dance.xy, _POSES)))
    return Tears(
        max((0.0, *(tears.loose for tears in each))),
        max((0.0, *(tears.holes for tears in each))),
        {limb: max((0.0, *(tears.stretched[limb] for tears in each))) for limb in figure.limbs},
    )


def tears_of(
    rig: Rig, figure: Figure, dance: StagedDance, frames: Sequence[int]
) -> Generator[Tears, None, None]:
    """What is torn in each of these frames, one after the other."""
    # A black figure over white shows its opacity in one go.
    silhouette = rig.atlas.copy()
    silhouette[..., :3] = 0
    compositor = Compositor(_SIDE, _SIDE, silhouette)
    at_rest = loose_share(figure.matte > 0.5)
    try:
        for frame in frames:
            yield _torn(compositor, rig, dance, frame, at_rest)
    finally:
        compositor.close()


def _torn(
    compositor: Compositor, rig: Rig, dance: StagedDance, frame: int, at_rest: float
) -> Tears:
    drawn = rig.draw_list(frame, rig.state(frame))
    fitted, scale, shift = _fitted(drawn)
    solid = compositor.paint(_WHITE, fitted)[..., 1] < _HALF
    corners = dance.xy[frame, [POINT[name] for name in _TRUNK]] * scale + shift
    in_picture = max(0, int(dance.height * scale + shift[1]))
    holes = open_share(solid[:in_picture], corners)
    return Tears(loose_share(solid) - at_rest, holes, rig.stretched(drawn.xy))


def widest_poses(xy_T29: NDArray[np.float64], count: int) -> list[int]:
    """Frames of poses far from each other, the one farthest from the mean first."""
    pose = (xy_T29 - xy_T29[:, :1]).reshape(len(xy_T29), -1)
    chosen = [int(((pose - pose.mean(0)) ** 2).sum(1).argmax())]
    gap = np.full(len(pose), np.inf)
    for _ in range(min(count, len(pose)) - 1):
        gap = np.minimum(gap, ((pose - pose[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(gap.argmax()))
    return chosen


def loose_share(solid: NDArray[np.bool_]) -> float:
    """Share of a mask outside its largest piece; specks of a few pixels do not count."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    areas = areas[areas > _SPECK]
    return float(1 - areas.max() / areas.sum()) if len(areas) else 0.0


def open_share(solid: NDArray[np.bool_], corners_42: NDArray[np.float64]) -> float:
    """Share of the inner part of a quadrilateral that a mask leaves open.

    A slim waist lets the outside in between shoulder and hip: what is open to the outside counts
    only near the middle.
    """
    inside, core = (_shrunk(solid.shape, corners_42, size) for size in (_TRUNK_INSIDE, _TRUNK_CORE))
    _, pieces = cv2.connectedComponents((~np.pad(solid, 1)).astype(np.uint8), connectivity=4)
    outside = (pieces == pieces[0, 0])[1:-1, 1:-1]
    hole = (inside & ~solid & ~outside).sum() / max(1, inside.sum())
    gap = (core & outside).sum() / max(1, core.sum())
    return float(hole + gap)


def _shrunk(
    shape: tuple[int, ...], corners_42: NDArray[np.float64], size: float
) -> NDArray[np.bool_]:
    middle = corners_42.mean(0)
    inner = middle + size * (corners_42 - middle)
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(inner).astype(np.int32)), 1)
    return mask > 0


def _fitted(draw: DrawList) -> tuple[DrawList, float, NDArray[np.float64]]:
    """The figure moved and scaled into the small canvas."""
    low, high = draw.xy.min(0), draw.xy.max(0)
    scale = (_SIDE - 8) / max(float((high - low).max()), 1.0)
    shift = 4 - low.astype(np.float64) * scale
    xy = (draw.xy * scale + shift).astype(np.float32)
    return DrawList(xy, draw.uv, draw.triangles, draw.culled, draw.opacity), scale, shift
