"""Puts the chosen units together: onto the song's pulses, onto one floor, one body.

Each stretch of a take runs by a monotone clock through the song's pulses. Where one stretch hands
over to the next, the newcomer is laid onto the floor so that a foot which stands in both stays in
its place; the other foot, if it has to come down elsewhere, takes a step. Everything else is
cross-faded (docs/reference/dance-library.md#joins).

Shapes: T frames at 30 fps, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from pipelines.body.facing import forward_of, heading
from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.foot_lock import with_feet
from pipelines.motion.motion import Motion
from pipelines.motion.stepping_over import step_over
from pipelines.motion_expert.library.handover import handed_over
from pipelines.motion_expert.library.song_plan import SongPlan
from pipelines.motion_expert.library.storage import FPS, Library
from pipelines.motion_expert.library.units import Units
from pipelines.rhythm.warping import sample_smoothly

Floats = NDArray[np.float64]

FADE_SECONDS = 0.4
_SPARE = 4
"""Frames read beyond both ends of a stretch, for the spline."""
_CALM_SECONDS = 0.18
_SLOW_SECONDS, _LONG_SECONDS = 10.0, 30.0
"""Sigma of what counts as drift, and how long a dance must be to have any."""
_STAGED_SECONDS = 1.5
"""Sigma of the drift from where it is told to face."""
_LAST_REST = 1.2
"""Seconds before the song's end within which the last pulse is where the dancer stops."""


@dataclass(frozen=True)
class Stretch:
    """Units of one take in a row.

    Attributes:
        counted: number in `Units.counted`. mirrored: whether seen in a mirror.
        first_pulse, pulses: of the take's reading. first_bar, bars: of the song.
        late: pulses of its first bar that pass before it: the dancer still holds there.
    """

    counted: int
    mirrored: bool
    first_pulse: int
    pulses: int
    first_bar: int
    bars: int
    late: int = 0

    def begins(self, per_bar: int) -> int:
        """Number of the song's pulse on which it begins."""
        return self.first_bar * per_bar + self.late


def stretches_of(
    units: Units, chosen: NDArray[np.int64], per_bar: int, stops: NDArray[np.bool_] | None = None
) -> list[Stretch]:
    """The chosen units (K,), those that go on from each other as one.

    Args:
        stops: (K, per_bar) where the dancer holds; what is held into a bar is held through.
    """
    found: list[Stretch] = []
    danced = -1
    held = _held_into(stops, len(chosen), per_bar)
    for bar, unit in enumerate(chosen.tolist()):
        late = int(held[bar])
        if late == per_bar or (found and units.following[danced] == unit):
            before = found[-1]
            found[-1] = replace(before, pulses=before.pulses + per_bar, bars=before.bars + 1)
            danced = danced if late == per_bar else unit
            continue
        if late:
            found[-1] = replace(found[-1], pulses=found[-1].pulses + late)
        row, mirrored = int(units.row[unit]), bool(units.mirrored[unit])
        found.append(Stretch(row, mirrored, int(units.start[unit]), per_bar - late, bar, 1, late))
        danced = unit
    return found


def _held_into(stops: NDArray[np.bool_] | None, bars: int, per_bar: int) -> NDArray[np.int64]:
    """(K,) first pulses of each bar over which a hold that began before goes on."""
    held = np.zeros(bars, dtype=np.int64)
    for bar in range(1, bars) if stops is not None else ():
        assert stops is not None
        if stops[bar - 1, -1]:
            held[bar] = per_bar if stops[bar].all() else int(np.argmin(stops[bar]))
    return held


