"""Which part of the body each pixel shows (docs/reference/puppet.md#labels)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    HEAD,
    LEGS,
    NOBODY,
    PART_NAMES,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.borders import with_whole_hems, without_spikes
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    distance_to_segment,
    head_capsule,
    limb_capsules,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.hair import with_whole_hair
from pipelines.appearance_expert.puppet.cutting.hands import with_whole_hands
from pipelines.appearance_expert.puppet.cutting.masks import give_to_nearest
from pipelines.appearance_expert.puppet.cutting.skirts import skirt_of

_COLOUR_WEIGHT = 0.9
_COLOUR_SCALE = 30.0
_TORSO_INSIDE = 0.55
_SURE_MARGIN = 0.3
_SURE_TRUNK = 1.0
_SURE_LIMB = 0.6
_SURE_HAND = 0.4
_HAND_LEAD = 0.6
_PIXELS = 110_000


def bones_of(figure: Figure) -> list[Capsule]:
    """The capsules that labels are derived from: the head's, then three per dancing limb."""
    return [head_capsule(figure), *limb_capsules(figure)]


def label_parts(figure: Figure, capsules: list[Capsule]) -> NDArray[np.uint8]:
    """Label every pixel of the matte with its part; NOBODY elsewhere.

    Distances and colours are weighed on a reduced picture, smoothed along its edges (cost-volume
    filtering, Hosni et al. 2013), and brought back before the cheapest part is taken.

    Shape: (H, W).
    """
    full_shape = figure.matte.shape
    shrink = min(1.0, (_PIXELS / figure.matte.size) ** 0.5)
    size = (max(8, round(full_shape[1] * shrink)), max(8, round(full_shape[0] * shrink)))
    image = cv2.resize(figure.image, size, interpolation=cv2.INTER_AREA)
    matte = cv2.resize(figure.matte, size, interpolation=cv2.INTER_AREA)
    distance = np.stack([
        cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
        for layer in _distances(figure, capsules)
    ])  # fmt: skip
    owners = np.array([TORSO, *(capsule.part for capsule in capsules)])
    sure_within = np.array([_SURE_TRUNK, *(_sure_within(capsule) for capsule in capsules)])
    strange = _colour_cost(image, matte, distance, owners, sure_within)
    weighed = distance + _COLOUR_WEIGHT * strange
    _hands_in_front(weighed, distance, strange, capsules)
    cost = np.full((len(PART_NAMES), *matte.shape), 10.0, np.float32)
    for owner, layer in zip(owners, weighed, strict=True):
        cost[owner] = np.minimum(cost[owner], layer)
    radius = max(2, round(0.11 * figure.unit * shrink))
    guide = image / np.float32(255)
    cost = np.stack([
        cv2.ximgproc.guidedFilter(guide, np.minimum(layer, 6), radius, 4e-4) for layer in cost
    ])  # fmt: skip
    back = (full_shape[1], full_shape[0])
    cost = np.stack([cv2.resize(layer, back, interpolation=cv2.INTER_LINEAR) for layer in cost])
    labels = cost.argmin(0).astype(np.uint8)
    labels[figure.matte <= 0.02] = NOBODY
    labels = _without_islands(labels, cost)
    if not figure.drawn:
        labels = with_whole_hair(labels, figure, capsules)
    labels[skirt_of(figure, capsules, labels)] = TORSO
    if not figure.drawn:
        labels = without_spikes(with_whole_hems(labels, figure), figure)
    if figure.cut_row < len(labels):
        _continue_below(labels, figure.cut_row, capsules)
    return with_whole_hands(labels, figure, capsules)


def _continue_below(labels: NDArray[np.uint8], cut: int, capsules: list[Capsule]) -> None:
    """Below the picture each part goes on; an arm only as far as it is round."""
    last = np.broadcast_to(labels[cut - 1], labels[cut:].shape).copy()
    round_arm: NDArray[np.bool_] = np.zeros(last.shape, dtype=np.bool_)
    for capsule in capsules:
        if capsule.part in ARMS:
            near = distance_to_segment(labels.shape, capsule.start, capsule.end)[cut:]
            round_arm |= (last == capsule.part) & (near < capsule.radius)
    last[np.isin(last, ARMS) & ~round_arm] = NOBODY
    labels[cut:] = last


