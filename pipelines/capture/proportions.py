"""How long the dancer's bones are: one length per bone and take, from the median over frames.

Our skeleton is scaled segment by segment, both sides alike. The picture says nothing of absolute
size; the finder's metres do. Shapes: T frames, 33 landmarks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.capture.chain import Build, posed
from pipelines.capture.markers import MARK_OFFSETS, MARKS
from pipelines.keypoints.skeletons import BLAZEPOSE, BLAZEPOSE_FEET

Floats = NDArray[np.float64]

_SEGMENTS: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "thigh": (("hip", "knee"), ("knee",)),
    "shin": (("knee", "ankle"), ("ankle",)),
    "upper_arm": (("shoulder", "elbow"), ("elbow",)),
    "forearm": (("elbow", "wrist"), ("wrist",)),
}
"""Limb bones: between which landmarks they are measured, and whose offsets they are."""
_TRUNK = ("spine1", "spine2", "spine3", "neck")
_SHRINKS = {
    "thigh": 0.94, "shin": 0.92, "upper_arm": 0.85, "forearm": 0.89, "trunk": 0.96,
    "shoulders": 0.91, "hips": 1.09,
}  # fmt: skip
"""The finder's lengths over true ones: limbs that lean towards the camera are seen too short."""
_BELIEVED = 0.5
"""Of a deviation from our proportions: as much varies from clip to clip of one dancer."""
_LEAST, _MOST = 0.8, 1.25
"""Of our skeleton's proportions, once its size is known: no adult is further off."""
_SMALLEST, _LARGEST = 0.6, 1.3
"""Of our skeleton's size."""
_SEEN = 0.5


def measured_build(world_T33x3: Floats, visibility_T33: Floats) -> tuple[Build, float]:
    """The dancer's bones, and their size against our skeleton's.

    Raises nothing: what is never seen has the size of the rest.
    """
    number = BLAZEPOSE | BLAZEPOSE_FEET
    rest = posed(np.tile(np.eye(3), (1, 24, 1, 1)), np.zeros((1, 3)), Build.of(OFFSETS)).marks[0]
    place = {mark: row for row, mark in enumerate(MARKS)}

    def ratio(first: str, second: str) -> float:
        one, other = number[first], number[second]
        seen = visibility_T33[:, [one, other]].min(1) > _SEEN
        if seen.sum() < 3:
            return float("nan")
        lengths = np.linalg.norm(world_T33x3[seen, one] - world_T33x3[seen, other], axis=-1)
        own = np.linalg.norm(rest[place[one]] - rest[place[other]])
        return float(np.median(lengths) / own)

    found = {name: _mean(ratio(f"{s}_{pair[0]}", f"{s}_{pair[1]}") for s in ("left", "right"))
             for name, (pair, _) in _SEGMENTS.items()}  # fmt: skip
    trunk = _mean(ratio(f"{s}_shoulder", f"{s}_hip") for s in ("left", "right"))
    found |= {"trunk": trunk, "shoulders": ratio("left_shoulder", "right_shoulder"),
              "hips": ratio("left_hip", "right_hip")}  # fmt: skip
    found = {name: value / _SHRINKS[name] for name, value in found.items()}
    size = _mean(found[name] for name in ("thigh", "shin", "trunk", "upper_arm", "forearm"))
    size = float(np.clip(1.0 if np.isnan(size) else size, _SMALLEST, _LARGEST))
    share = {
        name: 1.0
        if np.isnan(value)
        else float(np.clip(1 + _BELIEVED * (value / size - 1), _LEAST, _MOST))
        for name, value in found.items()
    }
    return _build(share, size), size


def _build(share: dict[str, float], size: float) -> Build:
    offsets = OFFSETS * size
    marks = MARK_OFFSETS * size
    for name, (_, joints) in _SEGMENTS.items():
        for joint in joints:
            for side in ("left", "right"):
                offsets[JOINT[f"{side}_{joint}"]] *= share[name]
    for name in _TRUNK:
        offsets[JOINT[name]] *= share["trunk"]
    for side in ("left", "right"):
        offsets[JOINT[f"{side}_collar"]] *= [share["shoulders"], share["trunk"], 1.0]
        offsets[JOINT[f"{side}_shoulder"], 0] *= share["shoulders"]
        offsets[JOINT[f"{side}_hip"], 0] *= share["hips"]
        marks[MARKS.index(BLAZEPOSE[f"{side}_hip"]), 0] *= share["hips"]
    return Build(offsets, marks)


def _mean(values: object) -> float:
    known = np.array([v for v in values if not np.isnan(v)])  # type: ignore[attr-defined]
    return float(known.mean()) if len(known) else float("nan")
