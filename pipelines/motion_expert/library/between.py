"""A stretch danced anew between what stays: searched, laid between and faded into both sides
(docs/reference/dance-library.md#editing).

Shapes: T frames at 30 fps, U units, K bars of the song, W sequences, 4 foot points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.facing import heading
from pipelines.body.feet import foot_heights, point_speeds
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.contacts import standing
from pipelines.motion.foot_lock import with_feet
from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.seams import settled_between
from pipelines.motion_expert.library.assembly import (
    Stretch,
    assemble,
    laid,
    looks_from,
    moved,
    stretches_of,
    wound_back,
)
from pipelines.motion_expert.library.handover import handed_over
from pipelines.motion_expert.library.search import SearchConfig, good_sequences
from pipelines.motion_expert.library.shapes import (
    joints_in_heading,
    mirrored_shapes,
    shapes_in_motion,
)
from pipelines.motion_expert.library.song_plan import SongPlan
from pipelines.motion_expert.library.storage import FPS, Library
from pipelines.motion_expert.library.units import Units

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

FADE = 12
"""Frames over which a new stretch is faded in, and out; less in short gaps."""
_PAD = 3
"""Frames that it is read beyond the gap, so that speeds at the ends are known."""
_LEAD = 6
"""Frames by which the search's bars may begin after, and end before, a gap's ends."""
_AROUND = 60
"""Frames on either side of a gap that are looked at."""
_LEFT_OUT = 0.5
"""Share of the passages that a seed does without: both ends leave its noise little to choose."""
_JUDGED = 6
"""Sequences that are put together before one of them is taken."""
_TURN_COST, _WAY_COST = 1.0, 2.0
"""Per radian and metre that a stretch has to be bent to end where the known dance goes on."""
_FACED_FRAMES, _TURN_FRAMES = 20.0, 30
"""Sigma of the looks that are turned to where they are told, and frames of turning there."""
_SHORTEST_HANDOVER = 9
"""Frames of a fade that leave room for a step."""
_RANK_COST, _SLIDE_COST, _JERK_COST = 0.1, 6.0, 0.001
"""For being a worse find of the search, per share of sliding foot points, per m/s^3 of jerk."""
_LOW, _SLIDES = 0.04, 0.3
"""Metres over the floor, and metres a second."""
_OLD_COST, _OLD, _LOOKS = 20.0, 0.15, (0.25, 0.5, 0.75)
"""What a unit costs that dances what was there before, the metres of joints apart that tell it, and
when in the bar they are looked at."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of the bars of a whole song.

    Attributes:
        styles: per bar the number of the style asked for, or None.
        energies: per bar 0 to 1, or None.
        also_KU: further cost of each unit in each bar, or None.
        seed: chooses other material.
        facing_K: where to face in each bar, or None for the camera; facing_T: the same in each
            frame, radians.
    """

    styles: list[int | None]
    energies: list[float | None]
    also_KU: Floats | None
    seed: int
    facing_K: NDArray[np.complex128] | None = None
    facing_T: Floats | None = None


def danced_between(
    library: Library, units: Units, plan: SongPlan, known: Motion, gap: tuple[int, int],
    wanted: Wanted, config: SearchConfig,
) -> tuple[Motion, list[tuple[Stretch, SongPlan]]]:  # fmt: skip
    """The known dance with frames gap[0] to gap[1] danced anew; the others stay to the bit.

    Returns the dance, and the stretches of takes in the gap, each with the part of the song that
    it was searched in.
    """
    first, last = _bars_of(plan, *gap)
    origin = int(np.floor(plan.pulses[first * plan.per_bar] * FPS)) - _LEAD
    part_plan = _part_of(plan, first, last, origin)
    # A long dance is looked at around the gap alone.
    low, high = max(0, gap[0] - _AROUND), min(known.frames, gap[1] + _AROUND)
    around, gap, origin = known.sliced(low, high), (gap[0] - low, gap[1] - low), origin - low
    paths = _sequences(library, units, part_plan, around, gap, origin, first, wanted, config)
    facing = None if wanted.facing_T is None else wanted.facing_T[low:high]
    dance, stretches = _best_laid(library, units, part_plan, around, gap, origin, paths, facing)
    poses, trans = known.poses.copy(), known.trans.copy()
    inside = slice(gap[0] + low, gap[1] + low)
    poses[inside], trans[inside] = dance.poses[slice(*gap)], dance.trans[slice(*gap)]
    whole_song = replace(part_plan, pulses=part_plan.pulses + (origin + low) / FPS)
    return replace(known, poses=poses, trans=trans), [(one, whole_song) for one in stretches]


def _best_laid(
    library: Library, units: Units, part_plan: SongPlan, known: Motion, gap: tuple[int, int],
    origin: int, paths: list[Whole], facing_T: Floats | None,
) -> tuple[Motion, list[Stretch]]:  # fmt: skip
    """The known dance with the sequence of units that looks best in the gap, and its stretches."""
    start, stop = gap
    end = min(known.frames, stop + _PAD)
    begin = max(0, start - _PAD)
    best: tuple[float, Motion, list[Stretch]] | None = None
    for number, path in enumerate(paths):
        stretches = stretches_of(units, path, part_plan.per_bar, part_plan.stops)
        part, stands, _ = assemble(library, units, part_plan, stretches, end - origin)
        part, stands = _from(part, stands, begin - origin, end - origin)
        part, misfit = _laid_between(known, part, stands, begin, gap, facing_T)
        faded, contacts = _faded(known, part, stands, begin, gap)
        dance = settled_between(known, faded, contacts, start, stop)
        cost = _RANK_COST * number + misfit + _flaws(dance, gap)
        if best is None or cost < best[0]:
            best = cost, dance, stretches
    assert best is not None
    return best[1:]


def _flaws(dance: Motion, gap: tuple[int, int]) -> float:
    """What a viewer sees of a stretch that was laid in: sliding feet, and jerks at its ends."""
    low, high = max(0, gap[0] - _PAD), min(dance.frames, gap[1] + _PAD)
    joints = dance.sliced(low, high).joints()
    feet = joints[:, list(FOOT_JOINTS)]
    speed = point_speeds(feet[..., :2], dance.fps)
    slides = (foot_heights(joints) < _LOW) & (speed > _SLIDES)
    jerk = np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean(1) * dance.fps**3
    return _SLIDE_COST * float(slides.mean()) + _JERK_COST * float(jerk.max())


def fade_frames(gap: tuple[int, int]) -> int:
    """Frames over which a stretch in this gap is faded in and out."""
    return max(1, min(FADE, (gap[1] - gap[0]) // 3))


def _bars_of(plan: SongPlan, start: int, stop: int) -> tuple[int, int]:
    """First and last bar of those in which a gap lies, slivers at its ends left out."""
    begins = plan.pulses[:: plan.per_bar][:-1] * FPS
    ends = plan.pulses[plan.per_bar :: plan.per_bar] * FPS
    first = max(0, int(np.searchsorted(begins, start + _LEAD, side="right")) - 1)
    last = int(np.searchsorted(ends, stop - _LEAD, side="left"))
    return first, max(first, min(last, plan.bars - 1))


def _part_of(plan: SongPlan, first: int, last: int, origin: int) -> SongPlan:
    """Bars of a song as a song of their own, which frame `origin` begins and nothing ends."""
    bars = slice(first, last + 1)
    pulses = plan.pulses[first * plan.per_bar : (last + 1) * plan.per_bar + 1]
    alone = np.full(last + 1 - first, -1, dtype=np.int64)
    return replace(
        plan, seconds=np.inf, pulses=pulses - origin / FPS, energy=plan.energy[bars],
        accents=plan.accents[bars], stops=plan.stops[bars], mirror_of=alone, same_as=alone,
    )  # fmt: skip


def _sequences(
    library: Library, units: Units, part_plan: SongPlan, known: Motion, gap: tuple[int, int],
    origin: int, first: int, wanted: Wanted, config: SearchConfig,
) -> list[Whole]:  # fmt: skip
    """The few sequences of units that fit the gap best: song, both ends, and where they lead."""
    start, stop = gap
    bars = slice(first, first + part_plan.bars)
    also = np.zeros((part_plan.bars, len(units)))
    if wanted.also_KU is not None:
        also += wanted.also_KU[bars]
    ends = ((start - 1, 0, start > 0), (stop, part_plan.bars - 1, stop < known.frames))
    for frame, bar, there in ends:
        if there:
            apart = apart_at(library, units, part_plan, bar, (frame - origin) / FPS,
                             shapes_in_motion(known, np.array([frame]))[0])  # fmt: skip
            also[bar] += config.pose * apart
    also += as_it_was(library, units, part_plan, known, origin, gap)
    also += _left_out(units, wanted.seed)
    facing = None if wanted.facing_K is None else wanted.facing_K[bars]
    begins = _looks(known, start - 1) if facing is not None and start > 0 else None
    paths, cost = good_sequences(
        units, part_plan, wanted.styles[bars], wanted.energies[bars], wanted.seed, config, also,
        facing_K=facing, begins=begins,
    )  # fmt: skip
    if start > 0 and stop < known.frames:
        turn, way = _led(units, part_plan, paths, (start - origin) / FPS, (stop - origin) / FPS)
        looks, went = _known_way(known, start - 1, stop)
        cost = cost + _TURN_COST * np.abs(np.angle(turn * np.conj(looks)))
        cost = cost + _WAY_COST * np.abs(way - went)
    return list(paths[np.argsort(cost, kind="stable")[:_JUDGED]])


def apart_at(
    library: Library, units: Units, plan: SongPlan, bar: int, second: float, shape_D: Floats,
    moment: int | None = None,
) -> Floats:  # fmt: skip
    """(U,) metres of joints between this shape and each unit's at a moment of its bar.

    Args:
        second: of the song; before or after the bar, its first or last pulse counts.
        shape_D: (216,) as `shapes_in_motion`.
        moment: only of this one of the shape's three moments; None: of all.
    """
    pulses = plan.pulses[bar * plan.per_bar : (bar + 1) * plan.per_bar + 1]
    at = float(np.interp(second, pulses, np.arange(len(pulses))))
    pulse = min(int(at), plan.per_bar - 1)
    plain = np.flatnonzero(~units.mirrored)
    seconds = np.concatenate([counted.times for counted in units.counted])
    offset = np.concatenate([[0], np.cumsum([len(c.times) for c in units.counted])])
    where = offset[units.row[plain]] + units.start[plain] + pulse
    moments = seconds[where] + (at - pulse) * (seconds[where + 1] - seconds[where])
    takes = [library.takes[counted.number] for counted in units.counted]
    begin = np.array([take.first for take in takes])[units.row[plain]]
    count = np.array([take.frames for take in takes])[units.row[plain]]
    rows = np.round((moments[:, None] + np.array([-0.2, 0.0, 0.2])) * FPS).astype(int)
    shapes = joints_in_heading(library, begin[:, None] + np.clip(rows, 0, count[:, None] - 1))
    both = np.concatenate([shapes, mirrored_shapes(shapes)])
    order = np.concatenate([plain, units.mirror[plain]])
    size = shapes.shape[1] // 3
    part = slice(None) if moment is None else slice(moment * size, (moment + 1) * size)
    apart = np.empty(len(units))
    apart[order] = np.linalg.norm(both[:, part] - shape_D[part], axis=1)
    return apart * (1.0 if moment is None else np.sqrt(3))


def _left_out(units: Units, seed: int) -> Floats:
    """(U,) against passages that are drawn by the seed, so that another one dances others."""
    random = np.random.default_rng([seed, int(units.passage.max())])
    drawn = random.random(int(units.passage.max()) + 1) < _LEFT_OUT
    return np.where(drawn[units.passage], _OLD_COST, 0.0)


def as_it_was(
    library: Library, units: Units, part_plan: SongPlan, known: Motion, origin: int,
    gap: tuple[int, int],
) -> Floats:  # fmt: skip
    """(K, U) against dancing in a bar what the known dance has there: it is to be new."""
    cost = np.zeros((part_plan.bars, len(units)))
    for bar in range(part_plan.bars):
        pulses = part_plan.pulses[bar * part_plan.per_bar : (bar + 1) * part_plan.per_bar + 1]
        ends = np.clip(pulses[[0, -1]] * FPS + origin, *gap)
        frames = np.round(np.interp(_LOOKS, [0, 1], ends)).astype(int)
        shapes = shapes_in_motion(known, np.minimum(frames, known.frames - 1))
        apart = [apart_at(library, units, part_plan, bar, (frame - origin) / FPS, shape)
                 for frame, shape in zip(frames, shapes, strict=True)]  # fmt: skip
        cost[bar] = np.where(np.mean(apart, axis=0) < _OLD, _OLD_COST, 0.0)
    return cost


def _led(
    units: Units, plan: SongPlan, paths_WK: Whole, begin: float, end: float
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """(W,) how a sequence turns, and its way in the heading that it begins with, between two
    seconds; of bars that are not whole a share."""
    count = len(paths_WK)
    turn, way = np.ones(count, complex), np.zeros(count, complex)
    for bar in range(plan.bars):
        first, last = plan.pulses[bar * plan.per_bar], plan.pulses[(bar + 1) * plan.per_bar]
        share = np.clip((min(last, end) - max(first, begin)) / (last - first), 0, 1)
        unit = paths_WK[:, bar]
        way = way + turn * share * units.way[unit]
        turn = turn * np.exp(1j * share * np.angle(units.turn[unit]))
    return turn, way


def _known_way(known: Motion, start: int, stop: int) -> tuple[complex, complex]:
    """How the known dance turns, and its way in the heading that it begins with, as `Units`."""
    before, after = _looks(known, start), _looks(known, stop)
    x, y = (known.trans[stop] - known.trans[start])[:2].astype(float)
    return after / before, 1j * complex(x, y) / before


def _looks(known: Motion, frame: int) -> complex:
    """Where the dancer faces in a frame, as `Units`."""
    x, y = axis_angle_to_matrix(known.poses[frame, 0])[:2, 2].astype(float)
    return 1j * complex(x, y) / max(abs(complex(x, y)), 1e-9)


def _from(
    part: Motion, stands: NDArray[np.float32], begin: int, end: int
) -> tuple[Motion, NDArray[np.float32]]:
    """Frames of an assembled part; those before and after it are its first and last."""
    rows = np.clip(np.arange(begin, end), 0, part.frames - 1)
    return replace(part, poses=part.poses[rows], trans=part.trans[rows]), stands[rows]


def _laid_between(
    known: Motion, part: Motion, stands: NDArray[np.float32], begin: int, gap: tuple[int, int],
    facing_T: Floats | None,
) -> tuple[Motion, float]:  # fmt: skip
    """The part laid onto the floor where the known dance leaves off and goes on, bent in between,
    and what that bending costs; in the middle it faces where it is told, in each frame of the
    known dance."""
    start, stop = gap
    fade = fade_frames(gap)
    contacts = standing(known.joints(), FPS)
    if start > 0:
        turn, shift, _ = _fit(known, contacts, part, stands, begin, begin, start + fade)
        part = moved(part, turn, shift)
    if stop >= known.frames:
        return _facing(part, begin, gap, known.frames, facing_T), 0.0
    end = begin + part.frames
    turn, shift, _ = _fit(known, contacts, part, stands, begin, stop - fade, end)
    if start == 0:
        part = _facing(part, begin, gap, known.frames, facing_T, turn)
        turn, shift, _ = _fit(known, contacts, part, stands, begin, stop - fade, end)
        return moved(part, turn, shift), 0.0
    share = np.clip((np.arange(part.frames) - (start + fade - begin))
                    / max(1, stop - start - 2 * fade), 0, 1)  # fmt: skip
    share = share * share * (3 - 2 * share)
    wound = wound_back(part, turn * share)
    wound = _facing(wound, begin, gap, known.frames, facing_T)
    _, shift, _ = _fit(known, contacts, wound, stands, begin, stop - fade, end)
    trans = wound.trans + np.pad(share[:, None] * shift, ((0, 0), (0, 1)))
    misfit = _TURN_COST * abs(turn) + _WAY_COST * float(np.linalg.norm(shift))
    return replace(wound, trans=trans.astype(np.float32)), misfit


def _facing(
    part: Motion, begin: int, gap: tuple[int, int], frames: int, facing_T: Floats | None,
    turn: float = 0.0,
) -> Motion:  # fmt: skip
    """The part turned to face on the whole where it is told, but for the gap's ends, where it faces
    as the known dance does; `turn`: by which it will be laid down."""
    if facing_T is None:
        return part
    start, stop = gap
    here = np.arange(begin, begin + part.frames)
    slow = gaussian_filter1d(
        looks_from(part, facing_T[begin : begin + part.frames] - turn), _FACED_FRAMES, axis=0,
        mode="nearest",
    )  # fmt: skip
    away = np.unwrap(heading(slow))
    away -= 2 * np.pi * np.round(np.median(away) / (2 * np.pi))
    ramp = min(_TURN_FRAMES, (stop - start) // 3)
    from_start = np.inf if start == 0 else here - start - fade_frames(gap)
    to_stop = np.inf if stop >= frames else stop - fade_frames(gap) - here
    share = np.clip(np.minimum(from_start, to_stop) / max(1, ramp), 0, 1)
    return wound_back(part, -away * share * share * (3 - 2 * share))


def _fit(
    known: Motion, contacts: NDArray[np.float32], part: Motion, stands: NDArray[np.float32],
    begin: int, low: int, high: int,
) -> tuple[float, Floats, Floats]:  # fmt: skip
    """How to lay the part down (`assembly.laid`) by frames `low` to `high` of the dance."""
    mine = part.sliced(low - begin, high - begin)
    ours = known.sliced(low, high)
    return laid(
        ours.joints(), mine.joints(), contacts[low:high], stands[low - begin : high - begin]
    )


def _faded(
    known: Motion, part: Motion, stands: NDArray[np.float32], begin: int, gap: tuple[int, int]
) -> tuple[Motion, NDArray[np.float32]]:
    """The known dance with the part faded in at the gap's start and out at its end."""
    start, stop = gap
    fade = fade_frames(gap)
    frames = np.arange(begin, begin + part.frames)
    rise = np.ones(part.frames)
    if start > 0:
        rise = np.clip((frames - (start - 1)) / (fade + 1), 0, 1)
    if stop < known.frames:
        rise = np.minimum(rise, np.clip((stop - frames) / (fade + 1), 0, 1))
    share = rise * rise * (3 - 2 * rise)
    own = axis_angle_to_matrix(known.poses[frames])
    way = matrix_to_axis_angle(np.swapaxes(own, -1, -2) @ axis_angle_to_matrix(part.poses))
    poses, trans = known.poses.copy(), known.trans.copy()
    poses[frames] = matrix_to_axis_angle(own @ axis_angle_to_matrix(share[:, None, None] * way))
    trans[frames] += (share[:, None] * (part.trans - known.trans[frames])).astype(np.float32)
    faded = replace(known, poses=poses, trans=trans)
    return _handed(known, faded, part, stands, begin, gap)


