"""The person's matte at full resolution: from alpha, from a plain background, or refined.

Mattes are (H, W) float32 in [0, 1] with an edge one to two pixels soft.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import POINT

Image = NDArray[np.uint8]
Matte = NDArray[np.float32]

Points2D = NDArray[np.float64]

_GRABCUT_SIDE = 560

_TORSO_CORNERS = (("left", "shoulder"), ("right", "shoulder"), ("right", "hip"), ("left", "hip"))

# Bones and their half-widths in shoulder widths, clothed:
# docs/reference/puppet.md#bones-with-thickness.
_CAPSULES: tuple[tuple[str, str, float], ...] = (
    ("neck", "pelvis", 0.42), ("neck", "head", 0.2),
    *(
        (f"{side}_{start}", f"{side}_{end}", radius)
        for side in ("left", "right")
        for start, end, radius in (
            ("shoulder", "elbow", 0.2), ("elbow", "wrist", 0.17), ("wrist", "hand", 0.14),
            ("hip", "knee", 0.26), ("knee", "ankle", 0.19), ("ankle", "foot", 0.15),
        )
    ),
)  # fmt: skip


def matte_from_alpha(rgba: Image) -> Matte | None:
    """The picture's own alpha, if it cuts a figure out; None if the picture is (nearly) opaque."""
    alpha = rgba[..., 3].astype(np.float32) / 255
    share = float((alpha > 0.5).mean())
    border = np.concatenate([alpha[0], alpha[:, 0], alpha[:, -1]])
    if 0.01 < share < 0.97 and (border < 0.5).mean() > 0.5:
        return alpha
    return None


def matte_of_figure(figure: NDArray[np.bool_]) -> Matte:
    """The matte of a clean cut-out: its edge made one to two pixels soft."""
    soft: Matte = cv2.GaussianBlur(figure.astype(np.float32), (0, 0), 0.8)
    return soft


def refine_matte(rgb: Image, coarse: Matte, band: float = 0.018) -> Matte:
    """Sharpen a coarse matte to the picture's own edges: GrabCut, then a guided filter.

    Args:
        band: share of the figure's size by which the coarse edge may be wrong.
    """
    box = _box(coarse)
    if box is None:
        return coarse
    left, top, right, bottom = box
    crop = np.ascontiguousarray(rgb[top:bottom, left:right])
    soft = coarse[top:bottom, left:right]
    scale = min(1.0, _GRABCUT_SIDE / max(crop.shape[:2]))
    small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    guess = cv2.resize(soft, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    cut = _grabcut(small, guess, band)
    wide = cv2.resize(cut.astype(np.float32), crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    radius = max(2, round(2 / scale))
    fine: Any = cv2.ximgproc.guidedFilter(crop, wide, radius, 40.0)
    sharp = np.clip((fine - 0.5) * 1.8 + 0.5, 0, 1)
    matte = np.zeros(coarse.shape, np.float32)
    matte[top:bottom, left:right] = sharp
    return keep_main(matte, coarse)


def guess_matte(rgb: Image, xy: Points2D, seen: NDArray[np.bool_]) -> Matte:
    """A coarse matte from the pose alone: every bone as a capsule as wide as bodies are there.

    Args:
        xy: (29, 2) points in pixels, `seen` (29,) which of them are known.
    """
    matte = np.zeros(rgb.shape[:2], np.float32)
    width = float(np.linalg.norm(xy[POINT["left_shoulder"]] - xy[POINT["right_shoulder"]]))
    torso = float(np.linalg.norm(xy[POINT["neck"]] - xy[POINT["pelvis"]]))
    unit = max(width, 0.5 * torso)

    def place(name: str) -> tuple[int, int]:
        x, y = xy[POINT[name]]
        return round(float(x)), round(float(y))

    for start, end, radius in _CAPSULES:
        if seen[POINT[start]] and seen[POINT[end]]:
            thick = max(1, round(2 * radius * unit))
            cv2.line(matte, place(start), place(end), 1.0, thick, cv2.LINE_AA)
    if seen[POINT["head"]]:
        neck, head = xy[POINT["neck"]], xy[POINT["head"]]
        middle = head + 0.6 * (head - neck)
        radius = max(0.33 * unit, 0.9 * float(np.linalg.norm(head - neck)))
        cv2.circle(matte, (round(middle[0]), round(middle[1])), round(radius), 1.0, -1)
    corners = [place(f"{side}_{joint}") for side, joint in _TORSO_CORNERS]
    cv2.fillConvexPoly(matte, np.array(corners), 1.0)
    return matte


def keep_main(matte: Matte, hint: Matte | None = None) -> Matte:
    """Only the component that overlaps `hint` most (without a hint: the largest), holes closed."""
    solid = (matte > 0.5).astype(np.uint8)
    count, labels = cv2.connectedComponents(solid, connectivity=4)
    if count <= 1:
        return matte
    weight = None if hint is None else hint.ravel()
    sizes = np.bincount(labels.ravel(), weights=weight, minlength=count)
    sizes[0] = 0
    main = (labels == sizes.argmax()).astype(np.uint8)
    near = cv2.dilate(main, np.ones((5, 5), np.uint8))
    kept: Matte = matte * near
    return kept


def _grabcut(small: Image, guess: Matte, band: float) -> NDArray[np.bool_]:
    side = max(small.shape[:2])
    reach = max(3, round(band * side))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    # Deep inside, and along the middle of thin limbs, which erosion would leave unprotected:
    # white shoes on a white floor have nothing else to hold on to.
    depth = cv2.distanceTransform((guess > 0.6).astype(np.uint8), cv2.DIST_L2, 5)
    ridge = (depth > 1) & (depth >= 0.55 * cv2.dilate(depth, kernel))
    sure = (depth > reach) | ridge
    possible = cv2.dilate((guess > 0.2).astype(np.uint8), kernel)
    trimap = np.where(guess > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[sure > 0] = cv2.GC_FGD
    trimap[possible == 0] = cv2.GC_BGD
    if not (trimap == cv2.GC_FGD).any() or not (trimap == cv2.GC_BGD).any():
        return guess > 0.5
    cv2.setRNGSeed(0)
    backdrop, figure = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    cv2.grabCut(bgr, trimap, None, backdrop, figure, 2, cv2.GC_INIT_WITH_MASK)
    cut: NDArray[np.bool_] = (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
    return cut


def _box(matte: Matte) -> tuple[int, int, int, int] | None:
    rows = np.flatnonzero((matte > 0.3).any(1))
    columns = np.flatnonzero((matte > 0.3).any(0))
    if not len(rows):
        return None
    pad = round(0.06 * max(len(rows), len(columns))) + 4
    height, width = matte.shape
    return (
        max(0, int(columns[0]) - pad), max(0, int(rows[0]) - pad),
        min(width, int(columns[-1]) + 1 + pad), min(height, int(rows[-1]) + 1 + pad),
    )  # fmt: skip
