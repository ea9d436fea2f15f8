"""Where in the beat a dancer moves, and a count that is moved to it
(docs/reference/dance-library.md#counting).

Dancers are ahead of their music here and behind it there, and those whose music is not known were
counted by their steps. Moving the count a little, slowly, lets bars of all of them swing together.

Shapes: B pulses, B - 1 beats between them, n moments of a beat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.motion_expert.library.genres import style_of
from pipelines.motion_expert.library.storage import FPS, Library, TakeEntry

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

_PHASES = 16
_MOST = 0.2
"""Of a beat: how far a pulse is moved at most."""
_AROUND_BEATS = 1.5
_FEET, _BODY = 0, 1


def moments_of(times: Floats) -> Floats:
    """(B - 1, n) seconds: evenly spaced moments of each beat, from the pulse on."""
    return np.asarray(times[:-1, None] + np.diff(times)[:, None] * np.arange(_PHASES) / _PHASES)


def swing(library: Library, take: TakeEntry, times: Floats) -> Complex:
    """(B - 1,) first harmonic of the speed over each beat, turned such that the speed of a dancer
    who moves when the style does is real: of the feet, or of the body where that holds the beat."""
    style = style_of(take.genre)
    column = _FEET if style.by == "feet" else _BODY
    speed = library.curves[take.first : take.first + take.frames, column].astype(np.float64)
    held = np.interp(moments_of(times), np.arange(take.frames) / FPS, speed)
    phase = 2 * np.pi * np.arange(_PHASES) / _PHASES
    return np.asarray((held * np.exp(1j * (phase - style.phase))).sum(1))


def with_the_steps(library: Library, take: TakeEntry, times: Floats) -> Floats:
    """(B,) the pulses of a take, moved by up to a fifth of a beat to where its dancer moves.

    A steady swing is followed by the sine of its lead: what is on the beat stays, and so does what
    swings against it.
    """
    if len(times) < 3:
        return times
    found = swing(library, take, times)

    def around(values: Floats) -> Floats:
        return np.asarray(gaussian_filter1d(values, _AROUND_BEATS, mode="nearest"))

    late = around(found.imag) / np.maximum(around(np.abs(found)), 1e-9)
    beats = np.diff(times)
    moved = times + _MOST * np.append(late, late[-1]) * np.append(beats, beats[-1])
    return np.asarray(np.clip(moved, 0, (take.frames - 1) / FPS))
