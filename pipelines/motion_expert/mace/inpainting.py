"""A part of a dance drawn anew by the diffusion: the rest is held at every step of sampling
(docs/reference/motion-expert.md#editing).

Shapes: T frames of the song, W of a window around a gap, D = 151 columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.facing import heading
from pipelines.foot_restoration.treatment import NONE
from pipelines.motion import layout
from pipelines.motion.contacts import standing
from pipelines.motion.foot_lock import both_feet_down, lock_feet
from pipelines.motion.footwork import stepping
from pipelines.motion.motion import Motion
from pipelines.motion.representation import decode, encode
from pipelines.motion.smoothing import smoothed
from pipelines.motion.turning import turn
from pipelines.motion_expert.editing.kept import Kept
from pipelines.motion_expert.editing.poses import PoseAt, with_poses
from pipelines.motion_expert.editing.seams import joined_at_ends, settled_between
from pipelines.motion_expert.interface import Danced, DanceRequest
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.options import MaceOptions, SamplingConfig
from pipelines.support.progress import Progress

Array = NDArray[np.float32]

_EASED = 15
"""Frames over which a drawn stretch is eased out of what stays and back into it."""
_CONTEXT = 120
"""Known frames on either side of a gap that the network sees (CustomDance has as many)."""


def inpainted(
    choreographer: Choreographer, request: DanceRequest, options: MaceOptions, progress: Progress
) -> list[Danced]:
    """Dances that keep what the request says, to the bit, and meet its poses.

    Raises as `Choreographer.dance`; UnsuitableInput for a pose that is out of reach.
    """
    config = SamplingConfig(
        beta=options.beta, sampling_steps=options.sampling_steps, genre=request.only_style,
        candidates=request.candidates, seed=request.seed,
    )  # fmt: skip
    kept = request.kept or _nothing(request)
    dances = [kept.motion] * request.candidates
    gaps = kept.gaps()
    with progress.stage("choreographing", len(gaps) * config.sampling_steps, "steps") as advance:
        for gap in gaps:
            found = drawn(choreographer, request, kept, gap, config, lambda: advance(1))
            dances = [
                _settled(dance, *one, gap, request.feet)
                for dance, one in zip(dances, found, strict=True)
            ]
    free = ~kept.whole
    finished = [kept.put_back(with_poses(dance, request.poses, free)) for dance in dances]
    facts: dict[str, Any] = {"beta": config.beta, "steps": config.sampling_steps,
                             "genre": config.genre}  # fmt: skip
    return [Danced(motion, facts) for motion in finished]


def _nothing(request: DanceRequest) -> Kept:
    """No known dance: its frames are all to be drawn."""
    frames = request.frames
    motion = Motion(np.zeros((frames, 24, 3), np.float32), np.zeros((frames, 3), np.float32), 30.0)
    return Kept(motion, np.zeros((frames, 24), bool), np.zeros(frames, bool))


def drawn(
    choreographer: Choreographer, request: DanceRequest, kept: Kept, gap: tuple[int, int],
    config: SamplingConfig, on_step: Any,
) -> list[tuple[Motion, int]]:  # fmt: skip
    """Per candidate the dance around a gap, and the frame that it begins with."""
    low, high = max(0, gap[0] - _CONTEXT), min(request.frames, gap[1] + _CONTEXT)
    window = slice(low, high)
    values = encode(kept.motion.sliced(low, high))
    share = _share(kept, request.poses, window)
    for one in request.poses:
        if low <= one.frame < high:
            values[one.frame - low, layout.sixes] = encode(one.pose)[0, layout.sixes]
    place, yaw = _brought_to_the_front(values, kept.whole[window])
    found = choreographer.dance(
        request.music.values[window], request.music.schema, config, on_step, (values, share)
    )
    return [(_brought_back(motion, place, yaw), low) for motion, _ in found]


def _share(kept: Kept, poses: tuple[PoseAt, ...], window: slice) -> Array:
    """(W, 151) 1 where a column is held: what stays, and the poses but for their facing."""
    joints, place = kept.joints_TJ[window], kept.place_T[window]
    share: Array = np.zeros((len(joints), layout.WIDTH), dtype=np.float32)
    share[:, layout.contacts] = kept.whole[window, None]
    share[:, layout.root] = place[:, None]
    share[:, layout.sixes] = np.repeat(joints, layout.SIX, axis=1)
    for one in poses:
        if window.start <= one.frame < window.stop:
            share[one.frame - window.start, layout.pelvis.stop :] = 1
    return share


def _brought_to_the_front(values_WD: Array, whole_W: NDArray[np.bool_]) -> tuple[Array, float]:
    """Move and turn a window, in place, to where the network's training windows were; returns the
    place (2,) that it was brought from, and by how many radians it was turned."""
    known = values_WD[whole_W] if whole_W.any() else values_WD
    place: Array = known[:, layout.root_xy].mean(0)
    yaw = -float(heading(known[:, (layout.front_x, layout.front_y)].mean(0)))
    values_WD[:, layout.root_xy] -= place
    turn(values_WD[None], np.array([yaw], dtype=np.float32))
    return place, yaw


def _brought_back(motion: Motion, place: Array, yaw: float) -> Motion:
    values = encode(motion)
    turn(values[None], np.array([-yaw], dtype=np.float32))
    values[:, layout.root_xy] += place
    return decode(values, motion.genre)[0]


def _settled(dance: Motion, part: Motion, low: int, gap: tuple[int, int], feet: str) -> Motion:
    """The dance with the gap's frames of the part, calm, planted and joined to what stays."""
    part = part if feet == NONE else smoothed(part)
    around = dance.sliced(low, low + part.frames)
    start, stop = gap[0] - low, gap[1] - low
    # Joined before its feet are seen to: afterwards, easing would drag them along.
    eased = _between(around, joined_at_ends(around, part, start, stop, _EASED), start, stop)
    planted = eased if feet == NONE else lock_feet(stepping(both_feet_down(eased)))
    contacts = standing(planted.joints(), planted.fps)
    return _between(dance, settled_between(around, planted, contacts, start, stop), *gap, low)


def _between(known: Motion, part: Motion, start: int, stop: int, low: int = 0) -> Motion:
    """The known dance with its frames `start` to `stop` from a part that begins at frame `low`."""
    poses, trans = known.poses.copy(), known.trans.copy()
    poses[start:stop] = part.poses[start - low : stop - low]
    trans[start:stop] = part.trans[start - low : stop - low]
    return replace(known, poses=poses, trans=trans)
