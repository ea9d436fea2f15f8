"""The pieces a dance is made of: bars of recorded dance, from pulse to pulse, and their mirrors.

Every pulse of a take's reading may begin a unit of as many pulses as the song's bar has. What the
search compares is computed for all of them at once (docs/reference/dance-library.md#units). Places
and directions over the floor are complex numbers i (x + i y): 1 faces the camera (-y), and a
mirror image is the conjugate.

Shapes: U units, N joints of pulses, m pulses in a bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.facing import forward_of, heading
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.motion_expert.library.counting import Counted
from pipelines.motion_expert.library.on_the_beat import moments_of, swing
from pipelines.motion_expert.library.shapes import (
    UnitShapes,
    main_directions,
    mirrored_shapes,
    unit_shapes,
)
from pipelines.motion_expert.library.storage import FPS, Library, TakeEntry

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Whole = NDArray[np.int64]
Rows = dict[str, NDArray[Any]]

_UPRIGHT_PELVIS, _UPRIGHT_HEAD = 0.62, 0.42
_FITTED = 0.35
"""Taken off the rhythm of tracked pulses, which were fitted to the feet that are judged by them."""
_PASSAGE = 8
_DEAD_BEAT, _DEAD_UNIT = 0.35, 0.65
_LIVELY_UNIT = 0.5
"""m/s of mean joint speed below which a unit is standing about, whatever its style."""


@dataclass(frozen=True)
class Units:
    """All units that may be danced to a song; each appears plain and mirrored.

    Attributes:
        counted: takes by `row`.
        row, start, mirrored: (U,) which take, from which of its pulses, and whether mirrored.
        genre, choreography: (U,) numbers into `genres` and of what counts as the same dance.
        passage: (U,) number of the eight pulses of a take that it begins in.
        tempo_bias, tempo_spread: (U,) mean and variance of ln(song's tempo / own tempo).
        rhythm: (U,) -1 to 1, how well its speed keeps the beat in its style's way.
        pattern: (U, m) which pulses are lively beside its mean.
        energy: (U,) rank 0 to 1 of its speed among all units.
        variety: (U,) ln of how far its poses lie apart beside the median of its style.
        wide: (U,) share of its pulses at which the hands are far from each other.
        head, tail: (U, D) shape and velocity of the body at the first and the last pulse.
        turn: (U,) unit complex, heading at the end over heading at the start.
        facing: (U,) mean heading, for a start that faces the camera.
        way: (U,) metres travelled, for a start that faces the camera.
        following: (U,) number of the unit that goes on where this one ends, or -1.
        mirror: (U,) number of its mirror image.
    """

    counted: tuple[Counted, ...]
    row: Whole
    start: Whole
    mirrored: NDArray[np.bool_]
    genre: Whole
    genres: tuple[str, ...]
    choreography: Whole
    passage: Whole
    tempo_bias: Floats
    tempo_spread: Floats
    rhythm: Floats
    pattern: Floats
    energy: Floats
    variety: Floats
    wide: Floats
    head: NDArray[np.float32]
    tail: NDArray[np.float32]
    turn: Complex
    facing: Complex
    way: Complex
    following: Whole
    mirror: Whole

    def __len__(self) -> int:
        return len(self.row)


def build_units(
    library: Library, counted: list[Counted], per_bar: int, bpm: float, upright: bool
) -> Units | None:
    """All lively units of the counted takes, or None if there are none."""
    takes = [library.takes[c.number] for c in counted]
    known = [(c, t.genre, t.choreography) for c, t in zip(counted, takes, strict=True)]
    genres = tuple(sorted({t.genre for t in takes}))
    names = sorted({t.choreography for t in takes})
    parts = [
        _of_take(library, take, per_bar, bpm)
        | {"row": row, "genre": genres.index(take_genre), "choreography": names.index(name)}
        for row, (take, take_genre, name) in enumerate(known)
        if len(take.times) > per_bar
    ]
    if not parts:
        return None
    plain = _stacked(parts)
    keep = _lively(plain) & (plain["upright"] if upright else True)
    if not keep.any():
        return None
    plain = {key: values[keep] for key, values in plain.items()}
    shapes = unit_shapes(library, counted, plain["row"], plain["start"], per_bar)
    return _with_mirrors(tuple(counted), genres, plain, shapes, per_bar)


def _stacked(parts: list[dict[str, Any]]) -> Rows:
    """The rows of all takes; what is one number for a take is repeated for each of its units."""
    counts = [len(part["start"]) for part in parts]
    return {
        key: np.concatenate(
            [np.broadcast_to(part[key], (n, *np.shape(part[key])[1:]))
             for part, n in zip(parts, counts, strict=True)]
        )
        for key in parts[0]
    }  # fmt: skip


def _of_take(library: Library, counted: Counted, per_bar: int, bpm: float) -> dict[str, Any]:
    """What is known of a take's units, one row each."""
    take, times = library.takes[counted.number], counted.times
    count, at = len(times) - per_bar, moments_of(times)
    curves = library.curves[take.first : take.first + take.frames].astype(np.float64)
    frames = np.arange(take.frames) / FPS
    body, pelvis, head = (np.interp(at, frames, curve) for curve in curves.T[1:])
    looks, place = _path(library, take, times)
    fine, _ = _path(library, take, at.ravel())

    def each(values: NDArray[Any]) -> NDArray[Any]:
        """What belongs to each pulse, for the pulses of each unit: (U, m)."""
        return np.lib.stride_tricks.sliding_window_view(values, per_bar)

    ratio = each(np.log(bpm * np.diff(times) / 60))
    swings = each(swing(library, take, times))
    return {
        "start": np.arange(count),
        "tempo_bias": ratio.mean(1),
        "tempo_spread": ratio.var(1),
        "rhythm": swings.sum(1).real / np.maximum(np.abs(swings).sum(1), 1e-9)
        - (0.0 if counted.known else _FITTED),
        "beat_speed": each(body.mean(1)) * np.exp(ratio),
        "upright": (each(pelvis.min(1)).min(1) >= _UPRIGHT_PELVIS)
        & (each(head.min(1)).min(1) >= _UPRIGHT_HEAD),
        "turn": looks[per_bar:] / looks[:count],
        "facing": each(fine.reshape(at.shape).mean(1)).mean(1) / looks[:count],
        "way": (place[per_bar:] - place[:count]) / looks[:count],
    }


def _path(library: Library, take: TakeEntry, times: Floats) -> tuple[Complex, Complex]:
    """Heading and place of the pelvis at these seconds of a take."""
    rows = np.arange(take.first, take.first + take.frames)
    yaw = np.unwrap(heading(forward_of(axis_angle_to_matrix(library.poses(rows)[:, 0]))))
    place = library.places(rows)
    frames = np.arange(take.frames) / FPS
    x, y = (np.interp(times, frames, place[:, axis]) for axis in (0, 1))
    return np.exp(1j * np.interp(times, frames, yaw)), 1j * (x + 1j * y)


def _lively(plain: Rows) -> NDArray[np.bool_]:
    """Units that dance in every beat, beside the median of their style and at all."""
    speed = plain["beat_speed"]
    medians = _medians(speed, plain["genre"])
    floor = np.minimum(_LIVELY_UNIT, medians)
    return np.asarray(
        (speed.min(1) >= _DEAD_BEAT * medians)
        & (speed.mean(1) >= _DEAD_UNIT * medians)
        & (speed.mean(1) >= floor)
    )


def _medians(values: Floats, genre: Whole) -> Floats:
    """(U,) the median of these values over all units of each one's style."""
    result = np.empty(len(genre))
    for one in np.unique(genre):
        result[genre == one] = np.median(values[genre == one])
    return result


def _with_mirrors(
    counted: tuple[Counted, ...], genres: tuple[str, ...], plain: Rows,
    shapes: UnitShapes, per_bar: int,
) -> Units:  # fmt: skip
    count = len(plain["row"])
    both = {key: np.concatenate([values, values]) for key, values in plain.items()}
    mirrored = np.arange(2 * count) >= count
    for key in ("turn", "facing", "way"):
        both[key] = np.where(mirrored, both[key].conj(), both[key])
    places = {
        (int(row), int(start)): number
        for number, (row, start) in enumerate(zip(plain["row"], plain["start"], strict=True))
    }
    onward = np.array([
        places.get((int(row), int(start) + per_bar), -1)
        for row, start in zip(plain["row"], plain["start"], strict=True)
    ])  # fmt: skip
    speed = both["beat_speed"]
    pattern = speed - speed.mean(1, keepdims=True)
    pattern /= np.maximum(np.linalg.norm(pattern, axis=1, keepdims=True), 1e-6)
    rank = np.argsort(np.argsort(plain["beat_speed"].mean(1), kind="stable"), kind="stable")
    energy = np.tile(rank / max(1, count - 1), 2)
    heads, tails = (np.concatenate([x, mirrored_shapes(x)]) for x in (shapes.head, shapes.tail))
    apart = np.log(np.maximum(shapes.spread, 1e-3) / _medians(shapes.spread, plain["genre"]))
    _, passage = np.unique(both["row"] * 4096 + both["start"] // _PASSAGE, return_inverse=True)
    basis = main_directions(np.concatenate([heads, tails]))
    return Units(
        counted=counted,
        row=both["row"],
        start=both["start"],
        mirrored=mirrored,
        genre=both["genre"],
        genres=genres,
        choreography=both["choreography"],
        passage=passage,
        tempo_bias=both["tempo_bias"],
        tempo_spread=both["tempo_spread"],
        rhythm=both["rhythm"],
        pattern=pattern,
        energy=energy,
        variety=np.tile(apart, 2),
        wide=np.tile(shapes.wide, 2),
        head=(heads @ basis).astype(np.float32),
        tail=(tails @ basis).astype(np.float32),
        turn=both["turn"],
        facing=both["facing"],
        way=both["way"],
        following=np.concatenate([onward, np.where(onward < 0, -1, onward + count)]),
        mirror=np.concatenate([np.arange(count) + count, np.arange(count)]),
    )
