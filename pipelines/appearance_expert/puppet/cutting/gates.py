"""Whether a picture was cut up well enough to dance (docs/reference/puppet.md#gates)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    HEAD,
    LEGS,
    PART_NAMES,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    distance_to_segment,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.layers import Layer

LEAST_OUTLINE_IOU = 0.5
LEAST_LIMB_SHARE = 0.4
LEAST_ON_PERSON = 0.7
MOST_FILLED = 0.35


@dataclass(frozen=True)
class Gates:
    """What was measured.

    Attributes:
        outline_iou: intersection over union of the matte and the bones' capsules.
        on_person: share of the bones' length that lies on the matte.
        limb_share: the least part of its capsules' visible area that any limb was given.
        filled: the largest share of a layer that had to be painted in.
        failed: which of these are out of bounds, in words; empty if the puppet may dance.
    """

    outline_iou: float
    on_person: float
    limb_share: float
    filled: float
    failed: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The numbers, rounded, and the failures."""
        numbers = asdict(self)
        failed = numbers.pop("failed")
        return {name: round(value, 3) for name, value in numbers.items()} | {"failed": list(failed)}


def measure_gates(
    figure: Figure,
    labels: NDArray[np.uint8],
    capsules: list[Capsule],
    layers: dict[int, Layer],
) -> Gates:
    """Compare what was cut out with what bones of that length should look like."""
    shape = labels.shape
    person = figure.matte > 0.5
    near = {part: np.full(shape, np.inf, np.float32) for part in range(len(PART_NAMES))}
    near[TORSO] = outside_polygon(shape, torso_polygon(figure)) / (0.3 * figure.unit)
    for capsule in capsules:
        reach = distance_to_segment(shape, capsule.start, capsule.end) / capsule.radius
        near[capsule.part] = np.minimum(near[capsule.part], reach)
    body = np.min(list(near.values()), axis=0) < 1.15
    if not figure.full:  # what hangs below the hips has no bones in the picture
        hips = max(figure.point("left_hip")[1], figure.point("right_hip")[1])
        rows = np.arange(shape[0])[:, None] < min(hips, shape[0] - 1)
        person, body = person & rows, body & rows
    iou = float((person & body).sum() / max(1, (person | body).sum()))
    limb_share = 1.0
    for part in figure.limbs:
        nearest = (near[part] < 0.9) & (figure.matte > 0.5)
        for other, distance in near.items():
            if other not in (part, TORSO):
                nearest &= near[part] <= distance
        if part in LEGS:  # a skirt or a long shirt hides much of them
            nearest &= labels != TORSO
        share = ((labels == part) & nearest).sum() / max(1, nearest.sum())
        limb_share = min(limb_share, float(share))
    filled = max(layer.filled for layer in layers.values())
    return _judge(iou, _on_person(figure, capsules), limb_share, filled)


def _on_person(figure: Figure, capsules: list[Capsule]) -> float:
    found, total = 0.0, 0.0
    for capsule in capsules:
        if capsule.part == HEAD or capsule.place == 2:
            continue
        steps = np.linspace(0, 1, 20)[:, None]
        path = capsule.start + steps * (capsule.end - capsule.start)
        column = np.clip(path[:, 0].astype(int), 0, figure.matte.shape[1] - 1)
        row = np.clip(path[:, 1].astype(int), 0, figure.matte.shape[0] - 1)
        length = float(np.linalg.norm(capsule.end - capsule.start))
        found += length * float((figure.matte[row, column] > 0.5).mean())
        total += length
    return found / total if total > 0 else 1.0


def _judge(iou: float, on_person: float, limb_share: float, filled: float) -> Gates:
    failed = []
    if iou < LEAST_OUTLINE_IOU:
        failed.append(f"the outline fits the pose by {iou:.2f} only (least {LEAST_OUTLINE_IOU})")
    if on_person < LEAST_ON_PERSON:
        failed.append(f"{on_person:.0%} of the limbs are on them (least {LEAST_ON_PERSON:.0%})")
    if limb_share < LEAST_LIMB_SHARE:
        failed.append(f"a limb shows {limb_share:.0%} of its pixels (least {LEAST_LIMB_SHARE:.0%})")
    if filled > MOST_FILLED:
        failed.append(f"{filled:.0%} of a part is hidden (most {MOST_FILLED:.0%})")
    return Gates(iou, on_person, limb_share, filled, tuple(failed))
