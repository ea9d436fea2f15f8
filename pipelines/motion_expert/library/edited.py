"""Dances of which a part is given: stretches, joints, single poses, and a dance to be like
(docs/reference/dance-library.md#editing).

Shapes: T frames at 30 fps, U units, K bars.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.poses import PoseAt, with_poses
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.assembly import assemble, stretches_of
from pipelines.motion_expert.library.between import (
    Wanted,
    apart_at,
    as_it_was,
    danced_between,
)
from pipelines.motion_expert.library.dancer import (
    MOST_CANDIDATES,
    LibraryDancer,
    styles_of_bars,
)
from pipelines.motion_expert.library.likeness import likeness_costs
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.search import good_sequences
from pipelines.motion_expert.library.shapes import shapes_in_motion
from pipelines.motion_expert.library.song_plan import SongPlan, plan_song
from pipelines.motion_expert.library.staging import (
    facing_of_bars,
    facing_of_frames,
    with_holds,
)
from pipelines.motion_expert.library.storage import FPS
from pipelines.motion_expert.library.units import Units
from pipelines.support.errors import BadUsage
from pipelines.support.progress import Progress

Floats = NDArray[np.float64]

_POSE_COST = 6.0
"""Per metre of joints that a bar is apart from a pose that it has to meet."""


def directed_dances(
    dancer: LibraryDancer, request: DanceRequest, options: LibraryOptions, progress: Progress
) -> list[tuple[Motion, dict[str, Any]]]:
    """A dance per candidate that keeps, meets and resembles what the request says, and its facts.

    Raises as `LibraryDancer.dance`; UnsuitableInput for a pose that is out of reach;
    BadUsage for --variation.
    """
    if options.variation:
        raise BadUsage(
            f"--variation {options.variation:g}: does not go with --edit, --pose, --like, "
            "--facing, --hold and --energy-at",
            "leave it out",
        )
    asked = dancer.checked(
        request.music.values, request.music.schema, request.styles, options.energy,
        request.candidates,
    )  # fmt: skip
    plan = with_holds(plan_song(request.music.values), request.holds)
    units = dancer.units_for(
        plan, [name for _, name in asked], not options.floor_work, request.like is not None
    )
    energies = _energies_of_bars(plan, request.energies, options.energy)
    also = _pose_costs(dancer, units, plan, request.poses)
    styles = styles_of_bars(plan, asked, units)
    if request.like is not None:
        cost = likeness_costs(dancer.library, units, plan, request.like, styles, dancer.config)
        also = cost if also is None else also + cost
    facing = facing_of_bars(plan, request.facings)
    in_frames = facing_of_frames(request.frames, request.facings) if request.facings else None
    found = []
    for number in range(request.candidates):
        drawn = request.seed * MOST_CANDIDATES + number
        wanted = Wanted(styles, energies, also, drawn, facing, in_frames)
        motion, facts = _one(dancer, units, plan, request, wanted, progress)
        found.append((motion, facts))
    return found


def _one(
    dancer: LibraryDancer, units: Units, plan: SongPlan, request: DanceRequest, wanted: Wanted,
    progress: Progress,
) -> tuple[Motion, dict[str, Any]]:  # fmt: skip
    kept = request.kept
    stays = np.zeros(request.frames, bool) if kept is None else kept.whole
    if kept is None or not stays.any():
        if kept is not None:
            wanted = _anew(dancer, units, plan, kept.motion, wanted)
        motion, parts = _whole(dancer, units, plan, request, wanted, progress)
    else:
        motion, parts = kept.motion, []
        with progress.stage("choreographing", len(kept.gaps()), "stretches") as advance:
            for gap in kept.gaps():
                motion, laid = danced_between(
                    dancer.library, units, plan, motion, gap, wanted, dancer.config
                )
                for stretch, part_plan in laid:
                    parts += dancer.parts(units, part_plan, [stretch])
                advance(1)
    motion = with_poses(motion, request.poses, ~stays)
    return motion if kept is None else kept.put_back(motion), {
        "bpm": round(plan.bpm, 2), "per_bar": plan.per_bar, "steady": plan.steady, "parts": parts,
    }  # fmt: skip


def _whole(
    dancer: LibraryDancer, units: Units, plan: SongPlan, request: DanceRequest, wanted: Wanted,
    progress: Progress,
) -> tuple[Motion, list[dict[str, Any]]]:  # fmt: skip
    with progress.stage("choreographing", plan.bars, "bars") as advance:
        paths, _ = good_sequences(
            units, plan, wanted.styles, wanted.energies, wanted.seed, dancer.config,
            wanted.also_KU, lambda: advance(1), wanted.facing_K,
        )  # fmt: skip
    stretches = stretches_of(units, paths[0], plan.per_bar, plan.stops)
    motion, _, _ = assemble(dancer.library, units, plan, stretches, request.frames, wanted.facing_T)
    return motion, dancer.parts(units, plan, stretches)


def _energies_of_bars(
    plan: SongPlan, asked: tuple[tuple[float, float], ...], otherwise: float | None
) -> list[float | None]:
    """Per bar the energy that is asked for at its middle."""
    bounds = plan.pulses[:: plan.per_bar]
    return [
        next(
            (energy for second, energy in reversed(asked) if second <= max(0.0, middle)), otherwise
        )
        for middle in (bounds[:-1] + bounds[1:]) / 2
    ]


def _anew(
    dancer: LibraryDancer, units: Units, plan: SongPlan, known: Motion, wanted: Wanted
) -> Wanted:
    """What is wanted, and that no bar is danced as the known dance has it."""
    cost = as_it_was(dancer.library, units, plan, known, 0, (0, known.frames))
    return replace(wanted, also_KU=cost if wanted.also_KU is None else wanted.also_KU + cost)


def _pose_costs(
    dancer: LibraryDancer, units: Units, plan: SongPlan, poses: tuple[PoseAt, ...]
) -> Floats | None:
    """(K, U) what a unit costs in a bar that has to meet a pose; None without any."""
    if not poses:
        return None
    cost = np.zeros((plan.bars, len(units)))
    starts = plan.pulses[: -1 : plan.per_bar]
    for one in poses:
        second = one.frame / FPS
        bar = int(np.clip(np.searchsorted(starts, second, side="right") - 1, 0, plan.bars - 1))
        shape = shapes_in_motion(one.pose, np.array([0]))[0]
        cost[bar] += _POSE_COST * apart_at(dancer.library, units, plan, bar, second, shape, 1)
    return cost
