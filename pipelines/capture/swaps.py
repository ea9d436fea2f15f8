"""Left and right that the finder takes for each other: found by what would jump, and put back.

Each frame's upper body and its legs are as said, or exchanged, or wrong altogether, as where the
finder turns a dancer's front into the back within a few frames. The course through the clip that
moves least wins (Viterbi): docs/reference/capture.md#left-and-right.
Shapes: T frames, 33 landmarks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.landmarks import COUNT, OTHER_SIDE, Landmarks

Floats = NDArray[np.float64]

PARTS: tuple[tuple[int, ...], ...] = (tuple(range(23)), tuple(range(23, COUNT)))
"""Face and arms; hips, legs and feet."""
_JUDGED = ((11, 12, 13, 14, 15, 16), (23, 24, 25, 26, 27, 28))
_DEPTH = 0.7
"""Of a step in depth against one across the sight: depth is seen less well."""
_PACE = 0.08
"""Metres that a point moves from one frame to the next at 30 fps; a step costs its square."""
_SWAPPED, _WRONG = 0.3, 2.5
"""Cost of a frame that is exchanged, for most are right, and of one that is left out."""
_LONGEST = 8
"""Frames in a row that may be wrong, and one more."""
DEPTH_TRUST = 0.2
"""Of the metric trust in landmarks that were exchanged: their depth belonged to another pose."""


def without_swaps(found: Landmarks) -> tuple[Landmarks, NDArray[np.bool_]]:
    """The landmarks with left and right put back, and where they were exchanged (T, 33).

    Landmarks of a part that is wrong have visibility 0.

    Args:
        found: finite in every frame.
    """
    other = np.array(OTHER_SIDE)
    image, world, seen = found.image.copy(), found.world.copy(), found.visibility.copy()
    exchanged = np.zeros((found.frames, COUNT), bool)
    for part, judged in zip(PARTS, _JUDGED, strict=True):
        states = _states(found.world, judged, found.fps)
        marks = np.array(part)
        rows = np.flatnonzero(states == 1)
        for target, source in ((image, found.image), (world, found.world),
                               (seen, found.visibility)):  # fmt: skip
            target[np.ix_(rows, marks)] = source[rows][:, other[marks]]
        exchanged[np.ix_(rows, marks)] = True
        seen[np.ix_(np.flatnonzero(states < 0), marks)] = 0.0
    return replace(found, image=image, world=world, visibility=seen), exchanged


def _states(world_T33x3: Floats, judged: tuple[int, ...], fps: float) -> NDArray[np.int64]:
    """(T,) 0: as said, 1: exchanged, -1: wrong."""
    points = world_T33x3 * [1.0, 1.0, _DEPTH]
    said = points[:, list(judged)]
    other = points[:, [OTHER_SIDE[mark] for mark in judged]]
    pace = _PACE * 30.0 / fps
    steps = [
        (_steps(said, said, gap, pace), _steps(other, said, gap, pace))
        for gap in range(1, min(_LONGEST, len(said) - 1) + 1)
    ]
    # Frames before the first that counts are wrong as well.
    cost = [(_WRONG * t, _WRONG * t + _SWAPPED) for t in range(len(said))]
    came: list[tuple[tuple[int, int], tuple[int, int]]] = [((-1, 0), (-1, 0))] * len(said)
    for frame in range(1, len(said)):
        best, origin = list(cost[frame]), [(-1, 0), (-1, 0)]
        for gap, (stay, cross) in enumerate(steps[:frame], start=1):
            missed = _WRONG * (gap - 1)
            row = stay[frame - gap], cross[frame - gap]
            for now in (0, 1):
                for before in (0, 1):
                    value = cost[frame - gap][before] + row[now ^ before] + missed + now * _SWAPPED
                    if value < best[now]:
                        best[now], origin[now] = value, (frame - gap, before)
        cost[frame], came[frame] = (best[0], best[1]), (origin[0], origin[1])
    return _course(cost, came)


def _course(
    cost: list[tuple[float, float]], came: list[tuple[tuple[int, int], tuple[int, int]]]
) -> NDArray[np.int64]:
    """The states along the cheapest course, followed back from its last frame that counts."""
    states = np.full(len(cost), -1)
    ends = [(cost[t][s] + _WRONG * (len(cost) - 1 - t), t, s)
            for t in range(max(0, len(cost) - _LONGEST), len(cost)) for s in (0, 1)]  # fmt: skip
    _, frame, state = min(ends)
    while frame >= 0:
        states[frame] = state
        frame, state = came[frame][state]
    return states


def _steps(after: Floats, before: Floats, gap: int, pace: float) -> list[float]:
    """What it costs to come to each frame from `gap` frames before it."""
    square = ((after[gap:] - before[:-gap]) ** 2).sum(-1).mean(-1)
    result: list[float] = (square / (gap * pace**2)).tolist()
    return result
