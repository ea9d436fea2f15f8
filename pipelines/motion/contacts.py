"""When each foot point stands on the floor.

Other rules than ours: docs/reference/motion.md#contact-labels.
Shapes: T frames, 4 foot points in the order of FOOT_JOINTS: ankles, then toes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import STANCE_BEGINS, STANCE_LASTS, foot_heights, point_speeds
from pipelines.body.skeleton import FOOT_JOINTS

Spans = list[tuple[int, int]]

_LABEL_ON, _LABEL_OFF = 0.6, 0.4
_CALMING_SECONDS = 0.03
_SHORTEST_SECONDS = 0.1
_STEP_SECONDS = 0.2
_SAME_PLACE = 0.03
_LONGEST_SLIDE = 0.2
"""A foot that has moved this far, in metres, was not standing however slow it was."""


def contact_spans(
    joints_TJ3: NDArray[np.floating[Any]],
    fps: float,
    labels_T4: NDArray[np.floating[Any]] | None = None,
) -> list[Spans]:
    """For each foot point, the [start, stop) frames in which it stands.

    Args:
        joints_TJ3: (T, 24, 3) metres, floor at z = 0.
        fps: frames per second.
        labels_T4: contact probabilities, of a model or a file; None: found from speed and height.

    Returns:
        Four lists of spans.
    """
    feet = np.asarray(joints_TJ3[:, list(FOOT_JOINTS)], dtype=np.float64)
    if labels_T4 is None:
        speed, heights = point_speeds(feet, fps, _CALMING_SECONDS), foot_heights(joints_TJ3)
        begin, go_on = (rule.holds(speed, heights) for rule in (STANCE_BEGINS, STANCE_LASTS))
    else:
        begin, go_on = labels_T4 > _LABEL_ON, labels_T4 > _LABEL_OFF
    shortest, step = (max(2, round(s * fps)) for s in (_SHORTEST_SECONDS, _STEP_SECONDS))
    found = [_spans(begin[:, point], go_on[:, point], feet[:, point]) for point in range(4)]
    return [
        [span for span in _apart(spans, feet[:, point], step) if span[1] - span[0] >= shortest]
        for point, spans in enumerate(found)
    ]


def standing(joints_TJ3: NDArray[np.floating[Any]], fps: float) -> NDArray[np.float32]:
    """(T, 4) 0 or 1: whether each foot point stands, found from speed and height."""
    found = np.zeros((len(joints_TJ3), 4), np.float32)
    for point, spans in enumerate(contact_spans(joints_TJ3, fps)):
        for start, stop in spans:
            found[start:stop, point] = 1
    return found


def _spans(
    begin_T: NDArray[np.bool_], go_on_T: NDArray[np.bool_], places_T3: NDArray[np.float64]
) -> Spans:
    """Hysteresis: a span starts where `begin` holds and lasts while `go_on` does."""
    spans: Spans = []
    start = -1
    for frame in range(len(begin_T) + 1):
        inside = frame < len(begin_T) and bool(go_on_T[frame])
        if start >= 0:
            slid = inside and np.abs(places_T3[frame] - places_T3[start]).max() > _LONGEST_SLIDE
            if not inside or slid:
                spans.append((start, frame))
                start = -1
        elif inside and begin_T[frame]:
            start = frame
    return spans


def _apart(spans: Spans, places_T3: NDArray[np.float64], step: int) -> Spans:
    """Join neighbours that stand in one place; keep `step` frames between two different places."""
    result: Spans = []
    for start, stop in spans:
        if not result or start - result[-1][1] >= step:
            result.append((start, stop))
            continue
        before = result[-1]
        if _in_one_place((start, stop), before, places_T3):
            result[-1] = (before[0], stop)
            continue
        missing = step - (start - before[1])
        result[-1] = (before[0], max(before[0], before[1] - missing // 2))
        if stop - start > missing - missing // 2:
            result.append((start + missing - missing // 2, stop))
    return result


def _in_one_place(
    one: tuple[int, int], other: tuple[int, int], places_T3: NDArray[np.float64]
) -> bool:
    """Whether two stands are on the same spot; one of no frames is on none."""
    if one[0] == one[1] or other[0] == other[1]:
        return False
    here, there = (np.median(places_T3[a:b], axis=0) for a, b in (one, other))
    return bool(np.linalg.norm(here - there) < _SAME_PLACE)