def _sure_within(capsule: Capsule) -> float:
    """Up to which distance a pixel's colour is believed to be the bone's own."""
    if capsule.part == HEAD:
        return _SURE_TRUNK
    return _SURE_HAND if capsule.place == 2 else _SURE_LIMB


def _distances(figure: Figure, capsules: list[Capsule]) -> NDArray[np.float32]:
    """(1 + bones, H, W) distance to the torso and to each capsule in units of its thickness."""
    shape = figure.matte.shape
    trunk = outside_polygon(shape, torso_polygon(figure)) / (0.4 * figure.unit)
    rows = np.arange(shape[0])
    hips = min(figure.point("left_hip")[1], figure.point("right_hip")[1])
    if figure.full:
        trunk[rows > hips + 1.2 * figure.unit] += 1.0
    else:
        trunk = np.minimum(trunk, _below(figure))
    distances = [trunk + _TORSO_INSIDE]
    for capsule in capsules:
        reach = distance_to_segment(shape, capsule.start, capsule.end) / capsule.radius
        if capsule.part in LEGS:
            reach[rows < hips - 0.25 * figure.unit] += 2.0
        distances.append(reach)
    return np.asarray(np.stack(distances), dtype=np.float32)


def _hands_in_front(
    cost: NDArray[np.float32],
    distance: NDArray[np.float32],
    strange: NDArray[np.float32],
    capsules: list[Capsule],
) -> None:
    """A hand that is seen lies before what it touches: skin near it costs less as a hand."""
    for number, capsule in enumerate(capsules, start=1):
        if capsule.part in (*ARMS, TORSO) and capsule.place == 2:
            near = np.clip(4 * (1.4 - distance[number]), 0, 1)
            alike = np.clip(1 - 2.5 * strange[number], 0, 1)
            cost[number] -= _HAND_LEAD * near * alike


def _below(figure: Figure) -> NDArray[np.float32]:
    """For half-body pictures: everything under the hips belongs to the trunk."""
    hips = 0.5 * (figure.point("left_hip") + figure.point("right_hip"))
    rows = np.arange(figure.matte.shape[0], dtype=np.float32)[:, None]
    depth = np.clip((hips[1] - rows) / (0.4 * figure.unit), 0, None)
    return np.broadcast_to(depth, figure.matte.shape).astype(np.float32)


def _colour_cost(
    image: NDArray[np.float32],
    matte: NDArray[np.float32],
    distance: NDArray[np.float32],
    owners: NDArray[np.int64],
    sure_within: NDArray[np.float64],
) -> NDArray[np.float32]:
    """How far each pixel's colour lies from those of a bone's sure pixels, in [0, 2]."""
    lab = cv2.cvtColor(image / np.float32(255), cv2.COLOR_RGB2LAB)
    result = np.zeros_like(distance)
    nearest = distance.argmin(0)
    for bone, part in enumerate(owners):
        others = distance[owners != part].min(0)
        sure = (matte > 0.9) & (nearest == bone) & (distance[bone] < sure_within[bone])
        sure &= others - distance[bone] > _SURE_MARGIN
        samples = lab[sure]
        if len(samples) < 40:
            result[bone] = 0.5
            continue
        step = max(1, len(samples) // 1500)
        samples = np.ascontiguousarray(samples[::step])
        cv2.setRNGSeed(7)
        criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
        count = 5 if part in (HEAD, TORSO) else 3
        _, _, centres = cv2.kmeans(samples, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)
        best = np.full(matte.shape, 1e9, np.float32)
        for centre in centres:
            best = np.minimum(best, ((lab - centre) ** 2).sum(-1))
        result[bone] = np.minimum(np.sqrt(best) / _COLOUR_SCALE, 2)
    return result


def _without_islands(labels: NDArray[np.uint8], distance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Give every piece that is not a part's largest to the nearest of its neighbours' parts."""
    kept = np.full_like(labels, NOBODY)
    for part in range(len(PART_NAMES)):
        mask = (labels == part).astype(np.uint8)
        count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask)
        if count < 2:
            continue
        largest = int(stats[1:, cv2.CC_STAT_AREA].max())
        for piece in range(1, count):
            near = distance[part][pieces == piece].min() < 0.9
            if stats[piece, cv2.CC_STAT_AREA] >= (0.15 if near else 0.6) * largest:
                kept[pieces == piece] = part
    orphan = (labels != NOBODY) & (kept == NOBODY)
    if orphan.any():
        give_to_nearest(kept, orphan, kept != NOBODY)
    return kept
