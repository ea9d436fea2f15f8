"""The reference person brought to the size at which it will be drawn, and the bones in it.

Texture space: pixels of the reference picture, scaled as on the canvas and cropped around the
person. Where the picture cuts the person off, the last rows go on below the cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import PART_NAMES
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.keypoints.visible import SEEN, visible_limbs

_MARGIN = 24
_EDGE = 4
_CROWN = 0.22
"""Height of the crown over the width at which a picture cuts it off."""


@dataclass(frozen=True)
class Figure:
    """The person in texture space.

    Attributes:
        image: (H, W, 3) float32 in 0..255; near the outline without the old background's colour.
        raw: (H, W, 3) the same as it is in the picture; background: (H, W, 3) without the person.
        matte: (H, W) float32 in [0, 1].
        xy: (29, 2) points, POINT_NAMES order.
        limbs: the parts that dance on their own; a limb that the picture cuts off moves with
            the torso.
        full: whether the feet are in the picture.
        drawn: whether it is a line drawing, whose outline is exact and whose colours are ink.
        cut_row: first row below the picture's lower edge; the matte's height if it is not cut.
        unit: half the shoulder width, in texture pixels, guarded against side views.
    """

    image: NDArray[np.float32]
    raw: NDArray[np.float32]
    background: NDArray[np.float32]
    matte: NDArray[np.float32]
    xy: NDArray[np.float64]
    limbs: tuple[int, ...]
    full: bool
    drawn: bool
    cut_row: int
    unit: float

    def point(self, name: str) -> NDArray[np.float64]:
        """Position of one named point."""
        place: NDArray[np.float64] = self.xy[POINT[name]]
        return place


def build_figure(person: ReferencePerson, dance: StagedDance, clean: NDArray[np.float32]) -> Figure:
    """Scale, crop and, for a half-body picture, extend the reference person.

    Args:
        clean: (H, W, 3) the reference picture without the person.
    """
    scale = float(dance.reference_to_canvas[0, 0]) * dance.figure_scale
    height, width = (max(8, round(side * scale)) for side in person.matte.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    raw = cv2.resize(person.image, (width, height), interpolation=way).astype(np.float32)
    background = cv2.resize(clean, (width, height), interpolation=way)
    matte = cv2.resize(person.matte, (width, height), interpolation=cv2.INTER_AREA)
    xy = person.xy * [width / person.matte.shape[1], height / person.matte.shape[0]]
    full = person.coverage == "full"
    matte = _keep_person(matte, xy, person.confidence)
    x, y, wide, tall = cv2.boundingRect((matte > 0.05).astype(np.uint8))
    x0, y0 = max(0, x - _MARGIN), max(0, y - _MARGIN)
    x1, y1 = min(width, x + wide + _MARGIN), min(height, y + tall + _MARGIN)
    before, after = 8, 8  # room for the mesh and for colour to bleed into
    below, above = 8, 8
    if not full:  # the very edge is often a frame line or half a pixel
        y1 = min(y1, height - _EDGE)
        below = _EDGE + max(_MARGIN, height // 6)
    box = (slice(y0, y1), slice(x0, x1))
    pads = [(above, below), (before, after)]
    matte = np.pad(matte[box], pads, mode="constant" if full else "edge")
    matte[:above] = 0
    if y0 == 0 and matte[above].max() > 0.5:  # the picture cuts the crown off
        above += _crown_rows(matte[above])
        matte = _with_crown(matte, above)
    pads = [(above, below), (before, after)]
    raw = np.pad(raw[box], [*pads, (0, 0)], mode="edge")
    background = np.pad(background[box], [*pads, (0, 0)], mode="edge")
    xy = xy - [x0 - before, y0 - above]
    shoulders = float(np.linalg.norm(xy[POINT["left_shoulder"]] - xy[POINT["right_shoulder"]]))
    spine = float(np.linalg.norm(xy[POINT["neck"]] - xy[POINT["pelvis"]]))
    return Figure(
        image=_clean_edges(raw, matte),
        raw=raw,
        background=background,
        matte=matte.astype(np.float32),
        xy=xy,
        limbs=tuple(PART_NAMES.index(limb) for limb in visible_limbs(person)),
        full=full,
        drawn=person.source == "silhouette",
        cut_row=len(matte) if full else above + y1 - y0,
        unit=max(shoulders, 0.55 * spine, 8.0) / 2,
    )


def _crown_rows(edge: NDArray[np.float32]) -> int:
    """How many rows a crown as wide as the picture's first row goes on above it."""
    return max(1, round(_CROWN * float((edge > 0.5).sum())))


def _with_crown(matte: NDArray[np.float32], above: int) -> NDArray[np.float32]:
    """The matte with half an ellipse on what touched the upper edge of the picture.

    Args:
        matte: (H, W) with 8 empty rows above the picture; above: how many there shall be.
    """
    rows = above - 8
    edge = matte[8] > 0.5
    inside = np.flatnonzero(edge)
    middle, half = 0.5 * (inside[0] + inside[-1]), max(1.0, 0.5 * (inside[-1] - inside[0]))
    height = (np.arange(rows)[::-1, None] + 0.5) / rows
    across = (np.arange(matte.shape[1])[None] - middle) / half
    cap = (across**2 + height**2 < 1) & edge
    empty = np.zeros((8, matte.shape[1]), np.float32)
    return np.concatenate([empty, cap.astype(np.float32), matte[8:]])


def with_matte(figure: Figure, matte: NDArray[np.float32]) -> Figure:
    """The same figure cut out along another matte (H, W)."""
    return replace(figure, matte=matte, image=_clean_edges(figure.raw, matte))


def _keep_person(
    matte: NDArray[np.float32], xy: NDArray[np.float64], confidence: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Drop specks: pieces of the matte that hold no seen point and are small."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((matte > 0.3).astype(np.uint8))
    if count <= 2:
        return matte
    keep = stats[:, cv2.CC_STAT_AREA] > 0.02 * stats[1:, cv2.CC_STAT_AREA].sum()
    for (x, y), seen in zip(xy, confidence, strict=True):
        if seen > SEEN and 0 <= int(y) < matte.shape[0] and 0 <= int(x) < matte.shape[1]:
            keep[labels[int(y), int(x)]] = True
    keep[0] = False
    kept = cv2.dilate(keep[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.where(kept > 0, matte, 0).astype(np.float32)


def _clean_edges(image: NDArray[np.float32], matte: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace colours that the old background has mixed into by those from further inside."""
    inside = cv2.erode((matte > 0.9).astype(np.uint8), np.ones((3, 3), np.uint8))
    weight = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.7) * inside
    return push_pull(image, weight)