def _handed(
    known: Motion, faded: Motion, part: Motion, stands: NDArray[np.float32], begin: int,
    gap: tuple[int, int],
) -> tuple[Motion, NDArray[np.float32]]:  # fmt: skip
    """The faded dance whose feet step once from the known dance into the part, and once out of it,
    and its contacts (T, 4)."""
    start, stop = gap
    fade = fade_frames(gap)
    found = standing(known.joints(), FPS)
    contacts = found.copy()
    contacts[start:stop] = stands[start - begin : stop - begin]
    if fade < _SHORTEST_HANDOVER:
        return faded, contacts
    poses, trans, points = faded.poses.copy(), faded.trans.copy(), list(FOOT_JOINTS)
    for low, high, there, leaving in (
        (start, start + fade, start > 0, True), (stop - fade, stop, stop < known.frames, False)
    ):  # fmt: skip
        if not there:
            continue
        mine = part.sliced(low - begin, high - begin), stands[low - begin : high - begin]
        own = known.sliced(low, high), found[low:high]
        _, _, apart = _fit(known, found, part, stands, begin, low, high)
        (one, before), (other, after) = (own, mine) if leaving else (mine, own)
        feet, contacts[low:high] = handed_over(
            one.joints()[:, points], other.joints()[:, points], before, after, apart
        )
        stepped = with_feet(faded.sliced(low, high), feet)
        poses[low:high], trans[low:high] = stepped.poses, stepped.trans
    return replace(faded, poses=poses, trans=trans), contacts