def assemble(
    library: Library, units: Units, plan: SongPlan, stretches: list[Stretch], frames: int,
    facing_T: Floats | None = None,
) -> tuple[Motion, NDArray[np.float32], list[int]]:  # fmt: skip
    """The dance (frames, ...), its contacts (frames, 4), and the frames of its joins.

    Args:
        facing_T: (frames,) radians, where it is to face on the whole; None: the camera.
    """
    half = FADE_SECONDS / 2
    poses = np.zeros((frames, 24, 3), np.float32)
    trans = np.zeros((frames, 3), np.float32)
    contacts = np.zeros((frames, 4), np.float32)
    joins: list[int] = []
    filled = 0
    for stretch in stretches:
        pulses = plan.pulses[stretch.begins(plan.per_bar) :][: stretch.pulses + 1]
        first = 0 if not filled else max(0, int(np.ceil((pulses[0] - half) * FPS)))
        last = min(frames, int(np.floor((pulses[-1] + half) * FPS)) + 1)
        if last <= max(first, filled) and filled:
            continue
        part, stands = _danced(library, units, plan, stretch, np.arange(first, last) / FPS)
        shared = max(0, filled - first)
        if filled and shared:
            present = Motion(poses[first:filled], trans[first:filled], FPS)
            part, stands = _joined(present, contacts[first:filled], part, stands)
            joins.append(round(float(pulses[0]) * FPS))
        poses[first:last], trans[first:last] = part.poses, part.trans
        contacts[first:last] = stands
        filled = max(filled, last)
    whole = Motion(poses[:filled], trans[:filled], FPS)
    asked = None if facing_T is None else facing_T[:filled]
    dance = step_over(
        _centred(whole, _held_frames(plan, filled), asked), contacts[:filled], firmly=True
    )
    return dance, contacts, [j for j in joins if 0 < j < frames]


def _danced(
    library: Library, units: Units, plan: SongPlan, stretch: Stretch, seconds: Floats
) -> tuple[Motion, NDArray[np.float32]]:
    """A stretch at these seconds of the song, and its contacts."""
    counted = units.counted[stretch.counted]
    take = library.takes[counted.number]
    clock = _clock(plan, counted.times, stretch)
    at = np.clip(_come_to_rest(clock, plan, seconds), 0, (take.frames - 1) / FPS)
    low = max(0, int(at.min() * FPS) - _SPARE)
    high = min(take.frames, int(at.max() * FPS) + _SPARE + 2)
    low = max(0, min(low, high - 4))
    rows = take.first + np.arange(low, high)
    source = Motion(
        library.poses(rows).astype(np.float32), library.places(rows).astype(np.float32), FPS
    )
    motion = sample_smoothly(source, at - low / FPS, FPS)
    stands = library.contacts[take.first + np.round(at * FPS).astype(int)]
    if stretch.mirrored:
        return motion.mirrored(), stands[:, [1, 0, 3, 2]]
    return motion, stands


def _clock(plan: SongPlan, times: Floats, stretch: Stretch) -> PchipInterpolator:
    """Song seconds to take seconds, through the pulses of both and one more on either side.

    Where the music stops, the take's count stands still.
    """
    first = stretch.begins(plan.per_bar)
    song = plan.pulses[first : first + stretch.pulses + 1]
    goes_on = ~plan.stops.ravel()[first : first + stretch.pulses]
    number = stretch.first_pulse + np.concatenate([[0], np.cumsum(goes_on)])
    take = times[number]
    before = times[number[0] - 1] if number[0] else 2 * take[0] - times[1]
    after = 2 * take[-1] - take[-2]
    if number[-1] + 1 < len(times):
        after = times[number[-1] + 1]
    song = np.concatenate([[2 * song[0] - song[1]], song, [2 * song[-1] - song[-2]]])
    return PchipInterpolator(song, np.concatenate([[before], take, [after]]), extrapolate=True)


def _come_to_rest(clock: PchipInterpolator, plan: SongPlan, seconds: Floats) -> Floats:
    """Take seconds at song seconds; on the last pulse of the song the dancer holds the pose."""
    at = np.asarray(clock(seconds))
    ends = plan.pulses[plan.pulses <= plan.seconds - 0.2]
    if not len(ends) or plan.seconds - ends[-1] > _LAST_REST or seconds[-1] <= ends[-1]:
        return at
    late = seconds > ends[-1]
    speed = float(clock(ends[-1], 1))
    since = seconds[late] - ends[-1]
    at[late] = float(clock(ends[-1])) + speed * _CALM_SECONDS * (1 - np.exp(-since / _CALM_SECONDS))
    return at


