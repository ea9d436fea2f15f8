"""Which part of the body each pixel of the person shows (spec H.3.4)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.capsules import (
    Capsule,
    distance_to_segment,
    head_capsule,
    limb_capsules,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.figure import (
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    PART_NAMES,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
    Figure,
)

NOBODY = 255
_COLOUR_WEIGHT = 0.9
_COLOUR_SCALE = 35.0
_TORSO_INSIDE = 0.55


def label_parts(figure: Figure) -> tuple[NDArray[np.uint8], list[Capsule]]:
    """Label every pixel of the matte with its part; NOBODY elsewhere.

    Returns:
        (H, W) labels, and the capsules that they were derived from.
    """
    shape = figure.matte.shape
    inside = figure.matte > 0.02
    capsules = [head_capsule(figure), *limb_capsules(figure)]
    distance = np.full((len(PART_NAMES), *shape), 1e3, np.float32)
    for capsule in capsules:
        reach = distance_to_segment(shape, capsule.start, capsule.end) / capsule.radius
        distance[capsule.part] = np.minimum(distance[capsule.part], reach)
    trunk = outside_polygon(shape, torso_polygon(figure)) / (0.4 * figure.unit)
    if not figure.full:
        trunk = np.minimum(trunk, _below(figure))
    distance[TORSO] = trunk + _TORSO_INSIDE
    _keep_sides_apart(figure, distance)
    cost = distance + _COLOUR_WEIGHT * _colour_cost(figure, distance)
    cost = np.stack([cv2.GaussianBlur(layer, (0, 0), 2.0) for layer in cost])
    labels = cost.argmin(0).astype(np.uint8)
    labels[~inside] = NOBODY
    return _without_islands(labels, distance), capsules


def _below(figure: Figure) -> NDArray[np.float32]:
    """For half-body pictures: everything under the hips belongs to the trunk."""
    hips = 0.5 * (figure.point("left_hip") + figure.point("right_hip"))
    rows = np.arange(figure.matte.shape[0], dtype=np.float32)[:, None]
    depth = np.clip((hips[1] - rows) / (0.4 * figure.unit), 0, None)
    return np.broadcast_to(depth, figure.matte.shape).astype(np.float32)


def _keep_sides_apart(figure: Figure, distance: NDArray[np.float32]) -> None:
    """Nothing above the shoulders is leg, nothing below the hips is head."""
    rows = np.arange(figure.matte.shape[0])
    hips = min(figure.point("left_hip")[1], figure.point("right_hip")[1])
    waist = hips - 0.25 * figure.unit
    for leg in (LEFT_LEG, RIGHT_LEG):
        distance[leg, rows < waist] += 2.0
    knees = hips + 1.2 * figure.unit
    distance[TORSO, rows > knees] += 1.0


def _colour_cost(figure: Figure, distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each pixel's colour lies from those of a part's sure pixels, in [0, 2]."""
    lab = cv2.cvtColor(figure.image / np.float32(255), cv2.COLOR_RGB2LAB)
    sure_inside = figure.matte > 0.9
    result = np.zeros_like(distance)
    order = np.sort(distance, axis=0)
    margin = order[1] - order[0]
    nearest = distance.argmin(0)
    for part in (HEAD, TORSO, LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG):
        sure = sure_inside & (nearest == part) & (margin > 0.35) & (distance[part] < 1.2)
        samples = lab[sure]
        if len(samples) < 60:
            result[part] = 0.5
            continue
        step = max(1, len(samples) // 1500)
        samples = np.ascontiguousarray(samples[::step])
        cv2.setRNGSeed(7)
        criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
        count = 4 if part in (HEAD, TORSO) else 3
        _, _, centres = cv2.kmeans(samples, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)
        best = np.full(figure.matte.shape, 1e9, np.float32)
        for centre in centres:
            best = np.minimum(best, ((lab - centre) ** 2).sum(-1))
        result[part] = np.minimum(np.sqrt(best) / _COLOUR_SCALE, 2)
    return result


def _without_islands(
    labels: NDArray[np.uint8], distance: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Give every piece that is not a part's largest to the nearest of its neighbours' parts."""
    kept = np.full_like(labels, NOBODY)
    for part in range(len(PART_NAMES)):
        count, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == part).astype(np.uint8))
        if count < 2:
            continue
        largest = int(stats[1:, cv2.CC_STAT_AREA].max())
        for piece in range(1, count):
            near = distance[part][pieces == piece].min() < 0.8
            if stats[piece, cv2.CC_STAT_AREA] >= (0.15 if near else 0.6) * largest:
                kept[pieces == piece] = part
    orphan = (labels != NOBODY) & (kept == NOBODY)
    if not orphan.any() or (kept == NOBODY).all():
        return kept
    _, nearest = cv2.distanceTransformWithLabels(
        (kept == NOBODY).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(nearest.max()) + 1, np.uint8)
    owner[nearest[kept != NOBODY]] = kept[kept != NOBODY]
    kept[orphan] = owner[nearest[orphan]]
    return kept
