"""Feet that step over: clear of the floor from the first frame that they move.

`foot_lock.lock_feet` holds feet where they stand and raises the swinging one gently, which suits a
network's slow feet. A dancer's foot leaves within a frame or two, four times a second; raised
gently, it would slide through half of each step. Where contacts are known, every swing gets an
arc of its own. Shapes: T frames, 4 foot points in the order of FOOT_JOINTS, floor at z = 0.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import SOLE_DEPTH
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.contacts import Spans, contact_spans
from pipelines.motion.foot_lock import lock_feet, with_feet
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]

_CLEARANCE = 0.085
"""Metres between the sole and the floor in the middle of a step."""
_STEEPEST = 0.06
"""Metres that a sole rises per frame at 30 fps, at most."""
_TRAVELS = 0.03
"""Metres: a foot that comes down nearer to where it stood has shifted its weight, not stepped."""
_FEET = ((0, 2), (1, 3))


def step_over(motion: Motion, contacts_T4: NDArray[np.floating[Any]]) -> Motion:
    """The motion with feet held where they stand and stepping from place to place in between.

    Args:
        motion: floor at z = 0.
        contacts_T4: contact of each foot point, 0 to 1; contacts shorter than a tenth of a second
            are dropped.
    """
    if motion.frames < 4:
        return motion
    spans = contact_spans(motion.joints(), motion.fps, contacts_T4)
    locked = lock_feet(motion, contacts_T4)
    targets = locked.joints()[:, list(FOOT_JOINTS)].copy()
    lifts_T2 = np.zeros((motion.frames, 2))
    for number, foot in enumerate(_FEET):
        held = _foot_spans(spans, foot, motion.frames)
        lifts_T2[:, number] = _clearing(targets, held, foot, motion.fps)
    # Nobody flies: where both feet travel, the lower one stays as low as it was.
    lifts_T2 -= lifts_T2.min(1, keepdims=True)
    targets[..., 2] += np.tile(lifts_T2, 2)
    return with_feet(locked, targets)


def _foot_spans(spans: list[Spans], foot: tuple[int, int], frames: int) -> Spans:
    """Where either point of a foot stands, as one list of spans."""
    stands = np.zeros(frames + 2, dtype=int)
    for point in foot:
        for start, stop in spans[point]:
            stands[start + 1 : stop + 1] = 1
    edges = np.flatnonzero(np.diff(stands))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _clearing(targets_T43: Floats, held: Spans, foot: tuple[int, int], fps: float) -> Floats:
    """How far (T,) to lift a foot so that it clears the floor between two places."""
    lift = np.zeros(len(targets_T43))
    for (_, leaves), (lands, _) in pairwise(held):
        away = targets_T43[lands, list(foot), :2] - targets_T43[leaves - 1, list(foot), :2]
        if lands == leaves or np.linalg.norm(away, axis=-1).max() < _TRAVELS:
            continue
        frame = np.arange(1, lands - leaves + 1)
        nearest = np.minimum(frame, lands - leaves + 1 - frame)
        clear = np.minimum(_CLEARANCE, _STEEPEST * 30 / fps * nearest)
        low = (targets_T43[leaves:lands, list(foot), 2] - SOLE_DEPTH[list(foot)]).min(1)
        lift[leaves:lands] = np.maximum(clear - low, 0)
    return lift