def _joined(
    present: Motion, standing: NDArray[np.float32], part: Motion, stands: NDArray[np.float32]
) -> tuple[Motion, NDArray[np.float32]]:
    """A new stretch laid onto the floor beside the present one and faded in over their overlap."""
    shared = present.frames
    ours, theirs = present.joints(), part.sliced(0, shared).joints()
    turn, shift, apart = laid(ours, theirs, standing, stands[:shared])
    part = moved(part, turn, shift)
    rise = (np.arange(shared) + 1) / (shared + 1)
    share = rise**2 * (3 - 2 * rise)
    before, after = axis_angle_to_matrix(present.poses), axis_angle_to_matrix(part.poses[:shared])
    step = matrix_to_axis_angle(np.swapaxes(before, -1, -2) @ after)
    mixed = before @ axis_angle_to_matrix(share[:, None, None] * step)
    poses, trans, contacts = part.poses.copy(), part.trans.copy(), stands.copy()
    poses[:shared] = matrix_to_axis_angle(mixed)
    trans[:shared] += (1 - share)[:, None] * (present.trans - part.trans[:shared])
    points = list(FOOT_JOINTS)
    feet, contacts[:shared] = handed_over(
        ours[:, points], part.sliced(0, shared).joints()[:, points], standing, stands[:shared],
        apart,
    )  # fmt: skip
    between = with_feet(Motion(poses[:shared], trans[:shared], FPS), feet)
    poses[:shared], trans[:shared] = between.poses, between.trans
    return replace(part, poses=poses, trans=trans), contacts


def laid(
    ours_TJ3: Floats, theirs_TJ3: Floats, standing_T4: NDArray[np.float32],
    stands_T4: NDArray[np.float32],
) -> tuple[float, Floats, Floats]:  # fmt: skip
    """(turn, shift (2,), apart (2,)): how to lay the newcomer down, and how far each foot's place
    is then from where it was. One foot, the one that stands longer in both, counts most."""
    both = np.minimum(standing_T4, stands_T4)
    held = np.array([both[:, [0, 2]].sum(), both[:, [1, 3]].sum()])
    found: tuple[float, float, Floats, Floats] | None = None
    for foot in (0, 1):
        weights = np.full(ours_TJ3.shape[:2], 0.02)
        weights[:, 0] = 0.3
        weights[:, list(FOOT_JOINTS)] += 0.3 + both
        weights[:, [FOOT_JOINTS[foot], FOOT_JOINTS[foot + 2]]] += 20 * both[:, [foot, foot + 2]]
        turn, shift = _planar_fit(ours_TJ3[..., :2], theirs_TJ3[..., :2], weights)
        moved = _rotated(theirs_TJ3[..., :2], turn) + shift
        feet = list(FOOT_JOINTS)
        error = np.linalg.norm(moved[:, feet] - ours_TJ3[:, feet, :2], axis=-1)
        weight = both + 1e-3
        each = (error * weight).sum(0) / weight.sum(0)
        apart = np.array([each[[0, 2]].mean(), each[[1, 3]].mean()])
        score = float(apart @ (0.2 + held / max(float(held.max()), 1.0)))
        if found is None or score < found[0]:
            found = score, turn, shift, apart
    assert found is not None
    return found[1], found[2], found[3]


def _planar_fit(ours: Floats, theirs: Floats, weights: Floats) -> tuple[float, Floats]:
    """The turn and shift (2,) over the floor that bring points onto points, weighted."""
    total = weights.sum()
    here = (ours * weights[..., None]).sum((0, 1)) / total
    there = (theirs * weights[..., None]).sum((0, 1)) / total
    a, b = theirs - there, ours - here
    turn = float(np.arctan2(
        (weights * (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])).sum(),
        (weights * (a * b).sum(-1)).sum(),
    ))  # fmt: skip
    return turn, here - _rotated(there, turn)


def _rotated(points: Floats, turn: float) -> Floats:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]))


