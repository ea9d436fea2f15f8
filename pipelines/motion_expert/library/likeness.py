"""In whose manner: how far each unit is from the way a given dance is danced
(docs/reference/dance-library.md#likeness).

A manner is what a viewer sees of a bar without its order: the mean posture, how far poses lie
apart, and how far each joint goes.

Shapes: U units, V bars of the given dance, K bars of the song.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.search import SearchConfig, likings
from pipelines.motion_expert.library.shapes import (
    AROUND_SECONDS,
    mirrored_shapes,
    shapes_at_pulses,
    shapes_in_motion,
)
from pipelines.motion_expert.library.song_plan import SongPlan
from pipelines.motion_expert.library.storage import FPS, Library
from pipelines.motion_expert.library.units import Units
from pipelines.support.errors import UnsuitableInput

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_WEIGHT = 2.0
"""Cost per deviation among the units of how far they are."""
_NEAREST = 0.25
"""Share of the given dance's bars that a unit is held against: those that it is nearest to."""
_SHORTEST = 1.0


def likeness_costs(
    library: Library, units: Units, plan: SongPlan, liked: Motion, styles: list[int | None],
    config: SearchConfig,
) -> Floats:  # fmt: skip
    """(K, U) what a unit costs for being unlike the given dance.

    In bars for which no style is asked, no style is disliked: the dance says what is wanted.

    Raises UnsuitableInput for a dance of less than a second.
    """
    if liked.seconds < _SHORTEST:
        raise UnsuitableInput(
            f"--like: {liked.seconds:.2f} s are too short to show a manner", "give a longer dance"
        )
    theirs = manners_of_dance(liked, plan)
    apart = np.stack([_apart(manner, theirs) for manner in manners_of_units(library, units, plan)])
    cost = _WEIGHT * (apart - apart.min()) / max(float(apart.std()), 1e-9)
    unasked = np.array([style is None for style in styles])
    return np.asarray(cost - unasked[:, None] * likings(units, config))


def manners_of_units(library: Library, units: Units, plan: SongPlan) -> Floats:
    """(U, 216) the manner of each unit."""
    plain = np.flatnonzero(~units.mirrored)
    shapes, where = shapes_at_pulses(
        library, list(units.counted), units.row[plain], units.start[plain], plan.per_bar
    )
    found = np.empty((len(units), shapes.shape[1]))
    found[plain] = _manners(shapes, where)
    found[units.mirror[plain]] = _manners(mirrored_shapes(shapes), where)
    return found


def manners_of_dance(motion: Motion, plan: SongPlan) -> Floats:
    """(V, 216) the manner of a dance at 30 fps, in bars as long as the song's."""
    beat = 60.0 / plan.bpm
    seconds = np.arange(0.0, motion.seconds, beat / 2)
    shapes = shapes_in_motion(
        motion, np.minimum(np.round(seconds * FPS), motion.frames - 1).astype(int)
    )
    count = max(1, len(seconds) - 2 * plan.per_bar)
    where = np.arange(count)[:, None] + 2 * np.arange(plan.per_bar + 1)
    return _manners(shapes, np.minimum(where, len(seconds) - 1))


def _manners(shapes_ND: Floats, where_UB: Whole) -> Floats:
    """(U, 216): mean posture, its spread, and the way of each joint, of these shapes each."""
    moments = shapes_ND.reshape(len(shapes_ND), len(AROUND_SECONDS), -1)
    posture, way = moments[:, 1], np.abs(moments[:, 2] - moments[:, 0])
    mean = posture[where_UB].mean(1)
    spread = posture[where_UB].std(1)
    return np.concatenate([mean, spread, way[where_UB].mean(1)], axis=1)


def _apart(manner_D: Floats, theirs_VD: Floats) -> float:
    """Metres between a manner and those of a dance that it is nearest to."""
    apart = np.sort(np.linalg.norm(theirs_VD - manner_D, axis=1))
    return float(apart[: max(1, round(_NEAREST * len(apart)))].mean())
