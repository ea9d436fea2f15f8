"""Whether the finder has gone over to somebody else: by the colour of the trunk.

Two who cross are one to a pose finder: landmarks go over without a jump. Colours are compared
between frames that show the same side of the body only, since a back may look different, long hair
or not (docs/reference/capture.md#gaps). Shapes: T frames, 33 landmarks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.blazepose import HIPS, SHOULDERS

Floats = NDArray[np.float64]

_SECONDS = 1.0
"""Of either side of a change that are compared."""
_OTHER_CLOTHES = 0.25
"""Distance of colours, black to white being 1.7."""
_WIDE = 0.3
"""Shoulders less wide than this, in torso lengths, show a side of the body."""
_ACROSS, _DOWN = np.linspace(0.25, 0.75, 7), np.linspace(0.15, 0.65, 8)
"""Where between the shoulders, and from shoulders to hips, the colour is taken."""


def trunk_colour(frame: NDArray[np.uint8], person_33x2: Floats) -> Floats:
    """(3,) median RGB of the trunk against that of the whole picture, in [-1, 1]; NaN: not seen.

    Args:
        person_33x2: landmarks as shares of the picture; NaN: nobody.
    """
    height, width = frame.shape[:2]
    corners = person_33x2[[*SHOULDERS, *HIPS]]
    if not np.isfinite(corners).all():
        return np.full(3, np.nan)
    across, down = (grid[..., None] for grid in np.meshgrid(_ACROSS, _DOWN))
    top = (1 - across) * corners[0] + across * corners[1]
    bottom = (1 - across) * corners[2] + across * corners[3]
    points = ((1 - down) * top + down * bottom).reshape(-1, 2)
    points = points[((points >= 0) & (points < 1)).all(1)]
    if len(points) < 0.5 * down.size:
        return np.full(3, np.nan)
    columns, rows = (points * [width, height]).astype(int).T
    inside = frame[rows, columns]
    # Light that changes, changes it everywhere.
    everything = np.median(frame[::8, ::8].reshape(-1, 3), axis=0)
    return np.asarray((np.median(inside, axis=0) - everything) / 255.0)


def other_clothes(image_TM2: Floats, colour_T3: Floats, fps: float) -> list[int]:
    """Frames from which on the same side of the body has another colour.

    Args:
        image_TM2: landmarks in pixels; colour_T3: `trunk_colour` of each frame.
    """
    shoulders, hips = (image_TM2[:, list(pair)] for pair in (SHOULDERS, HIPS))
    torso = np.linalg.norm(shoulders.mean(1) - hips.mean(1), axis=-1)
    across = (shoulders[:, 0, 0] - shoulders[:, 1, 0]) / np.maximum(torso, 1e-6)
    known = np.isfinite(colour_T3).all(1) & np.isfinite(across)
    window, found = max(2, round(_SECONDS * fps)), []
    for side in (across > _WIDE, across < -_WIDE):
        frames = np.flatnonzero(known & side)
        changes = np.zeros(len(frames))
        for place in range(window, len(frames) - window + 1):
            before, after = (colour_T3[frames[place + off : place + off + window]]
                             for off in (-window, 0))  # fmt: skip
            changes[place] = np.linalg.norm(after.mean(0) - before.mean(0))
        while changes.size and changes.max() > _OTHER_CLOTHES:
            place = int(changes.argmax())
            found.append(int(frames[place]))
            changes[max(0, place - window) : place + window] = 0
    return sorted(found)