def moved(motion: Motion, turn: float, shift: Floats) -> Motion:
    """The motion turned about the vertical through the origin, then shifted over the floor."""
    about = axis_angle_to_matrix(np.array([0.0, 0.0, turn]))
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[:, 0] = matrix_to_axis_angle(about @ axis_angle_to_matrix(motion.poses[:, 0]))
    trans[:, :2] = _rotated(trans[:, :2].astype(np.float64), turn) + shift
    return replace(motion, poses=poses, trans=trans)


def _held_frames(plan: SongPlan, frames: int) -> NDArray[np.bool_]:
    """(frames,) in which the dancer holds still."""
    pulse = np.searchsorted(plan.pulses, np.arange(frames) / FPS, side="right") - 1
    return np.asarray(plan.stops.ravel()[np.clip(pulse, 0, plan.stops.size - 1)])


def _centred(motion: Motion, held_T: NDArray[np.bool_], facing_T: Floats | None = None) -> Motion:
    """The dance turned to face the camera, or where it should, on the whole, over the middle of
    the floor.

    What joins leave of turns and ways adds up over minutes; it is taken out as slowly, and not
    while the dancer holds still.
    """
    forward = looks_from(motion, 0.0 if facing_T is None else facing_T)
    turned = moved(motion, -float(heading(forward.mean(0))), np.zeros(2))
    long = motion.seconds > _LONG_SECONDS
    if long or facing_T is not None:
        drift = _SLOW_SECONDS if facing_T is None else _STAGED_SECONDS
        slow = gaussian_filter1d(forward, drift * FPS, axis=0, mode="nearest")
        turned = wound_back(motion, -_paused(np.unwrap(heading(slow)), held_T))
    if long:
        place = turned.trans[:, :2].astype(np.float64)
        slow = gaussian_filter1d(place, _SLOW_SECONDS * FPS, axis=0, mode="nearest")
        slow = _paused(slow, held_T)
        turned = replace(turned, trans=turned.trans - np.pad(slow, ((0, 0), (0, 1))))
    middle = (turned.trans[:, :2].min(0) + turned.trans[:, :2].max(0)) / 2
    trans = turned.trans - np.append(middle, 0).astype(np.float32)
    return replace(turned, trans=trans.astype(np.float32))


def looks_from(motion: Motion, facing_T: Floats | float) -> Floats:
    """Where the dancer looks (T, 2), were the camera where they are told to face (radians)."""
    forward = forward_of(axis_angle_to_matrix(motion.poses[:, 0]))[:, :2]
    cos, sin = np.cos(facing_T), np.sin(facing_T)
    x, y = forward.T
    return np.asarray(np.stack([x * cos + y * sin, y * cos - x * sin], axis=1))


def _paused(values_T: Floats, held_T: NDArray[np.bool_]) -> Floats:
    """These values, which do not change in held frames, and go on from there."""
    if not held_T.any():
        return values_T
    steps = np.diff(values_T, axis=0)
    steps[held_T[1:] & held_T[:-1]] = 0
    return np.concatenate([values_T[:1], values_T[0] + np.cumsum(steps, axis=0)])


def wound_back(motion: Motion, turn_T: Floats) -> Motion:
    """The motion turned by an angle of its own in each frame, with its way along."""
    about = axis_angle_to_matrix(np.stack([0 * turn_T, 0 * turn_T, turn_T], axis=1))
    poses, trans = motion.poses.copy(), motion.trans.copy()
    poses[:, 0] = matrix_to_axis_angle(about @ axis_angle_to_matrix(motion.poses[:, 0]))
    steps = np.diff(motion.trans[:, :2].astype(np.float64), axis=0)
    mean = (turn_T[1:] + turn_T[:-1]) / 2
    cos, sin = np.cos(mean), np.sin(mean)
    x, y = steps[:, 0] * cos - steps[:, 1] * sin, steps[:, 0] * sin + steps[:, 1] * cos
    trans[1:, :2] = trans[0, :2] + np.cumsum(np.stack([x, y], 1), axis=0)
    return replace(motion, poses=poses, trans=trans)
